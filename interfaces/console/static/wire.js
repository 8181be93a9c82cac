// What was on the wire: as text, with its line ends, or as bytes.

import { fill, h } from "./dom.js";
import { bytes, unbase64 } from "./format.js";
import { recall, remember } from "./remember.js";
import { copy } from "./toast.js";

const MOST = 16 * 1024; // bytes that are shown in hexadecimal
const WIDE = 16;

/**
 * @param {string | {base64: string, text?: string} | null | undefined} value
 * @returns {Node[] | null} null if nothing was kept
 */
export function wire(value) {
  if (value === null || value === undefined) return null;
  const data = typeof value === "string" ? new TextEncoder().encode(value) : unbase64(value.base64);
  const text = typeof value === "string" ? value : value.text ?? new TextDecoder().decode(data);
  const body = h("div", "wire");
  const buttons = ["text", "hex"].map((name) => h("button", { class: "toggle", type: "button", data: { name }, on: { click: () => turn(name) } }, name === "text" ? "Text" : "Bytes"));
  const turn = (/** @type {string} */ name) => {
    remember("wire", name);
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.name === name));
    fill(body, name === "hex" ? hex(data) : lines(text));
  };
  turn(recall("wire") === "hex" ? "hex" : "text");
  const strip = h("div", "strip", h("div", "group", buttons), h("span", "faint num", bytes(data.length)),
    h("button", { class: "quiet", type: "button", on: { click: () => copy(text, "Wire text copied") } }, "Copy"));
  return [strip, body];
}

/** @param {string} text */
function lines(text) {
  const pre = h("pre", { class: "code", dir: "ltr" });
  for (const piece of text.split(/(\r\n|\r|\n|[\0-\x08\x0b\x0c\x0e-\x1f\x7f])/)) {
    if (/^\r?\n$|^\r$/.test(piece)) pre.append(h("span", "control", piece === "\r\n" ? "\\r\\n" : piece === "\r" ? "\\r" : "\\n"), "\n");
    else if (piece.length === 1 && (piece < " " || piece === "\x7f")) pre.append(h("span", "control", `\\x${piece.charCodeAt(0).toString(16).padStart(2, "0")}`));
    else if (piece) pre.append(piece);
  }
  return pre;
}

/** @param {Uint8Array} data */
function hex(data) {
  const rows = [];
  for (let at = 0; at < Math.min(data.length, MOST); at += WIDE) {
    const row = [...data.subarray(at, at + WIDE)];
    const left = row.map((byte) => byte.toString(16).padStart(2, "0"));
    left.splice(WIDE / 2, 0, "");
    const right = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    rows.push(`${at.toString(16).padStart(6, "0")}  ${left.join(" ").padEnd(WIDE * 3)}  ${right}`);
  }
  if (data.length > MOST) rows.push(`… ${data.length - MOST} bytes more`);
  return h("pre", { class: "code hex", dir: "ltr" }, rows.join("\n"));
}
