// What a panel shows of the back end: asked for while somebody looks, drawn only when it is another.

import { get } from "./api.js";

const EVERY = 2500; // milliseconds; what happens is told by messages, and this is for the rest
const SOON = 120;

export class Live {
  /**
   * @param {string} path below /api
   * @param {(data: any) => void} draw
   * @param {(text: string) => void} failed "" when all is well again
   */
  constructor(path, draw, failed) {
    this.path = path;
    this.draw = draw;
    this.failed = failed;
    this.open = false;
    this.was = "";
  }

  show() {
    this.open = true;
    this.refresh();
  }

  hide() {
    this.open = false;
    clearTimeout(this.timer);
  }

  /** Something happened: look soon, once for a burst. */
  nudge() {
    if (!this.open || this.soon) return;
    this.soon = setTimeout(() => {
      this.soon = undefined;
      this.refresh();
    }, SOON);
  }

  async refresh() {
    clearTimeout(this.timer);
    if (!this.open) return;
    try {
      if (!document.hidden) this.take(await get(this.path));
      this.failed("");
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
    }
    clearTimeout(this.timer);
    if (this.open) this.timer = setTimeout(() => this.refresh(), EVERY);
  }

  /** @param {any} data */
  take(data) {
    const text = JSON.stringify(data);
    if (text === this.was) return;
    this.was = text;
    this.draw(data);
  }
}

/** A panel that asks for nothing. */
export const still = { show() {}, hide() {}, nudge() {} };

/** @type {WeakMap<HTMLElement, boolean>} whether the end of what scrolls is looked at */
const ends = new WeakMap();
const NEAR = 24; // pixels from the end that still are the end

/**
 * Change what is in a box that scrolls; whoever looks at its end still does afterwards, and when its size changes.
 * @param {HTMLElement} box
 * @param {() => void} change
 */
export function stay(box, change) {
  if (!ends.has(box)) watch(box);
  change();
  if (ends.get(box)) box.scrollTop = box.scrollHeight;
}

/** @param {HTMLElement} box */
function watch(box) {
  ends.set(box, true);
  box.addEventListener("scroll", () => ends.set(box, box.scrollHeight - box.scrollTop - box.clientHeight < NEAR), { passive: true });
  new ResizeObserver(() => ends.get(box) && (box.scrollTop = box.scrollHeight)).observe(box);
}
