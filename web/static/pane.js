// The source beside the conversation: the page of the document, cut to what stands around the quotation, and scrolled to
// its mark. Esc closes it and leads back to the citation that opened it.
import { adopted, fetchPage } from "./page.js";

let opener = null;
let opening = 0;

const pane = () => document.getElementById("pane");
const plain = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

async function open(link) {
  const address = new URL(link.href);
  address.searchParams.set("part", "near");
  const turn = ++opening;
  let page;
  try {
    page = await fetchPage(address.pathname + address.search);
  } catch {
    location.assign(link.href);
    return;
  }
  const article = page.querySelector("article.source");
  if (turn !== opening) return;
  if (!article) {
    location.assign(link.href);
    return;
  }
  fill(pane(), page, article, link.href);
  opener?.removeAttribute("aria-current");
  opener = link;
  link.setAttribute("aria-current", "true");
  const mark = pane().querySelector("#c");
  if (mark) {
    const body = pane().querySelector(".pane-body");
    const room = (body.clientHeight - Math.min(mark.offsetHeight, body.clientHeight)) / 2;
    body.scrollTop += mark.getBoundingClientRect().top - body.getBoundingClientRect().top - room;
    mark.focus({ preventScroll: true });
  } else {
    pane().querySelector("#pane-title").focus();
  }
}

/** From the marked words back to the quotation beside them. */
function goBack() {
  const quote = document.getElementById(opener?.dataset.quote ?? "") ?? opener?.closest("figure, li");
  if (!quote) return;
  if (getComputedStyle(pane()).position === "fixed") closePane();
  quote.scrollIntoView({ block: "center" });
  opener?.focus({ preventScroll: true });
}

function fill(target, page, article, address) {
  target.querySelector("#pane-title").textContent = page.querySelector("h1").textContent;
  target.querySelector(".path").replaceChildren(...adopted(page.querySelector(".source-head .path").childNodes));
  const notices = page.querySelectorAll(".source-head .notice");
  target.querySelector(".pane-body").replaceChildren(...adopted([...notices, article]));
  target.querySelector(".pane-page").replaceChildren(...adopted(page.querySelectorAll(".pictures")));
  target.querySelector(".pane-original").href = page.querySelector(".original").href;
  target.querySelector(".pane-whole").href = address;
  target.hidden = false;
  document.body.classList.add("has-pane");
}

export function closePane() {
  if (!pane() || pane().hidden) return false;
  opening += 1;
  pane().hidden = true;
  document.body.classList.remove("has-pane");
  opener?.removeAttribute("aria-current");
  const back = opener?.isConnected ? opener : document.querySelector(".ask-field");
  opener = null;
  back.focus();
  return true;
}

export function startPane() {
  const template = document.getElementById("pane-template");
  if (!template) return;
  template.replaceWith(template.content.cloneNode(true));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".conversation a[data-cite]");
    if (link && plain(event)) {
      event.preventDefault();
      open(link);
    }
  });
  pane().querySelector(".pane-close").addEventListener("click", closePane);
  const body = pane().querySelector(".pane-body");
  body.addEventListener("click", (event) => {
    if (event.target.matches("mark") && getSelection().isCollapsed) goBack();
  });
  body.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("mark")) goBack(); });
}
