// Edges that can be moved, by mouse, finger or arrow keys; where they are is remembered.

import { $ } from "./dom.js";
import { recall, remember } from "./remember.js";

const STEP = 16; // pixels an arrow key moves

/**
 * @param {string} name of the edge; its size is the variable --NAME of the page
 * @param {{least: number, most: () => number, initial: number, grows: "right" | "left" | "up"}} how
 */
export function splitter(name, { least, most, initial, grows }) {
  const bar = $(`${name}-size`);
  const upright = grows !== "up";
  let size = initial;

  const set = (/** @type {number} */ wanted, keep = true) => {
    size = Math.round(Math.max(least, Math.min(wanted, most())));
    document.documentElement.style.setProperty(`--${name}`, `${size}px`);
    bar.setAttribute("aria-valuenow", String(size));
    bar.setAttribute("aria-valuemin", String(least));
    if (keep) remember(`size.${name}`, String(size));
  };
  const sign = grows === "right" ? 1 : -1;

  bar.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    const from = upright ? event.clientX : event.clientY;
    const was = size;
    bar.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ now) => set(was + sign * ((upright ? now.clientX : now.clientY) - from));
    bar.addEventListener("pointermove", move);
    bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", move), { once: true });
    event.preventDefault();
  });
  bar.addEventListener("dblclick", () => set(initial));
  bar.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const [less, more] = upright ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    const by = { [less]: -1, [more]: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    set(size + sign * by * STEP);
  });
  set(Number(recall(`size.${name}`)) || initial, false);
}
