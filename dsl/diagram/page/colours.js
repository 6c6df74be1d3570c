// What the colours show: roles, values or gradients, at one of the recorded steps.

const record = data.recording;
const modes = ["roles"];
if (record && record.values.some((step) => step.some((found) => found))) modes.push("values");
if (record && record.gradients.some((step) => step.some((found) => found))) modes.push("gradients");
let mode = data.mode && modes.includes(data.mode) ? data.mode : "roles";
let now = record ? record.steps.length - 1 : 0;

/** What was measured of a node at the step that is shown; null where nothing was. */
function measured(kind, node) {
  const step = record && record[kind][now];
  return (step && step[node]) || null;
}

const largest = record ? record.gradients.map((step) => Math.max(0, ...step.map((found) => (found ? found[3] : 0)))) : [];

/** The colour of a node, or the hatch of what was not computed. */
function paint(node) {
  const found = measured(mode, node);
  if (!found) return "url(#hatch)";
  if (mode === "gradients") {
    const share = found[3] && largest[now] ? Math.max(0, 1 + Math.log10(found[3] / largest[now]) / 4) : 0;
    return `rgb(160 70 160 / ${(0.05 + 0.65 * share).toFixed(3)})`;
  }
  const size = Math.abs(found[2]) / (1 + Math.abs(found[2]));
  return `rgb(${found[2] < 0 ? "64 124 196" : "224 130 40"} / ${(0.05 + 0.7 * size).toFixed(3)})`;
}

function recolour() {
  for (const [key, box] of drawn) {
    const fill = mode === "roles" ? "" : paint(data.boxes[key].node);
    for (const path of box.querySelectorAll("path.shape:not(.line)")) path.style.fill = fill;
  }
  if (record && record.steps.length > 1) {
    const loss = record.loss[now];
    part("when").textContent = `step ${record.steps[now]}${loss === null ? "" : `, loss ${spelled(loss)}`}`;
  }
  refreshCard();
}

const modeButtons = modes.map((name) => {
  const button = element("button", name);
  button.type = "button";
  button.dataset.mode = name;
  button.addEventListener("click", () => choose(name));
  return button;
});

function choose(name) {
  mode = name;
  for (const button of modeButtons) button.setAttribute("aria-pressed", String(button.dataset.mode === name));
  recolour();
  writeLegend();
}

if (modes.length > 1) part("colours").append(element("span", "colours", "what"), ...modeButtons);

function goTo(step) {
  now = step;
  part("step").value = step;
  recolour();
}

let playing = 0;

function stop() {
  clearInterval(playing);
  playing = 0;
  part("play").textContent = "▶";
}

if (record && record.steps.length > 1) {
  part("time").hidden = false;
  part("step").max = record.steps.length - 1;
  part("step").value = now;
  part("step").addEventListener("input", (event) => { stop(); goTo(Number(event.target.value)); });
  part("play").addEventListener("click", () => {
    if (playing) return stop();
    if (now === record.steps.length - 1) goTo(0);
    part("play").textContent = "❚❚";
    playing = setInterval(() => (now < record.steps.length - 1 ? goTo(now + 1) : stop()), 120);
  });
}

function writeLegend() {
  const list = part("legend").querySelector("ul");
  list.replaceChildren(...(mode === "roles" ? data.legend.map(roleSign) : scale()));
}

function roleSign([look, word, outlines]) {
  const item = element("li");
  const sign = shape("svg", { class: "nn-diagram", width: 26, height: 18, viewBox: "-13 -9 26 18", "aria-hidden": "true" });
  const group = shape("g", { class: `box ${look}` });
  group.append(...outlines.map(([d, name]) => shape("path", { d, class: name })));
  sign.append(group);
  item.append(sign, element("span", word));
  return item;
}

function scale() {
  const signs = mode === "values"
    ? [["rgb(64 124 196 / 0.7)", "mean far below 0"], ["rgb(224 130 40 / 0.05)", "mean 0"], ["rgb(224 130 40 / 0.7)", "mean far above 0"]]
    : [["rgb(160 70 160 / 0.7)", "the largest gradient"], ["rgb(160 70 160 / 0.38)", "a hundredth of it"], ["rgb(160 70 160 / 0.05)", "a ten-thousandth, or 0"]];
  return [...signs, ["url(#hatch)", "not computed"]].map(([fill, word]) => {
    const item = element("li");
    const sign = shape("svg", { class: "nn-diagram", width: 26, height: 18, viewBox: "0 0 26 18", "aria-hidden": "true" });
    const box = shape("rect", { x: 1, y: 1, width: 24, height: 16, stroke: "currentColor", "stroke-width": 0.5 });
    box.style.fill = fill;
    sign.append(box);
    item.append(sign, element("span", word));
    return item;
  });
}
