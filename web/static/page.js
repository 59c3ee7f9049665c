// Shared by the other modules: announcing, fetching a page as a document, and what the browser remembers.

/** An address inside of the collection that the page shows; the service names it where there are several. */
export const inside = (address) => `${address}${document.body.dataset.inside ?? ""}`;

/** Say something once to those who listen; the status line is never seen. */
export function announce(words) {
  const status = document.getElementById("status");
  status.textContent = "";
  requestAnimationFrame(() => { status.textContent = words; });
}

/**
 * A page of this service, parsed by the browser and never run: no string is turned into markup here, so the pages need
 * no Trusted Types policy, and none can be made.
 */
export function fetchPage(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.setRequestHeader("Accept", "text/html");
    request.responseType = "document";
    request.onload = () => (request.response ? resolve(request.response) : reject(new Error("no page")));
    request.onerror = () => reject(new Error("no connection"));
    request.send();
  });
}

/** Nodes of another document, made ours. */
export const adopted = (nodes) => [...nodes].map((node) => document.importNode(node, true));

/** What the browser keeps under a name, or the fallback; storage may be closed to us. */
export function remembered(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? fallback;
  } catch {
    return fallback;
  }
}

/** Keep something under a name, or nothing when it is null. */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Not remembered, then.
  }
}
