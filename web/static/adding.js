// The Documents page: files that are chosen or dropped are added one by one, and the list follows the index.
import { adopted, announce, fetchPage } from "./page.js";
import { askIndex } from "./index.js";

const BUSY_MS = 1000;
const QUIET_LOOKS = 5; // after a change the folder is looked at within seconds

let following = false;

async function put(file, replace) {
  const headers = { "Content-Type": "application/octet-stream" };
  if (!replace) headers["If-None-Match"] = "*";
  const response = await fetch(`/documents/${encodeURIComponent(file.name)}`, { method: "PUT", body: file, headers });
  const told = await response.json();
  if (response.ok) return { fine: true, words: `${told.change}; it is being read` };
  return { fine: false, words: `${told.detail} ${told.remedy}` };
}

async function add(form, files) {
  const list = form.querySelector(".added");
  const button = form.querySelector("button");
  const replace = form.elements.replace.checked;
  list.hidden = false;
  list.replaceChildren();
  button.disabled = true;
  let count = 0;
  for (const file of files) {
    const entry = document.createElement("li");
    const name = document.createElement("bdi");
    name.className = "code-text";
    name.dir = "ltr";
    name.textContent = file.name;
    const words = document.createElement("span");
    words.textContent = "adding …";
    entry.append(name, " ", words);
    list.append(entry);
    let became;
    try {
      became = await put(file, replace);
    } catch {
      became = { fine: false, words: "The connection broke before it was added." };
    }
    count += became.fine ? 1 : 0;
    entry.className = became.fine ? "" : "why";
    words.textContent = became.words;
  }
  button.disabled = false;
  form.reset();
  announce(`${count} of ${files.length} ${files.length === 1 ? "file" : "files"} added`);
  follow();
}

/** Look at the index while it is busy, and take over the list when there is a new one. */
async function follow() {
  if (following) return;
  following = true;
  let shown = null;
  for (let quiet = 0; quiet < QUIET_LOOKS;) {
    const found = await askIndex();
    if (found) {
      quiet = found.state === "idle" ? quiet + 1 : 0;
      if (shown !== null && found.generation !== shown) {
        await showShelf();
        announce(`The index is up to date: ${found.documents} documents`);
      }
      shown = found.generation;
    } else {
      quiet += 1;
    }
    await new Promise((done) => { setTimeout(done, BUSY_MS); });
  }
  following = false;
}

async function showShelf() {
  try {
    const page = await fetchPage("/sources");
    for (const part of ["[data-shelf]", ".page-head"]) {
      document.querySelector(part).replaceWith(...adopted(page.querySelectorAll(part)));
    }
  } catch {
    // The list stays as it was; the next look may do better.
  }
}

export function startAdding() {
  if (!document.querySelector("[data-shelf]")) return;
  if (document.querySelector("[data-state]")?.textContent !== "up to date") follow();
  const form = document.querySelector("[data-adding]");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const files = [...form.elements.files.files];
    if (files.length) add(form, files);
  });
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    form.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    form.classList.remove("is-over");
    const files = [...event.dataTransfer.files];
    if (files.length) add(form, files);
  });
}
