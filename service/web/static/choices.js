// What a reader chose for this browser: light or dark, and the language of the page. Both follow
// the system until they are chosen.

import { language, say, speak } from "./words.js";

const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Let `button` switch between light and dark. */
export function chooseTheme(button) {
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ?? (DARK.matches ? "dark" : "light")) === "dark";
  const tell = () => {
    button.ariaPressed = String(isDark());
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    keep("fundstelle.theme", root.dataset.theme);
    tell();
  });
  DARK.addEventListener("change", tell);
  tell();
}

/** Let `button` switch between the languages; `changed` puts the page into the new one. */
export function chooseLanguage(button, changed) {
  const tell = () => {
    document.documentElement.lang = language();
    const other = language() === "de" ? "en" : "de";
    button.textContent = say("other");
    button.lang = other;
    changed();
  };
  button.addEventListener("click", () => {
    speak([button.lang]);
    keep("fundstelle.language", language());
    tell();
  });
  speak([kept("fundstelle.language"), ...navigator.languages]);
  tell();
}

function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
}
