// The colours: as the system has them, light, or dark.

const ORDER = ["system", "light", "dark"];
const WORDS = { system: "as the system has them", light: "light", dark: "dark" };

function show(button, theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  button.setAttribute("aria-label", `Colours: ${WORDS[theme]}`);
  button.title = `Colours: ${WORDS[theme]}`;
}

export function startTheme() {
  const button = document.querySelector("[data-theme-toggle]");
  let theme = document.documentElement.dataset.theme ?? "system";
  show(button, theme);
  button.addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    show(button, theme);
    try {
      localStorage.setItem("quoth.theme", theme);
    } catch {
      // The choice holds for this page only.
    }
  });
}
