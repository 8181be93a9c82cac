// Where an error came from: the user's own frames stand out, those of libraries are folded.

import { h, icon } from "./dom.js";
import { copy } from "./toast.js";

/** @typedef {{file: string, line: number, function: string, code: string, own: boolean}} Frame */

/**
 * @param {any} detail
 * @returns {Node[] | null} null if nothing was raised
 */
export function traceback(detail) {
  /** @type {Frame[]} */
  const frames = detail.traceback ?? [];
  if (!frames.length && !detail.error) return null;
  const strip = h("div", "strip", h("h3", null, "Most recent call last"),
    h("button", { class: "quiet", type: "button", on: { click: () => copy(text(frames, detail.error), "Traceback copied") } }, icon("copy"), "Copy"));
  return [strip, h("ol", "frames", folded(frames)), h("p", { class: "wrong", dir: "auto" }, detail.error)];
}

/** Frames of others that follow each other are one line, until it is opened. @param {Frame[]} frames */
function folded(frames) {
  /** @type {Node[]} */
  const items = [];
  for (let at = 0; at < frames.length; at++) {
    let to = at;
    while (to < frames.length && !frames[to].own) to += 1;
    if (to - at > 1) {
      items.push(h("li", "others", h("details", null, h("summary", null, `${to - at} frames of libraries`), h("ol", "frames", frames.slice(at, to).map(frame)))));
      at = to - 1;
    } else {
      items.push(frame(frames[at]));
    }
  }
  return items;
}

/** @param {Frame} one */
function frame(one) {
  const slash = one.file.lastIndexOf("/") + 1;
  return h("li", one.own ? "frame own" : "frame",
    h("p", "place mono", h("span", "faint", one.file.slice(0, slash)), h("b", null, one.file.slice(slash)), h("span", "faint", ":"), String(one.line), h("span", "faint", ` in ${one.function}`)),
    one.code && h("pre", "code", one.code));
}

/**
 * @param {Frame[]} frames
 * @param {string} error
 */
function text(frames, error) {
  const lines = frames.map((one) => `  File "${one.file}", line ${one.line}, in ${one.function}\n    ${one.code}`);
  return ["Traceback (most recent call last):", ...lines, error].join("\n");
}
