// What the user says of a reply is sent without leaving the page.
import { announce } from "./page.js";

export function startFeedback() {
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest?.("[data-feedback]");
    if (!form) return;
    event.preventDefault();
    const button = event.submitter;
    const body = new URLSearchParams(new FormData(form, button));
    let said = "It could not be written down.";
    try {
      const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (response.ok) {
        form.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
        said = "Noted, thank you.";
      }
    } catch {
      // Said below.
    }
    form.querySelector(".feedback-words").textContent = said;
    announce(said);
  });
}
