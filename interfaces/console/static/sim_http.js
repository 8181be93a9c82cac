// A request to the application, and its answer.

import { post } from "./api.js";
import { field, fill, h } from "./dom.js";
import { bytes, millis } from "./format.js";
import { still } from "./live.js";
import { recall, remember } from "./remember.js";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/**
 * Lines "name: value" to pairs; an empty line is none.
 * @param {string} text
 * @returns {[string, string][]}
 */
export function headers(text) {
  return text.split("\n").filter((line) => line.trim()).map((line) => {
    const at = line.indexOf(":");
    if (at < 1) throw new Error(`No header: ${line.trim()} — write name: value`);
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
}

/** @param {HTMLElement} panel */
export function httpPanel(panel) {
  const method = h("select", { "aria-label": "Method" }, METHODS.map((name) => h("option", null, name)));
  const path = h("input", { value: recall("http.path") ?? "/", "aria-label": "Path", required: true, pattern: "/.*", class: "mono grow", autocomplete: "off", spellcheck: "false" });
  const names = h("textarea", { rows: "3", class: "mono", spellcheck: "false", placeholder: "accept: application/json" });
  const body = h("textarea", { rows: "3", class: "mono", spellcheck: "false" });
  const answer = h("div", "listing answer-box");
  const nothing = (/** @type {string} */ words) => h("p", "nothing", h("span", null, words));
  const form = h("form", { class: "compose", on: { submit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    remember("http.path", path.value);
    const start = performance.now();
    try {
      const said = await post("/simulate/http", { method: method.value, path: path.value, headers: headers(names.value), body: body.value });
      fill(answer, shown(said, performance.now() - start));
    } catch (error) {
      fill(answer, h("p", { class: "wrong", role: "alert" }, error instanceof Error ? error.message : String(error)));
    }
  } } }, h("div", "inline", method, path, h("button", { class: "primary", type: "submit" }, "Send")), field("Headers, one a line", names), field("Body", body, "tall"));
  fill(answer, nothing("The answer comes here."));
  fill(panel, h("div", "columns", form, answer));
  return still;
}

/**
 * @param {any} said
 * @param {number} ms
 */
function shown(said, ms) {
  const text = typeof said.body === "string" ? said.body : said.body?.text ?? said.body?.base64 ?? "";
  const pairs = Array.isArray(said.headers) ? said.headers : Object.entries(said.headers ?? {});
  const verdict = said.status < 400 ? "accepted" : said.status < 500 ? "rejected" : "failed";
  return [
    h("div", "strip", h("b", { class: "verdict num", data: { verdict } }, said.status), h("span", "faint num", `${millis(ms)} ms`), h("span", "faint num", bytes(text.length))),
    h("dl", "pairs mono", pairs.map((/** @type {any} */ pair) => h("div", null, h("dt", null, pair[0]), h("dd", null, pair[1])))),
    h("pre", { class: "code wrap", dir: "auto" }, text),
  ];
}
