// Keys: / goes to the question, Esc puts away what lies on top, arrows go from citation to citation.
import { hideCard } from "./card.js";
import { closePane } from "./pane.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const isTyping = (element) => element.matches?.("input, textarea, select, [contenteditable]");

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      if (hideCard() || closePane()) event.preventDefault();
      return;
    }
    if (isTyping(event.target)) return;
    const field = document.querySelector(".ask-field");
    if (event.key === "/" && field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
    const citation = event.target.closest?.(".conversation [data-cite]");
    if (citation && event.key in STEPS) {
      const all = [...document.querySelectorAll(".conversation [data-cite]")].filter((link) => link.checkVisibility());
      const next = all[all.indexOf(citation) + STEPS[event.key]];
      if (next) {
        event.preventDefault();
        next.focus();
      }
    }
  });
}
