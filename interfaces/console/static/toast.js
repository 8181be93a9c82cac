// Short words at the edge, which go by themselves.

import { $, h, icon } from "./dom.js";

const STAYS = 6000; // milliseconds
const MOST = 4;

/**
 * @param {string} text
 * @param {{bad?: boolean, action?: string, act?: () => void}} [how]
 */
export function toast(text, { bad = false, action, act } = {}) {
  const close = () => node.remove();
  const node = h("div", bad ? "toast bad" : "toast", h("span", null, text),
    action && h("button", { class: "quiet", type: "button", on: { click: () => { act?.(); close(); } } }, action),
    h("button", { class: "quiet icon", type: "button", "aria-label": "Close", on: { click: close } }, icon("close")));
  $("toasts").append(node);
  while ($("toasts").children.length > MOST) $("toasts").firstChild.remove();
  setTimeout(close, bad ? 2 * STAYS : STAYS);
}

/**
 * Do something, and say what went wrong with it.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T | undefined>}
 */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), { bad: true });
    return undefined;
  }
}

/** Put a text on the clipboard. @param {string} text @param {string} [what] */
export async function copy(text, what = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
    toast(what);
  } catch {
    toast("The browser did not let us copy.", { bad: true });
  }
}
