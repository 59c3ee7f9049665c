// The Documents page: files that are chosen or dropped are added one by one, and the list follows the index.
import { adopted, announce, fetchPage, inside } from "./page.js";
import { askIndex } from "./index.js";

const BUSY_MS = 1000;
const CALM_MS = 4000;
const QUIET_LOOKS = 5; // after a change the folder is looked at within seconds

let following = false;

async function put(file, replace) {
  const headers = { "Content-Type": "application/octet-stream" };
  if (!replace) headers["If-None-Match"] = "*";
  const response = await fetch(inside(`/documents/${encodeURIComponent(file.name)}`), { method: "PUT", body: file, headers });
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
  for (let quiet = 0; quiet < QUIET_LOOKS;) {
    quiet = (await look()) ? quiet + 1 : 0;
    await new Promise((done) => { setTimeout(done, BUSY_MS); });
  }
  following = false;
}

/** One look at the index; says whether it is at rest. */
async function look() {
  const found = await askIndex();
  if (found?.generation && found.generation !== document.querySelector("[data-shelf]").dataset.shelf) {
    await showShelf();
    announce(`The index has changed: ${found.documents} ${found.documents === 1 ? "document" : "documents"}`);
  }
  return !found || found.state === "idle";
}

async function showShelf() {
  try {
    const page = await fetchPage(inside("/sources"));
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
  setInterval(async () => { if (!document.hidden && !following && !(await look())) follow(); }, CALM_MS);
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
