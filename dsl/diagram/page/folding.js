// The layouts that Graphviz has made, and the way from one to the other: boxes move, lines fade.

let current = data.layouts[data.byDepth[data.depth]];
const drawn = new Map();

/** The lines of a text block of the layout, around its middle. */
function texts(list) {
  return list.map(([x, y, width, size, name, text]) =>
    shape("text", { x, y, class: name, "font-size": size, textLength: width, lengthAdjust: "spacingAndGlyphs" }, text));
}

function newBox(key) {
  const facts = data.boxes[key];
  const opens = facts.scope ? (openings(facts.scope) === undefined ? "" : ", folded, Enter opens it") : "";
  const made = shape("g", { class: `box ${facts.look}`, tabindex: 0, role: "button", "data-key": key, "aria-label": `${facts.label}${opens}` });
  made.append(...facts.outlines.map(([d, name]) => shape("path", { d, class: name })), ...texts(facts.texts));
  return made;
}

function move(box, x, y) {
  box.style.transform = `translate(${x}px, ${y}px)`;
}

/** Where what is not in a layout comes from or goes to: the folded box, or the frame, of a scope around it. */
function refuge(key, layout) {
  const facts = data.boxes[key];
  const scopes = scopesAround(facts.scope || facts.around);
  for (const scope of scopes) {
    const box = layout.boxes.find(([other]) => other === scope);
    if (box) return [box[1], box[2]];
  }
  for (const scope of scopes) {
    const frame = layout.frames.find(([other]) => other === scope);
    if (frame) return [(frame[1] + frame[3]) / 2, (frame[2] + frame[4]) / 2];
  }
  return undefined;
}

/** Draw a layout; what is there already moves to its new place. */
function show(layout, first) {
  const before = current;
  current = layout;
  const wanted = new Set(layout.boxes.map(([key]) => key));
  for (const [key, box] of drawn) {
    if (wanted.has(key)) continue;
    drawn.delete(key);
    const to = refuge(key, layout);
    if (to) move(box, ...to);
    fade(box);
  }
  for (const [key, x, y] of layout.boxes) {
    let box = drawn.get(key);
    if (!box) {
      box = newBox(key);
      drawn.set(key, box);
      const from = first ? undefined : refuge(key, before);
      part("boxes").append(box);
      if (from) {
        move(box, ...from);
        box.classList.add("gone");
        box.getBoundingClientRect();
        box.classList.remove("gone");
      }
    } else if (box.parentNode.lastChild !== box) part("boxes").append(box);
    move(box, x, y);
  }
  replace("ways", layout.ways.map(newWay), first);
  replace("tags", layout.tags.map(newTag), first);
  replace("frames", layout.frames.map(newFrame), first);
  showButtons();
  recolour();
  relight();
}

function fade(element) {
  element.classList.add("gone");
  element.removeAttribute("tabindex");
  element.setAttribute("aria-hidden", "true");
  setTimeout(() => element.remove(), still.matches ? 0 : 360);
}

/** Put a new group in the place of one. */
function replace(id, children, first) {
  const old = part(id);
  const made = shape("g", { id, class: "ways" });
  made.append(...children);
  old.after(made);
  old.removeAttribute("id");
  old.remove();
  if (first || still.matches) return;
  made.classList.add("gone");
  setTimeout(() => made.classList.remove("gone"), 180);
}

function newWay([source, target, d, tip, backward]) {
  const name = backward ? "way backward" : "way";
  const made = shape("g", { "data-source": source, "data-target": target });
  made.append(shape("path", { class: name, d }));
  if (tip) made.append(shape("path", { class: `${name} tip`, d: tip }));
  return made;
}

function newTag([key, x, y]) {
  const made = shape("g", { class: "tag", transform: `translate(${x} ${y})`, "data-key": key });
  made.append(...texts(data.tags[key]));
  return made;
}

function newFrame([key, left, top, right, bottom, x, y]) {
  const scope = data.scopes[key];
  const made = shape("g", { class: "frame-group" });
  made.append(shape("rect", { class: scope.backward ? "frame backward" : "frame", x: left, y: top, width: right - left, height: bottom - top, rx: 10 }));
  if (x !== undefined) {
    const title = shape("g", { class: "frame-title", tabindex: 0, role: "button", transform: `translate(${x} ${y})`, "data-scope": key, "aria-label": `${scope.title}, open, Enter folds it` });
    title.append(...texts(data.tags[`t${key}`]));
    made.append(title);
  }
  return made;
}

/** The number of the layout in which a scope is open, by itself among folded ones; undefined where there is none. */
function openings(scope) {
  return data.alone[scope];
}

/** Go to a layout, so that a thing stays where it is in the window. */
function go(layout, from, to) {
  const box = (key) => current.boxes.find(([other]) => other === key);
  const frame = (key) => current.frames.find(([other]) => other === key);
  const at = (key) => {
    const there = box(key);
    if (there) return [there[1], there[2]];
    const around = frame(key);
    return around ? [(around[1] + around[3]) / 2, around[2] + 30] : undefined;
  };
  const before = at(from);
  show(layout);
  const after = at(to);
  if (before && after) {
    place.x += (before[0] - after[0]) * place.scale;
    place.y += (before[1] - after[1]) * place.scale;
    showPlace();
    reveal(...after);
  } else fit();
}

/** Open a folded layer. */
function open(scope) {
  const number = openings(scope);
  if (number === undefined) {
    say("This program is too large for each of its layers to be opened by itself: take a greater depth.");
    return;
  }
  go(data.layouts[number], scope, scope);
  const title = picture.querySelector(`[data-scope="${scope}"]`);
  if (title) title.focus({ preventScroll: true });
  say(`${data.scopes[scope].title} is open`);
}

/** Fold an open layer, and what lies in it. */
function fold(scope) {
  const around = data.scopes[scope].parent;
  const number = around ? openings(around) : data.byDepth[0];
  go(data.layouts[number === undefined ? data.byDepth[0] : number], scope, scope);
  const box = drawn.get(scope);
  if (box) box.focus({ preventScroll: true });
  say(`${data.scopes[scope].title} is folded`);
}

const depthButtons = data.byDepth.length > 1 ? data.byDepth.map((number, depth) => {
  const button = element("button", depth === 0 ? "folded" : depth === data.byDepth.length - 1 ? "all" : String(depth));
  button.type = "button";
  button.dataset.layout = number;
  button.addEventListener("click", () => { show(data.layouts[number]); fit(); });
  return button;
}) : [];
if (depthButtons.length) part("depths").append(element("span", "layers", "what"), ...depthButtons);

function showButtons() {
  const number = data.layouts.indexOf(current);
  for (const button of depthButtons) button.setAttribute("aria-pressed", String(Number(button.dataset.layout) === number));
}
