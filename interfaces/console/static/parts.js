// The parts of a mail. HTML of strangers is shown in a frame that may do nothing: no script, no form, no way out.

import { fill, h, icon } from "./dom.js";
import { bytes } from "./format.js";

/**
 * @param {any[] | null | undefined} list
 * @returns {Node[] | null} null if there are none
 */
export const parts = (list) => (list?.length ? list.map(part) : null);

/** @param {any} one */
function part(one) {
  const html = typeof one.html === "string" || typeof one.src === "string";
  const body = h("div", "part-body");
  const look = () => fill(body, frame(one));
  const source = () => fill(body, h("pre", { class: "code", dir: "auto" }, one.html ?? ""));
  const ways = html && typeof one.html === "string" && h("button", {
    class: "toggle", type: "button", "aria-pressed": "false",
    on: { click: (/** @type {any} */ event) => {
      const on = event.currentTarget.getAttribute("aria-pressed") !== "true";
      event.currentTarget.setAttribute("aria-pressed", String(on));
      if (on) source();
      else look();
    } },
  }, "Source");
  if (html) look();
  else if (typeof one.text === "string") fill(body, h("pre", { class: "code wrap", dir: "auto" }, one.text));
  else fill(body, h("p", "faint", "Not shown: this is no text."));
  return h("section", "part",
    h("div", "strip", icon("file"), h("b", { dir: "auto" }, one.name || one.type), one.name && h("span", "faint mono", one.type),
      typeof one.size === "number" && h("span", "faint num", bytes(one.size)), ways),
    body);
}

/** @param {{src?: string, html?: string}} one */
function frame({ src, html }) {
  const node = /** @type {HTMLIFrameElement} */ (h("iframe", { class: "mail", sandbox: "", title: "HTML of the mail, which may do nothing", referrerpolicy: "no-referrer", loading: "lazy" }));
  if (src?.startsWith("/api/")) node.src = src;
  else node.srcdoc = html ?? ""; // has our own policy: nothing from elsewhere, no script
  return node;
}
