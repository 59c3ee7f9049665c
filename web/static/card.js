// The exact quotation beside its number, when the number is pointed at or focused. It can be pointed at itself, stays
// until something else is, and Esc puts it away (WCAG 1.4.13).

const GAP = 8;
let card = null;
let shownFor = null;

function make() {
  card = document.createElement("div");
  card.className = "card";
  card.id = "card";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  document.body.append(card);
}

function show(chip) {
  const figure = document.getElementById(chip.dataset.quote);
  if (!figure) return;
  const quote = figure.querySelector(".quote-text").cloneNode(true);
  const title = document.createElement("p");
  title.className = "card-title";
  title.textContent = figure.querySelector(".locator .title").textContent;
  card.replaceChildren(quote, title);
  card.hidden = false;
  const at = chip.getBoundingClientRect();
  const below = at.bottom + GAP + card.offsetHeight < innerHeight;
  const left = Math.max(GAP, Math.min(at.left, document.documentElement.clientWidth - card.offsetWidth - GAP));
  card.style.left = `${left}px`;
  card.style.top = `${below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - card.offsetHeight)}px`;
  chip.setAttribute("aria-describedby", "card");
  shownFor = chip;
}

export function hideCard() {
  if (!card || card.hidden) return false;
  card.hidden = true;
  shownFor?.removeAttribute("aria-describedby");
  shownFor = null;
  return true;
}

export function startCard() {
  if (!document.querySelector(".conversation")) return;
  make();
  const chipOf = (event) => event.target.closest?.("a[data-quote]");
  document.addEventListener("pointerover", (event) => {
    const chip = chipOf(event);
    if (chip) show(chip);
    else if (!card.contains(event.target) && document.activeElement !== shownFor) hideCard();
  });
  document.addEventListener("focusin", (event) => (chipOf(event) ? show(chipOf(event)) : hideCard()));
  document.addEventListener("click", hideCard);
  addEventListener("scroll", hideCard, { passive: true });
}
