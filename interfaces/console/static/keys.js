// The keyboard. Letters do nothing while somebody types.

import { $, h } from "./dom.js";

const SHOWN = [
  ["j  k", "next and previous message"], ["G  g", "to the end, to the start"], ["Enter", "into the inspector"],
  ["Esc", "back; then without search and filters"], ["/", "search messages"], ["f", "search conversations"],
  ["1 – 6", "sides of the message"], ["r", "replay"], ["e", "edit and resend"], ["p", "copy as pytest"],
  ["s", "simulators"], ["l", "layer"], ["c", "chaos"], ["t", "light or dark"], ["?", "this"],
];

/** @param {any} node */
const typing = (node) => node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

/** @param {any} node something that takes Enter itself */
const pressable = (node) => node instanceof HTMLElement && node.closest("button, a, summary, [role=tab], iframe, input") !== null;

/** @param {any} node something in which arrows scroll */
const scrolls = (node) => node instanceof HTMLElement && node.closest("#inspector, #drawer") !== null;

export function showHelp() {
  const dialog = $("help");
  if (!dialog.firstChild) {
    dialog.append(h("h2", { id: "help-title" }, "Keyboard"),
      h("dl", null, SHOWN.map(([keys, what]) => h("div", null, h("dt", null, keys.split("  ").map((key) => h("kbd", null, key))), h("dd", null, what)))),
      h("form", { method: "dialog" }, h("button", { class: "soft", type: "submit" }, "Close")));
  }
  dialog.showModal();
}

/**
 * @param {Record<string, () => void>} ways by key
 * @param {() => void} escape
 */
export function keys(ways, escape) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return escape();
    if (typing(event.target)) return;
    if (event.key === "Enter" && pressable(event.target)) return;
    if (event.key.startsWith("Arrow") && scrolls(event.target)) return;
    const way = Object.hasOwn(ways, event.key) ? ways[event.key] : undefined;
    if (!way) return;
    event.preventDefault();
    way();
  });
  $("help-button").addEventListener("click", showHelp);
}
