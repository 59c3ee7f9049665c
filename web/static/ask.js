// Asking without leaving the page: passages appear when they are found, the answer when it is read. The answer itself is
// the server's own page, cut out of it; when anything fails, the browser goes to that page instead.
import { adopted, announce, fetchPage } from "./page.js";
import { keepConversation, listPast } from "./past.js";
import { closePane } from "./pane.js";

const SHOWN_WHILE_READING = 3;

function pendingTurn(question) {
  const turn = document.getElementById("pending").content.cloneNode(true).firstElementChild;
  turn.querySelector(".question").textContent = question;
  return turn;
}

function showPassages(turn, passages) {
  turn.querySelector(".working").textContent = passages.length ? "Reading" : "Deciding";
  const shown = passages.slice(0, SHOWN_WHILE_READING).map((passage) => {
    const item = document.getElementById("pending-passage").content.cloneNode(true).firstElementChild;
    item.querySelector(".nearest-text").textContent = passage.text;
    item.querySelector(".title").textContent = [passage.title, ...passage.section].join(" › ");
    return item;
  });
  turn.querySelector(".nearest").replaceChildren(...shown);
}

/** Resolves when the reply is known; what the server says of an error is on its page, too. */
function stream(query, turn) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(`/stream?${query}`);
    const end = (settle) => { source.close(); settle(); };
    source.addEventListener("retrieved", (event) => showPassages(turn, JSON.parse(event.data).passages));
    source.addEventListener("replied", () => end(resolve));
    source.addEventListener("error", (event) => end(event.data ? resolve : () => reject(new Error("no stream"))));
  });
}

/** Take over what a page of the conversation has: the turns that are new, the box with the earlier questions, the title. */
function show(page) {
  const thread = document.querySelector(".thread");
  const turns = [...page.querySelectorAll(".thread > .turn")];
  thread.querySelectorAll(".turn-pending").forEach((turn) => turn.remove());
  const kept = thread.children.length;
  const appended = kept === turns.length - 1 && kept > 0;
  if (appended) thread.append(...adopted(turns.slice(-1)));
  else thread.replaceChildren(...adopted(turns));
  const conversation = document.querySelector(".conversation");
  conversation.querySelectorAll(":scope > :not(.thread, .ask)").forEach((part) => part.remove());
  const others = (place) => adopted([...page.querySelector(".conversation").children]
    .filter((part) => !part.matches(".thread, .ask"))
    .filter((part) => Boolean(part.compareDocumentPosition(page.querySelector(".thread")) & 4) === (place === "before")));
  thread.before(...others("before"));
  conversation.append(...others("after"));
  const form = document.querySelector(".ask");
  const fresh = page.querySelector(".ask");
  form.className = fresh.className;
  const carried = "input[type=hidden], .collection-choice";
  form.querySelectorAll(carried).forEach((part) => part.remove());
  form.prepend(...adopted(fresh.querySelectorAll(carried)));
  form.querySelector("label").textContent = fresh.querySelector("label").textContent;
  document.title = page.title;
  document.body.className = page.body.className;
  return thread.lastElementChild;
}

async function ask(form) {
  const field = form.querySelector(".ask-field");
  const query = new URLSearchParams(new FormData(form)).toString();
  const address = `/?${query}`;
  const thread = document.querySelector(".thread");
  const turn = pendingTurn(field.value.trim());
  document.querySelector(".conversation").classList.add("is-asking");
  thread.setAttribute("aria-busy", "true");
  form.setAttribute("aria-busy", "true");
  form.classList.add("ask-docked");
  field.value = "";
  thread.append(turn);
  turn.scrollIntoView({ block: "start" });
  try {
    await stream(query, turn);
    const latest = show(await fetchPage(address));
    history.pushState(null, "", address);
    keepConversation();
    latest.scrollIntoView({ block: "start" });
    announce(latest.dataset.said);
  } catch {
    location.assign(address);
  } finally {
    thread.setAttribute("aria-busy", "false");
    form.removeAttribute("aria-busy");
    document.querySelector(".conversation").classList.remove("is-asking");
  }
}

export function startAsking() {
  const form = document.querySelector(".ask");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true" || !form.querySelector(".ask-field").value.trim()) return;
    ask(form);
  });
  document.addEventListener("click", (event) => {
    const example = event.target.closest(".examples:not(.past) a");
    if (!example || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    form.querySelector(".ask-field").value = example.textContent;
    ask(form);
  });
  window.addEventListener("popstate", async () => {
    closePane();
    try {
      show(await fetchPage(location.href));
      listPast();
    } catch {
      location.reload();
    }
  });
}
