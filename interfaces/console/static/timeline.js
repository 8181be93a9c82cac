// The middle: all messages that fit, in the order of time, and the one that is chosen.

import { $, h, icon, say } from "./dom.js";
import { badge, clock, full, millis, number } from "./format.js";
import { VirtualList } from "./virtual.js";

const HEIGHT = 28; // of .row in lists.css

/** @typedef {import("./store.js").Summary} Summary */

function make() {
  const parts = {
    time: h("span", "time num", h("span"), h("span", "fraction")), badge: h("span", "badge"), arrow: h("span", "arrow"), title: h("span", "title"),
    type: h("span", "type"), verdict: h("span", "verdict"), took: h("span", "took num"),
  };
  parts.title.dir = "auto";
  const main = h("span", "main", parts.title, parts.type);
  const row = h("div", "row", parts.time, parts.badge, parts.arrow, main, parts.verdict, parts.took);
  return Object.assign(row, { parts, was: {} });
}

/**
 * @param {any} row
 * @param {Summary} item
 */
function paint(row, item) {
  const { parts, was } = row;
  if (was.protocol !== item.protocol) parts.badge.replaceChildren(icon(item.protocol), badge(item.protocol));
  if (was.direction !== item.direction) {
    parts.arrow.replaceChildren(icon(item.direction === "out" ? "out" : "in"));
    parts.arrow.setAttribute("aria-label", item.direction === "out" ? "out" : "in");
    parts.arrow.setAttribute("role", "img");
  }
  say(parts.title, item.title || item.type); // some say no more than what they are
  say(parts.type, item.title ? item.type : "");
  parts.title.classList.toggle("mono", !item.title);
  say(parts.verdict, item.verdict);
  say(parts.took, millis(item.took_ms));
  row.dataset.verdict = item.error ? "failed" : item.verdict;
  row.dataset.direction = item.direction;
  if (row.title !== item.error) row.title = item.error;
  if (was.time !== item.time) timed(parts.time, item.time);
  row.was = { protocol: item.protocol, direction: item.direction, time: item.time };
}

/**
 * @param {HTMLElement} node
 * @param {number} time
 */
function timed(node, time) {
  const text = clock(time);
  say(/** @type {Node} */ (node.firstChild), text.slice(0, 8));
  say(/** @type {Node} */ (node.lastChild), text.slice(8));
  node.title = full(time);
}

export class Timeline {
  /**
   * @param {import("./store.js").Store} store
   * @param {(summary: Summary | null) => void} chosen
   */
  constructor(store, chosen) {
    this.store = store;
    this.chosen = chosen;
    this.id = 0; // the chosen one
    this.seen = 0; // the last id that was at the end while that was looked at
    this.list = new VirtualList($("messages"), {
      height: HEIGHT, make, paint, pick: (item) => this.pick(item.id), scrolled: () => this.remind(),
    });
    store.addEventListener("change", () => this.plan());
    store.addEventListener("sifted", () => (this.sifted = true));
    $("latest").addEventListener("click", () => this.end());
    this.refresh();
  }

  /** A burst of changes is one look. */
  plan() {
    if (this.planned) return;
    this.planned = true;
    queueMicrotask(() => {
      this.planned = false;
      this.refresh();
    });
  }

  refresh() {
    const { shown, all } = this.store;
    const { list } = this;
    const anchor = list.items[Math.floor(list.box.scrollTop / HEIGHT)];
    const inside = list.box.scrollTop % HEIGHT;
    const picked = this.indexOf(this.id);
    list.show(shown.slice(), { picked, follow: true });
    // Rows that came or went further up must not move what is read.
    if (!list.pinned && anchor) list.box.scrollTop = this.from(anchor.id) * HEIGHT + inside;
    if (this.sifted && picked >= 0) {
      list.reveal(picked);
      list.pinned = list.atEnd();
    }
    this.sifted = false;
    const part = shown.length === all.length ? number(all.length) : `${number(shown.length)} of ${number(all.length)}`;
    say($("count"), part);
    this.blank();
    this.remind();
  }

  blank() {
    const { shown, all } = this.store;
    $("empty").hidden = shown.length > 0;
    if (shown.length) return;
    const lines = all.length
      ? ["Nothing fits", "Esc takes the search and the filters away."]
      : ["Nothing has happened yet", "Send something: a simulator below does (s), and so does any real client."];
    $("empty").replaceChildren(h("b", null, lines[0]), h("span", null, lines[1]));
  }

  /** Whoever reads further up is told that something came. */
  remind() {
    const { shown } = this.store;
    if (this.list.pinned) this.seen = shown.at(-1)?.id ?? 0;
    let fresh = 0;
    for (let at = shown.length - 1; at >= 0 && shown[at].id > this.seen; at--) fresh += 1;
    $("latest").hidden = fresh === 0;
    if (fresh) $("latest").replaceChildren(icon("down"), `${number(fresh)} new`);
  }

  /** Where the first row is that is not older. @param {number} id */
  from(id) {
    const { shown } = this.store;
    let low = 0, high = shown.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (shown[middle].id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param {number} id */
  indexOf(id) {
    const at = this.from(id);
    return this.store.shown[at]?.id === id ? at : -1;
  }

  /** @param {number} id 0 for none */
  pick(id) {
    this.id = id;
    const index = this.indexOf(id);
    if (index >= 0) this.list.reveal(index);
    this.list.pick(index);
    this.chosen(this.store.byId.get(id) ?? null);
  }

  /** Choose the next, or the one before. @param {number} by */
  move(by) {
    const { shown } = this.store;
    if (!shown.length) return;
    const at = this.indexOf(this.id);
    const to = at < 0 ? (by > 0 && !this.list.pinned ? Math.ceil(this.list.box.scrollTop / HEIGHT) : shown.length - 1) : at + by;
    this.pick(shown[Math.min(Math.max(to, 0), shown.length - 1)].id);
  }

  end() {
    this.list.toEnd();
    this.remind();
  }

  top() {
    this.list.toStart();
  }
}
