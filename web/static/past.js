// The conversations of this browser, kept in this browser only: their first questions and their addresses.
import { remember, remembered } from "./page.js";

const NAME = "quoth.past";
const MOST = 8;

/** Put the conversation of the address first; a longer one takes the place of its own beginning. */
export function keepConversation() {
  const query = new URLSearchParams(location.search);
  const questions = [...query].filter(([name]) => name === "q" || name === "exact").map(([, text]) => text);
  if (!questions.length) return;
  const address = `/?${query}`;
  const before = remembered(NAME, []).filter((item) => !address.startsWith(item.address));
  remember(NAME, [{ address, title: questions[0], questions: questions.length }, ...before].slice(0, MOST));
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

/** Note the conversation that is open, and list those before where there is room. */
export function startPast() {
  if (document.querySelector(".thread")) keepConversation();
  listPast();
}
