// The parts of a mail. HTML of strangers is shown in a frame that may do nothing: no script, no form, no way out.

import { fill, h, icon } from "./dom.js";
import { bytes } from "./format.js";

/** What stands in a page of ours has our policy; this takes from it what we may fetch ourselves. */
const STRICT = `<meta http-equiv="content-security-policy" content="default-src 'none'; img-src data:">`;

/**
 * @param {any[] | null | undefined} list
 * @param {number} id of the message
 * @returns {Node[] | null} null if there are none
 */
export const parts = (list, id) => (list?.length ? list.map((one) => part({ ...one, src: one.src ?? source(one, id) })) : null);

/** Where the back end has HTML that it does not tell. @param {any} one @param {number} id */
const source = (one, id) => (one.type === "text/html" && typeof one.html !== "string" ? `/api/messages/${id}/parts/${one.index}` : undefined);

/** @param {any} one */
function part(one) {
  const html = typeof one.html === "string" || typeof one.src === "string";
  const body = h("div", "part-body");
  const look = () => fill(body, frame(one));
  const letters = () => fill(body, h("pre", { class: "code", dir: "auto" }, one.html ?? ""));
  const ways = html && typeof one.html === "string" && h("button", {
    class: "toggle", type: "button", "aria-pressed": "false",
    on: { click: (/** @type {any} */ event) => {
      const on = event.currentTarget.getAttribute("aria-pressed") !== "true";
      event.currentTarget.setAttribute("aria-pressed", String(on));
      if (on) letters();
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
  else node.srcdoc = STRICT + (html ?? "");
  return node;
}
