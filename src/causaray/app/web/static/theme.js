// Dark or light: as the visitor's system has it, until the visitor says otherwise.
const KEY = "causaray-theme";
const root = document.documentElement, button = document.getElementById("theme");
const bright = matchMedia("(prefers-color-scheme: light)");

function kept() {
  try { return localStorage.getItem(KEY); } catch { return null; }
}

function set(theme) {
  root.dataset.theme = theme;
  button.textContent = theme === "light" ? "Dark theme" : "Light theme";
}

set(kept() || (bright.matches ? "light" : "dark"));
bright.addEventListener("change", () => { if (!kept()) set(bright.matches ? "light" : "dark"); });
button.addEventListener("click", () => {
  set(root.dataset.theme === "light" ? "dark" : "light");
  try { localStorage.setItem(KEY, root.dataset.theme); } catch { /* it is forgotten with the page */ }
});
