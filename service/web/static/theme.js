// Applies the remembered light or dark before anything is painted; a script of its own in the
// head, since modules run too late for that. Choosing is in choices.js.
try {
  const theme = localStorage.getItem("fundstelle.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's choice holds.
}
