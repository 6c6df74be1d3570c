// Moving and zooming: one transformation of everything, changed by pointers, the wheel and keys.

const place = { x: 0, y: 0, scale: 1 };

function showPlace() {
  view.setAttribute("transform", `translate(${place.x} ${place.y}) scale(${place.scale})`);
}

/** Zoom by a factor around a point of the window. */
function zoom(factor, x, y) {
  const scale = Math.min(8, Math.max(0.02, place.scale * factor));
  const real = scale / place.scale;
  place.x = x - (x - place.x) * real;
  place.y = y - (y - place.y) * real;
  place.scale = scale;
  showPlace();
}

/** Where the middle of the window is, from its corner. */
function middle() {
  return [picture.clientWidth / 2, picture.clientHeight / 2];
}

/** Show all of the drawing; a long column is shown from its top, in letters that can be read. */
function fit() {
  const { w, h } = current;
  const across = picture.clientWidth / (w + 40);
  const down = picture.clientHeight / (h + 40);
  place.scale = Math.min(1.6, across, Math.max(down, Math.min(0.75, across)));
  place.x = (picture.clientWidth - w * place.scale) / 2;
  place.y = Math.max(20, (picture.clientHeight - h * place.scale) / 2);
  showPlace();
}

/** Bring a place of the drawing to the middle of the window. */
function centre(x, y) {
  const [across, down] = middle();
  if (place.scale < 0.6) place.scale = 1;
  place.x = across - x * place.scale;
  place.y = down - y * place.scale;
  showPlace();
}

/** Bring a place into the window if it is outside. */
function reveal(x, y) {
  const across = place.x + x * place.scale;
  const down = place.y + y * place.scale;
  if (across < 20 || down < 20 || across > picture.clientWidth - 20 || down > picture.clientHeight - 20) centre(x, y);
}

const pointers = new Map();
let moved = false;

function fromCorner(event) {
  const box = picture.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

picture.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...fromCorner(event));
}, { passive: false });

picture.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  pointers.set(event.pointerId, fromCorner(event));
  if (pointers.size === 1) moved = false;
});

addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const now = fromCorner(event);
  const other = [...pointers].find(([id]) => id !== event.pointerId);
  if (other) {
    const [x, y] = other[1];
    const apart = (point) => Math.hypot(point[0] - x, point[1] - y) || 1;
    zoom(apart(now) / apart(before), (now[0] + x) / 2, (now[1] + y) / 2);
    moved = true;
  } else {
    if (!moved && Math.hypot(now[0] - before[0], now[1] - before[1]) < 4) return;
    moved = true;
    picture.classList.add("dragged");
    place.x += now[0] - before[0];
    place.y += now[1] - before[1];
    showPlace();
  }
  pointers.set(event.pointerId, now);
});

for (const name of ["pointerup", "pointercancel"]) {
  addEventListener(name, (event) => {
    pointers.delete(event.pointerId);
    if (!pointers.size) picture.classList.remove("dragged");
  });
}

// A click at the end of a drag is none.
picture.addEventListener("click", (event) => {
  if (moved) event.stopPropagation();
  moved = false;
}, true);

const STEPS = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

picture.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = STEPS[event.key];
  if (step) {
    place.x += step[0];
    place.y += step[1];
    showPlace();
  } else if (event.key === "+" || event.key === "=") zoom(1.25, ...middle());
  else if (event.key === "-") zoom(0.8, ...middle());
  else if (event.key === "0") fit();
  else return;
  event.preventDefault();
});

part("larger").addEventListener("click", () => zoom(1.25, ...middle()));
part("smaller").addEventListener("click", () => zoom(0.8, ...middle()));
part("fit").addEventListener("click", () => fit());
