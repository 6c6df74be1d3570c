// Searching by name or operation: what is found is brought into the window, its layer opened where it is folded.

const words = part("words");

function matching(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const found = [];
  data.nodes.forEach((node, number) => {
    const at = node.name.toLowerCase().indexOf(wanted);
    const operation = node.operation.toLowerCase().indexOf(wanted);
    if (at >= 0 || operation >= 0) found.push([at === 0 ? 0 : at > 0 ? 1 : 2, node.name.length, number]);
  });
  return found.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]).map(([, , number]) => number);
}

function listFound() {
  const found = matching(words.value);
  const list = part("found");
  list.hidden = !words.value.trim();
  list.replaceChildren(...found.slice(0, 8).map((number) => {
    const item = element("li");
    const button = element("button");
    button.type = "button";
    button.append(element("span", data.nodes[number].name || data.nodes[number].operation), element("small", `  ${data.nodes[number].operation}`));
    button.addEventListener("click", () => find(number));
    item.append(button);
    return item;
  }));
  if (!found.length) list.append(element("li", "nothing is called so"));
  else if (found.length > 8) list.append(element("li", `… and ${found.length - 8} more`));
}

/** Show a node: in the layout as it is, or in the one in which its layer is open. */
function find(number) {
  const holds = ([key]) => data.boxes[key].nodes.includes(number);
  let box = current.boxes.find(holds);
  if (box && data.boxes[box[0]].scope) {
    const layouts = scopesAround(data.nodes[number].scope).map(openings).filter((layout) => layout !== undefined);
    const better = layouts.find((layout) => data.layouts[layout].boxes.some(([key]) => !data.boxes[key].scope && data.boxes[key].nodes.includes(number)));
    if (better !== undefined) {
      show(data.layouts[better]);
      box = current.boxes.find(holds);
    }
  }
  part("found").hidden = true;
  if (!box) return say("It is written inside the box of what uses it.");
  centre(box[1], box[2]);
  for (const other of drawn.values()) other.classList.remove("found");
  const shown = drawn.get(box[0]);
  shown.classList.add("found");
  shown.focus({ preventScroll: true });
  say(data.boxes[box[0]].label);
}

words.addEventListener("input", listFound);
words.addEventListener("focus", listFound);
words.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    const found = matching(words.value);
    if (found.length) find(found[0]);
  } else if (event.key === "Escape") {
    words.value = "";
    part("found").hidden = true;
    words.blur();
  }
});
document.addEventListener("pointerdown", (event) => {
  if (!part("search").contains(event.target)) part("found").hidden = true;
});
