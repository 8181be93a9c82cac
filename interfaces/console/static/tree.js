// JSON as a tree: what is folded is not made, and long texts are shown in part until asked for.

import { h } from "./dom.js";
import { bytes } from "./format.js";

const OPEN = 3; // levels that are unfolded at first
const MANY = 100; // members shown at a time
const LONG = 600; // letters of a text

/**
 * @param {unknown} value
 * @returns {HTMLElement}
 */
export const tree = (value) => h("div", "tree mono", node(undefined, value, 0));

/**
 * @param {string | undefined} key
 * @param {any} value
 * @param {number} depth
 * @returns {HTMLElement}
 */
function node(key, value, depth) {
  if (value === null || typeof value !== "object") return h("div", "leaf", name(key), scalar(value));
  if (isBytes(value)) return h("div", "leaf", name(key), binary(value));
  const entries = Array.isArray(value) ? value.map((one, at) => /** @type {[string, any]} */ ([String(at), one])) : Object.entries(value);
  const [left, right] = Array.isArray(value) ? "[]" : "{}";
  if (!entries.length) return h("div", "leaf", name(key), h("span", "mark", left + right));
  if (isPair(value)) return h("div", "leaf", name(key), h("span", "mark", "["), inline(value[0]), h("span", "mark", ", "), inline(value[1]), h("span", "mark", "]"));
  const members = h("div", "members");
  const open = depth < OPEN && entries.length <= MANY;
  const box = h("details", { open, on: { toggle: () => box.open && !members.firstChild && more(members, entries, 0, depth) } },
    h("summary", null, name(key), h("span", "mark", left), h("span", "faint", ` ${entries.length} `), h("span", "mark", right)), members);
  if (open) more(members, entries, 0, depth);
  return box;
}

/**
 * @param {HTMLElement} members
 * @param {[string, any][]} entries
 * @param {number} from
 * @param {number} depth
 */
function more(members, entries, from, depth) {
  for (const [key, value] of entries.slice(from, from + MANY)) members.append(node(key, value, depth + 1));
  const left = entries.length - from - MANY;
  if (left <= 0) return;
  const button = h("button", { class: "quiet", type: "button", on: { click: () => { button.remove(); more(members, entries, from + MANY, depth); } } }, `${left} more`);
  members.append(button);
}

/** @param {string | undefined} key */
const name = (key) => key !== undefined && h("span", "key", key, h("span", "mark", ": "));

/** What bytes look like in JSON. @param {any} value */
const isBytes = (value) => typeof value.base64 === "string" && Object.keys(value).every((key) => key === "base64" || key === "text");

/** A header, or something like it. @param {any} value */
const isPair = (value) => Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === "string" || (one && typeof one === "object" && isBytes(one)));

/** @param {any} value */
const inline = (value) => (typeof value === "string" ? scalar(value) : binary(value));

/** @param {unknown} value */
function scalar(value) {
  const kind = value === null ? "null" : typeof value;
  if (typeof value === "string") return string(value, "string");
  return h("span", kind, String(value));
}

/**
 * @param {string} text
 * @param {string} kind
 */
function string(text, kind) {
  const shown = h("span", { class: kind, dir: "auto" }, quoted(text.slice(0, LONG)));
  if (text.length <= LONG) return shown;
  const button = h("button", { class: "quiet", type: "button", on: { click: () => { shown.textContent = quoted(text); button.remove(); } } }, `… all ${text.length} letters`);
  return h("span", null, shown, button);
}

/** Quoted as JSON does, but with its lines as lines. @param {string} text */
const quoted = (text) => JSON.stringify(text).replaceAll("\\r\\n", "\n").replaceAll("\\n", "\n");

/** @param {{base64: string, text?: string}} value */
function binary({ base64, text }) {
  const size = Math.floor((base64.length * 3) / 4) - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);
  const shown = typeof text === "string" ? string(text, "string") : string(base64, "string");
  return h("span", null, h("span", { class: "tag", title: typeof text === "string" ? "bytes, as text" : "bytes, as base64" }, `bytes ${bytes(size)}`), shown);
}
