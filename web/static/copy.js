// Copies a quotation with its citation, as plain text.
import { announce } from "./page.js";

const SHOWN_MS = 2000;

async function put(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without a secure connection browsers offer this way only.
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("not copied");
}

export function startCopying() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const quote = button.closest("figure").querySelector(".quote-text").textContent;
    let said = "Copied";
    try {
      await put(`“${quote}”\n— ${button.dataset.copy}\n`);
    } catch {
      said = "Not copied";
    }
    announce(said);
    const words = button.firstChild;
    words.textContent = said;
    setTimeout(() => { words.textContent = "Copy"; }, SHOWN_MS);
  });
}
