// Sets the colours that were chosen before the page is painted. Runs first and is no module, so that nothing flashes.
document.documentElement.classList.add("scripted");
try {
  const chosen = localStorage.getItem("quoth.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing for this site shows the colours of the system.
}
