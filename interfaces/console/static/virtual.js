// A list of any length of which only the rows that can be seen are in the page. Rows are reused, and all of one height.

import { h } from "./dom.js";

const OVER = 6; // rows above and below what is seen, so that scrolling shows no gap
const NEAR = 4; // pixels from the end that still are the end

/**
 * @template Item
 * @typedef {{height: number, make: () => HTMLElement, paint: (row: any, item: Item, index: number) => void,
 *   pick: (item: Item, index: number) => void, scrolled?: () => void}} Ways
 */

/** @template Item */
export class VirtualList {
  /**
   * @param {HTMLElement} box what scrolls; a listbox
   * @param {Ways<Item>} ways
   */
  constructor(box, ways) {
    this.box = box;
    this.ways = ways;
    /** @type {Item[]} */
    this.items = [];
    /** @type {any[]} */
    this.rows = [];
    this.picked = -1;
    this.tall = 0;
    this.high = -1;
    this.pinned = true; // whether the end is looked at
    this.space = h("div", { class: "space", role: "presentation" });
    box.append(this.space);
    box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.space.addEventListener("click", (/** @type {MouseEvent} */ event) => this.clicked(event));
    new ResizeObserver(() => this.resized()).observe(box);
  }

  resized() {
    this.tall = this.box.clientHeight;
    if (this.picked >= 0) this.reveal(this.picked);
    else if (this.pinned) this.toEnd();
    this.plan();
  }

  scrolled() {
    this.pinned = this.atEnd();
    this.plan();
    this.ways.scrolled?.();
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const row = /** @type {Element} */ (event.target).closest("[role=option]");
    if (!row) return;
    const index = Number(/** @type {HTMLElement} */ (row).dataset.index);
    if (this.items[index] !== undefined) this.ways.pick(this.items[index], index);
  }

  atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.box;
    return scrollHeight - scrollTop - clientHeight <= NEAR;
  }

  toEnd() {
    this.box.scrollTop = this.items.length * this.ways.height;
    this.pinned = true;
  }

  toStart() {
    this.box.scrollTop = 0;
  }

  /**
   * Show other items.
   * @param {Item[]} items
   * @param {{picked?: number, follow?: boolean}} [how] picked: the index of the chosen one;
   *   follow: stay at the end if that is where one looks
   */
  show(items, { picked = -1, follow = false } = {}) {
    this.items = items;
    this.picked = picked;
    const height = items.length * this.ways.height;
    if (height !== this.high) this.space.style.height = `${(this.high = height)}px`;
    if (follow && this.pinned) this.toEnd();
    this.plan();
  }

  /** @param {number} index */
  pick(index) {
    this.picked = index;
    this.plan();
  }

  /** Scroll as little as it takes to see a row. @param {number} index */
  reveal(index) {
    const { height } = this.ways;
    const top = index * height;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + height > this.box.scrollTop + this.tall) this.box.scrollTop = top + height - this.tall;
  }

  plan() {
    if (this.planned) return;
    this.planned = true;
    requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.planned = false;
    const { height, make, paint } = this.ways;
    const from = Math.max(0, Math.floor(this.box.scrollTop / height) - OVER);
    const to = Math.min(this.items.length, Math.ceil((this.box.scrollTop + this.tall) / height) + OVER);
    while (this.rows.length < to - from) {
      const row = make();
      row.setAttribute("role", "option");
      row.id = `${this.box.id}-row-${this.rows.length}`;
      this.rows.push(row);
      this.space.append(row);
    }
    const spare = this.rows.splice(to - from);
    for (const row of spare) row.remove();
    let active = "";
    this.rows.forEach((row, at) => {
      const index = from + at;
      this.place(row, index);
      paint(row, this.items[index], index);
      if (index === this.picked) active = row.id;
    });
    if (active) this.box.setAttribute("aria-activedescendant", active);
    else this.box.removeAttribute("aria-activedescendant");
  }

  /**
   * @param {any} row
   * @param {number} index
   */
  place(row, index) {
    row.style.transform = `translateY(${index * this.ways.height}px)`;
    row.dataset.index = index;
    row.setAttribute("aria-posinset", index + 1);
    row.setAttribute("aria-setsize", this.items.length);
    row.setAttribute("aria-selected", index === this.picked);
  }
}
