// The state of the index, asked again now and then, and shown wherever the page says it.

import { inside } from "./page.js";

const CALM_MS = 20000;

const show = (name, words) => document.querySelectorAll(`[data-${name}]`).forEach((element) => { element.textContent = words; });

function showProgress({ state, done, total }) {
  const bar = document.querySelector("[data-progress]");
  if (!bar) return;
  bar.hidden = state !== "building";
  if (total > 1) {
    bar.max = total;
    bar.value = done;
  } else {
    bar.removeAttribute("value");
  }
}

/** Ask for the state, show it, and return it; null when the service does not answer. */
export async function askIndex() {
  let found;
  try {
    const response = await fetch(inside("/index"), { headers: { Accept: "application/json" } });
    if (!response.ok) return null;
    found = await response.json();
  } catch {
    return null;
  }
  const bad = found.reason !== null && found.state !== "building";
  const health = bad ? "bad" : found.state === "idle" ? "good" : "busy";
  show("state", found.summary);
  showProgress(found);
  const number = Number.parseInt(found.generation, 10);
  show("age", health === "good" ? `index ${number} updated ${found.age}` : `index ${found.summary}`);
  document.querySelectorAll("[data-lamp]").forEach((lamp) => { lamp.className = `lamp lamp-${health}`; });
  return found;
}

export function startIndex() {
  if (!document.querySelector("[data-age]")) return;
  setInterval(() => { if (!document.hidden) askIndex(); }, CALM_MS);
}
