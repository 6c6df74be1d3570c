// What is told of a box: its value and gradient, its formula, the lines that it comes from. And the ways of a parameter.

let carded = "";
let pointerAt = [0, 0];

function row(table, name, text) {
  const line = table.insertRow();
  line.append(element("th", name));
  const cell = line.insertCell();
  cell.append(text instanceof Node ? text : document.createTextNode(text));
}

/** What was measured, in words. */
function inWords(found) {
  if (!found) return "not computed";
  const [least, greatest, mean, , odd, whole] = found;
  const note = odd ? `, ${odd} not finite` : "";
  if (whole && whole.length === 1) return spelled(whole[0]);
  if (whole && whole.length && whole.length <= 4) return `[${whole.map(spelled).join(", ")}]`;
  return least === greatest && !odd ? `all ${spelled(least)}` : `${spelled(least)} … ${spelled(greatest)}, mean ${spelled(mean)}${note}`;
}

function showCard(key) {
  carded = key;
  const box = data.boxes[key];
  const node = data.nodes[box.node];
  const card = part("card");
  const table = element("table");
  row(table, "type", node.type);
  if (box.count > 1) row(table, "holds", `${box.count} values`);
  if (node.formula) row(table, "is", element("code", node.formula));
  if (node.meaning) row(table, "that is", element("code", node.meaning));
  if (record) {
    row(table, "value", inWords(measured("values", box.node)));
    if (data.of) row(table, `∂${data.of}`, inWords(measured("gradients", box.node)));
  }
  card.replaceChildren(element("h2", node.name || box.label), table);
  for (const [where, line] of node.places) {
    const text = element("p");
    text.append(element("span", `${where}  `, "pale"), element("code", line));
    card.append(text);
  }
  card.hidden = false;
  put(card);
}

/** Beside the pointer, inside the window. */
function put(card) {
  const around = card.parentNode.getBoundingClientRect();
  const [x, y] = pointerAt;
  const left = Math.max(6, Math.min(x + 16, around.width - card.offsetWidth - 8));
  const below = y + 18 + card.offsetHeight < around.height;
  card.style.left = `${left}px`;
  card.style.top = `${Math.max(6, below ? y + 18 : y - card.offsetHeight - 12)}px`;
}

function hideCard() {
  carded = "";
  part("card").hidden = true;
}

function refreshCard() {
  if (carded && drawn.has(carded)) showCard(carded);
  else if (carded) hideCard();
}

const boxAt = (target) => (target.closest ? target.closest(".box[data-key]") : null);

picture.addEventListener("pointermove", (event) => {
  pointerAt = fromCorner(event);
  const box = boxAt(event.target);
  if (box && !pointers.size && drawn.has(box.dataset.key)) {
    if (carded !== box.dataset.key) showCard(box.dataset.key);
    else put(part("card"));
  } else if (carded) hideCard();
});
picture.addEventListener("pointerleave", hideCard);

picture.addEventListener("focusin", (event) => {
  const box = boxAt(event.target);
  if (!box || !event.target.matches(":focus-visible")) return;
  const found = current.boxes.find(([key]) => key === box.dataset.key);
  if (!found) return;
  reveal(found[1], found[2]);
  pointerAt = [place.x + found[1] * place.scale, place.y + (found[2] + data.boxes[found[0]].height / 2) * place.scale];
  showCard(found[0]);
});
picture.addEventListener("focusout", hideCard);

// -- the ways of a parameter to the loss

let lit = null;
const users = data.nodes.map(() => []);
data.nodes.forEach((node, number) => node.inputs.forEach((source) => users[source].push(number)));

/** All that can be reached along a list of neighbours. */
function reached(start, next) {
  const found = new Set(start);
  const waiting = [...start];
  while (waiting.length) {
    for (const other of next(waiting.pop())) {
      if (!found.has(other)) {
        found.add(other);
        waiting.push(other);
      }
    }
  }
  return found;
}

function light(key) {
  const start = data.boxes[key].nodes;
  const after = reached(start, (node) => users[node]);
  const before = reached(data.losses, (node) => data.nodes[node].inputs);
  const between = new Set([...after].filter((node) => before.has(node)));
  lit = between.size ? { key, nodes: between } : null;
  relight();
  const name = data.boxes[key].label;
  say(lit ? `The ways from ${name} to ${data.of || "the loss"}: ${between.size} values` : `No way leads from ${name} to the loss`);
}

function unlight() {
  lit = null;
  relight();
  say("");
}

function relight() {
  picture.classList.toggle("lighting", Boolean(lit));
  const holdsValue = (key) => data.valueOf[key].some((node) => lit.nodes.has(node));
  const holds = (key) => lit && data.boxes[key] && data.boxes[key].nodes.some((node) => lit.nodes.has(node));
  for (const [key, box] of drawn) box.classList.toggle("lit", Boolean(holds(key)));
  for (const tag of picture.querySelectorAll(".tag")) tag.classList.toggle("lit", Boolean(lit && holdsValue(tag.dataset.key)));
  for (const way of part("ways").children) {
    const { source, target } = way.dataset;
    const values = data.valueOf[source] || (data.boxes[source] || { nodes: [] }).nodes;
    const goes = lit && (target in data.valueOf
      ? holdsValue(target)
      : values.some((value) => lit.nodes.has(value) && users[value].some((user) => lit.nodes.has(user) && data.boxes[target].nodes.includes(user))));
    for (const path of way.children) path.classList.toggle("lit", Boolean(goes));
  }
}
