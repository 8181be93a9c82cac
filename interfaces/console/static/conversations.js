// The left: who talks with whom, over which protocols, and which protocols are shown.

import { $, h, icon, say } from "./dom.js";
import { badge, number, short } from "./format.js";
import { VirtualList } from "./virtual.js";

const HEIGHT = 46; // of .talk in lists.css
const ORDER = ["email", "slack", "sms", "irc", "websocket", "http"];

const MADE = /^(email|slack|sms|irc|websocket|http):/; // keys that no application chose: they say little to people

/** @typedef {import("./store.js").Conversation} Conversation */

/** @param {Conversation} one */
const called = (one) => (MADE.test(one.key) && one.begun) || one.key;

function make() {
  const parts = { name: h("b", "name"), time: h("span", "when num"), icons: h("span", "icons"), last: h("span", "last"), count: h("span", "tally num") };
  parts.name.dir = parts.last.dir = "auto";
  return Object.assign(h("div", "talk", parts.name, parts.time, h("span", "below", parts.icons, parts.last), parts.count), { parts });
}

/**
 * @param {any} row
 * @param {Conversation} item
 */
function paint(row, item) {
  const { parts } = row;
  say(parts.name, called(item));
  row.title = item.key;
  say(parts.time, short(item.time).slice(0, 5));
  say(parts.last, item.said);
  say(parts.count, number(item.count));
  const names = [...item.protocols].sort((one, other) => ORDER.indexOf(one) - ORDER.indexOf(other));
  if (row.names !== names.join()) parts.icons.replaceChildren(...names.map((name) => icon(name)));
  row.names = names.join();
  parts.icons.title = names.map(badge).join(", ");
}

export class Conversations {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    this.text = "";
    this.list = new VirtualList($("conversations"), { height: HEIGHT, make, paint, pick: (item) => this.pick(item.key) });
    this.list.pinned = false;
    store.addEventListener("change", () => this.plan());
    $("find").addEventListener("input", (/** @type {any} */ event) => {
      this.text = event.target.value.trim().toLowerCase();
      this.refresh();
    });
    $("conversations").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
  }

  plan() {
    if (this.planned) return;
    this.planned = true;
    requestAnimationFrame(() => {
      this.planned = false;
      this.refresh();
      this.chips();
    });
  }

  refresh() {
    const { protocols, conversation } = this.store.filter;
    const all = [...this.store.conversations.values()].reverse();
    const fits = (/** @type {Conversation} */ one) =>
      (!protocols.size || [...one.protocols].some((name) => protocols.has(name))) &&
      (!this.text || `${one.begun} ${one.key} ${one.said}`.toLowerCase().includes(this.text));
    const items = all.filter(fits);
    this.list.show(items, { picked: items.findIndex((one) => one.key === conversation) });
    this.list.pinned = false;
  }

  /** Choose one, or leave it. @param {string | null} key */
  pick(key) {
    this.store.narrow({ conversation: key === this.store.filter.conversation ? null : key });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const at = Math.min(Math.max(this.list.picked + by, 0), this.list.items.length - 1);
    const item = this.list.items[at];
    if (!item || item.key === this.store.filter.conversation) return;
    this.list.reveal(at);
    this.pick(item.key);
  }

  /** A switch for each protocol that was heard of. */
  chips() {
    const { counts, filter } = this.store;
    const names = [...new Set([...ORDER.filter((name) => counts.has(name)), ...counts.keys(), ...filter.protocols])];
    if (names.join() !== this.chipped) {
      $("protocols").replaceChildren(...names.map((name) => this.chip(name)));
      this.chipped = names.join();
    }
    for (const chip of $("protocols").children) {
      chip.setAttribute("aria-pressed", String(filter.protocols.has(chip.dataset.name)));
      say(chip.lastChild, number(counts.get(chip.dataset.name) ?? 0));
    }
  }

  /** @param {string} name */
  chip(name) {
    const toggle = () => {
      const protocols = new Set(this.store.filter.protocols);
      if (!protocols.delete(name)) protocols.add(name);
      this.store.narrow({ protocols });
    };
    return h("button", { class: "chip", type: "button", data: { name }, on: { click: toggle } },
      icon(name), badge(name), h("span", "num faint", ""));
  }
}
