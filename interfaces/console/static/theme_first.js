// Before anything is painted: the theme that was chosen, so that a dark page does not flash white.
try {
  const theme = localStorage.getItem("console.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* a page that may not keep anything follows the system */ }
