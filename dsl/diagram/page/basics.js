// What all other parts use: the data, the elements of the page, numbers in words.

const data = JSON.parse(document.getElementById("data").textContent);
const part = (id) => document.getElementById(id);
const picture = part("picture");
const view = part("view");

/** A new element of the picture; `text` is only ever text, never markup. */
function shape(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A new element of the page around it. */
function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** A number in five digits at most. */
function spelled(value) {
  if (value === null || value === undefined) return "not finite";
  const size = Math.abs(value);
  if (value === 0) return "0";
  return size < 1e-4 || size >= 1e6 ? value.toExponential(3).replace("e+", "e") : String(Number(value.toPrecision(5)));
}

/** Say something to whoever looks or listens. */
function say(text) {
  part("said").textContent = text;
}

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Which scopes lie around one, itself first. */
function scopesAround(key) {
  const found = [];
  for (let at = key; at; at = data.scopes[at].parent) found.push(at);
  return found;
}
