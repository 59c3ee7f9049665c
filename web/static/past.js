// The conversations of this browser, kept in this browser only: their first questions, their addresses, and what was
// answered, so that a reader who comes back is told when an answer has become another one.
import { remember, remembered } from "./page.js";

const NAME = "quoth.past";
const MOST = 8;
const MOST_LETTERS = 300; // of an answer that is kept

const isPartOf = (item, address) => address === item.address || address.startsWith(`${item.address}&`);

/** What the page answers to every question: the first quotation, "" when there is none, null when something failed. */
function replies() {
  return [...document.querySelectorAll(".thread > .turn:not(.turn-pending)")].map((turn) => {
    if (turn.querySelector(".problem")) return null;
    return turn.querySelector(".quote-text")?.textContent.slice(0, MOST_LETTERS) ?? "";
  });
}

function tellChange(turn, reply, at) {
  const told = document.getElementById("then-template").content.cloneNode(true).firstElementChild;
  const day = new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  told.querySelectorAll(".then-day").forEach((place) => { place.textContent = day; });
  const quote = told.querySelector("q");
  quote.textContent = reply.length < MOST_LETTERS ? reply : `${reply} …`;
  told.querySelector(reply ? ".then-none" : ".then-some").remove();
  turn.querySelector(".reply").prepend(told);
}

/** Put the conversation of the address first; a longer one takes the place of its own beginning. */
export function keepConversation() {
  const query = new URLSearchParams(location.search);
  const questions = [...query].filter(([name]) => name === "q" || name === "exact").map(([, text]) => text);
  if (!questions.length) return;
  const address = `/?${query}`;
  const all = remembered(NAME, []);
  const now = replies();
  remember(NAME, [
    { address, title: questions[0], questions: questions.length, replies: now, at: Date.now() },
    ...all.filter((item) => !isPartOf(item, address)),
  ].slice(0, MOST));
}

/** Say of every answer that it was another one when this browser saw it last. */
function tellChanges() {
  const address = `/?${new URLSearchParams(location.search)}`;
  const known = remembered(NAME, []).find((item) => item.address === address);
  if (!Array.isArray(known?.replies)) return;
  const turns = document.querySelectorAll(".thread > .turn");
  replies().forEach((reply, place) => {
    const before = known.replies[place];
    if (typeof before === "string" && reply !== null && before !== reply) tellChange(turns[place], before, known.at);
  });
}

/** Show them where the page has room for them. */
export function listPast() {
  const template = document.getElementById("past-template");
  if (!template) return;
  const items = remembered(NAME, []).filter((item) => String(item.address).startsWith("/?")).map((item) => {
    const link = document.createElement("a");
    link.href = item.address;
    const title = document.createElement("bdi");
    title.textContent = item.title;
    link.append(title);
    if (item.questions > 1) {
      const more = document.createElement("span");
      more.className = "count";
      more.textContent = ` and ${item.questions - 1} more`;
      link.append(more);
    }
    const entry = document.createElement("li");
    entry.append(link);
    return entry;
  });
  if (!items.length) return;
  const section = template.content.cloneNode(true).firstElementChild;
  section.querySelector("ul").replaceChildren(...items);
  section.querySelector("[data-forget]").addEventListener("click", () => {
    remember(NAME, null);
    section.remove();
    document.querySelector(".ask-field").focus();
  });
  template.replaceWith(section);
}

/** Tell what has changed in the conversation that is open and note it; list those before where there is room. */
export function startPast() {
  if (document.querySelector(".thread")) {
    tellChanges();
    keepConversation();
  }
  listPast();
}
