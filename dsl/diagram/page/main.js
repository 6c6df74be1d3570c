// What a click and Enter do, and the beginning.

function act(target) {
  const title = target.closest ? target.closest(".frame-title") : null;
  if (title) return fold(title.dataset.scope);
  const box = boxAt(target);
  if (!box) return lit && unlight();
  const facts = data.boxes[box.dataset.key];
  if (facts.scope) return open(facts.scope);
  if (facts.role === "parameter") return lit && lit.key === box.dataset.key ? unlight() : light(box.dataset.key);
  return showCard(box.dataset.key);
}

picture.addEventListener("click", (event) => {
  pointerAt = fromCorner(event);
  act(event.target);
});
picture.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  act(event.target);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    unlight();
    hideCard();
  } else if (event.key === "/" && event.target.tagName !== "INPUT") {
    event.preventDefault();
    words.focus();
  }
});

if (innerWidth < 600) part("legend").open = false;
show(current, true);
fit();
choose(mode);
addEventListener("resize", () => showPlace());
