// The right: one message from every side.

import { get, getText } from "./api.js";
import { actions } from "./actions.js";
import { $, fill, h, icon } from "./dom.js";
import { badge, bytes, full, millis } from "./format.js";
import { parts } from "./parts.js";
import { recall, remember } from "./remember.js";
import { Tabs } from "./tabs.js";
import { timing } from "./timing.js";
import { copy } from "./toast.js";
import { traceback } from "./traceback.js";
import { tree } from "./tree.js";
import { wire } from "./wire.js";

const AFTER = 60; // milliseconds: whoever holds j down does not want each
const TABS = [
  { id: "message", label: "Message" }, { id: "wire", label: "Wire" }, { id: "timing", label: "Timing" },
  { id: "traceback", label: "Traceback" }, { id: "parts", label: "Parts" }, { id: "test", label: "Test" },
].map((tab, at) => ({ ...tab, hint: `${tab.label} (${at + 1})` }));

/** @param {string} title @param {string} [text] */
const nothing = (title, text) => h("p", "nothing", h("b", null, title), text && h("span", null, text));

export class Inspector {
  /**
   * @param {import("./store.js").Store} store
   * @param {(id: number) => void} go choose another message
   */
  constructor(store, go) {
    this.store = store;
    this.go = go;
    this.id = 0;
    this.detail = null;
    this.tabs = new Tabs("inspect", "Sides of the message", TABS, (id) => this.turned(id));
    this.head = h("header", "head");
    this.body = h("div", "body", this.head, this.tabs.bar, this.tabs.panels);
    this.none = h("div", "empty", h("b", null, "No message chosen"), h("span", null, "Click one, or press j and k."));
    $("inspector").append(this.none, this.body);
    this.body.hidden = true;
    const kept = recall("tab") ?? "";
    this.tabs.mark(TABS.some(({ id }) => id === kept) ? kept : "message");
    store.addEventListener("update", (/** @type {any} */ event) => event.detail === this.id && this.load());
  }

  /** @param {import("./store.js").Summary | null} summary */
  show(summary) {
    this.id = summary?.id ?? 0;
    this.abort?.abort();
    clearTimeout(this.timer);
    this.none.hidden = Boolean(summary);
    this.body.hidden = !summary;
    this.detail = null;
    if (!summary) return;
    this.top(summary);
    this.timer = setTimeout(() => this.load(), AFTER);
  }

  async load() {
    const id = this.id;
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    try {
      const detail = await get(`/messages/${id}`, abort.signal);
      if (id === this.id) this.take(detail);
    } catch (error) {
      if (!abort.signal.aborted) this.failed(error);
    }
  }

  /** @param {any} error */
  failed(error) {
    for (const { id } of TABS) fill(this.tabs.panel(id), nothing("It cannot be shown", error.message));
  }

  /** @param {any} detail */
  take(detail) {
    this.detail = detail;
    this.top(detail);
    const marks = { traceback: detail.traceback?.length || detail.error, parts: detail.parts?.length, wire: detail.wire !== null && detail.wire !== undefined };
    for (const [id, some] of Object.entries(marks)) this.tabs.tab(id).classList.toggle("dim", !some);
    this.tabs.tab("traceback").classList.toggle("bad", Boolean(detail.traceback?.length || detail.error));
    this.stale = new Set(TABS.map(({ id }) => id));
    this.draw(this.tabs.current);
  }

  /** @param {any} item */
  top(item) {
    const verdict = item.error ? "failed" : item.verdict;
    fill(this.head,
      h("h2", { dir: "auto", title: item.title }, item.title || item.type),
      h("p", "facts",
        h("span", "badge", icon(item.protocol), badge(item.protocol)),
        h("span", "mono", item.type),
        h("span", null, icon(item.direction === "out" ? "out" : "in"), item.direction),
        verdict && h("span", { class: "verdict", data: { verdict } }, item.verdict || verdict),
        typeof item.took_ms === "number" && h("span", "num", `${millis(item.took_ms)} ms`),
        h("span", "num", bytes(item.size ?? 0))),
      h("p", "facts faint", h("span", "num", `#${item.id}`), h("span", "num", full(item.time)), h("span", { dir: "auto" }, item.conversation)),
      item.error && h("p", { class: "wrong", dir: "auto" }, item.error),
      actions(item, () => this.detail, this.go));
  }

  /** @param {string} id */
  turned(id) {
    remember("tab", id);
    this.draw(id);
  }

  /** Only what is looked at is made. @param {string} id */
  draw(id) {
    if (!this.detail || !this.stale?.delete(id)) return;
    const panel = this.tabs.panel(id), detail = this.detail;
    panel.scrollTop = 0;
    if (id === "message") fill(panel, this.message(detail));
    if (id === "wire") fill(panel, wire(detail.wire) ?? nothing("No bytes were kept", "Not every protocol hands its bytes up, and large ones are not kept."));
    if (id === "timing") fill(panel, timing(detail, this.store.ofScope(detail.scope), this.go));
    if (id === "traceback") fill(panel, traceback(detail) ?? nothing("No error", "The application raised nothing here."));
    if (id === "parts") fill(panel, parts(detail.parts, detail.id) ?? nothing("No parts", "Mails have parts: text, HTML, attachments."));
    if (id === "test") this.test(panel, detail.id);
  }

  /** @param {any} detail */
  message(detail) {
    const json = () => JSON.stringify(detail.event, null, 2);
    return [
      h("div", "strip", h("h3", null, "Event"), h("button", { class: "quiet", type: "button", on: { click: () => copy(json(), "Message copied") } }, icon("copy"), "Copy JSON")),
      tree(detail.event),
      detail.scope_data && [
        h("div", "strip", h("h3", null, "Scope"), h("button", { class: "quiet", type: "button", on: { click: () => copy(JSON.stringify(detail.scope_data, null, 2), "Scope copied") } }, icon("copy"), "Copy JSON")),
        tree(detail.scope_data),
      ],
    ];
  }

  /**
   * @param {HTMLElement} panel
   * @param {number} id
   */
  async test(panel, id) {
    fill(panel, nothing("…"));
    const text = await getText(`/messages/${id}/pytest`).catch((error) => error);
    if (id !== this.id) return;
    if (text instanceof Error) return fill(panel, nothing("There is no test of it", text.message));
    fill(panel,
      h("div", "strip", h("h3", null, "As a test"), h("button", { class: "quiet", type: "button", on: { click: () => copy(text, "Test copied") } }, icon("copy"), "Copy")),
      h("pre", "code", text));
  }

  /** Put the keyboard into what is shown. */
  focus() {
    if (this.id) this.tabs.panel(this.tabs.current).focus();
  }

  /** @param {number} at from 1 */
  turn(at) {
    if (this.id && TABS[at - 1]) this.tabs.choose(TABS[at - 1].id);
  }

  /** Press one of the actions. @param {string} name */
  press(name) {
    this.head.querySelector(`[data-action="${name}"]`)?.click();
  }
}
