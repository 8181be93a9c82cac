// Light, dark, or as the system has it.

import { $, icon } from "./dom.js";
import { recall, remember } from "./remember.js";

const THEMES = ["", "light", "dark"];
/** @type {Record<string, string[]>} the picture and the words of each */
const LOOKS = { "": ["auto", "Theme: as the system"], light: ["sun", "Theme: light"], dark: ["moon", "Theme: dark"] };

/** @param {string} theme */
function apply(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const [picture, words] = LOOKS[theme];
  $("theme").replaceChildren(icon(picture));
  $("theme").setAttribute("aria-label", words);
  $("theme").title = `${words} (t)`;
}

export function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(recall("theme") ?? "") + 1) % THEMES.length];
  remember("theme", theme);
  apply(theme);
}

export function startTheme() {
  const kept = recall("theme") ?? "";
  apply(THEMES.includes(kept) ? kept : "");
  $("theme").addEventListener("click", nextTheme);
}
