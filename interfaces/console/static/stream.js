// What happens, as it happens: server-sent events that come back, and are handed on a screen's frame at a time.

import { get } from "./api.js";
import { LIMIT } from "./store.js";

const FIRST = 400, LONGEST = 10_000; // milliseconds before a new attempt
const SILENCE = 40_000; // the server says something every 15 s: after this it is gone without a word
const PAGE = 1000; // messages asked for at a time
const START = 500;

export class Stream {
  /**
   * @param {import("./store.js").Store} store
   * @param {{state: (state: any) => void, lost: (count: number) => void, online: (state: "online" | "offline" | "connecting") => void}} heard
   */
  constructor(store, heard) {
    this.store = store;
    this.heard = heard;
    /** @type {any[]} */
    this.waiting = [];
    this.planned = false;
    this.failures = 0;
    this.cursor = 0; // the last id that was heard of
    /** @type {string | undefined} */
    this.run = undefined; // of the back end: another one has other messages
    addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
    this.connect();
  }

  /** Ask for the state first: a back end that was started anew counts from 1 again. */
  async connect() {
    clearTimeout(this.timer);
    this.busy = true;
    try {
      const state = await get("/state");
      const anew = state.last < this.cursor || (this.run && state.run !== this.run);
      if (anew) {
        this.store.reset();
        this.cursor = 0;
      }
      this.run = state.run;
      this.heard.state(state);
      this.heard.lost(state.lost);
      const empty = this.cursor === 0;
      if (empty) await this.newest();
      this.open();
      if (empty) await this.older();
    } catch {
      this.retry();
    } finally {
      this.busy = false;
    }
  }

  async newest() {
    const { messages, last } = await get(`/messages?limit=${START}`);
    this.cursor = Math.max(last ?? 0, messages.at(-1)?.id ?? 0);
    this.store.add(messages);
  }

  /** What came before, a page at a time, so that no page is long to take. */
  async older() {
    while (this.store.all.length < LIMIT && this.store.first > 1) {
      const { messages } = await get(`/messages?limit=${PAGE}&before=${this.store.first}`);
      if (!messages.length || messages[0].id >= this.store.first) return;
      this.store.addOlder(messages);
    }
  }

  open() {
    this.source?.close();
    const source = (this.source = new EventSource(`/api/stream?after=${this.cursor}`));
    const current = (/** @type {(event: any) => void} */ handle) => (/** @type {any} */ event) => {
      if (source !== this.source) return;
      this.patience();
      handle(event);
    };
    source.onopen = current(() => {
      this.failures = 0;
      this.heard.online("online");
    });
    source.addEventListener("message", current((event) => this.take(JSON.parse(event.data))));
    source.addEventListener("update", current((event) => this.take(JSON.parse(event.data))));
    source.addEventListener("lost", current((event) => this.heard.lost(JSON.parse(event.data).lost)));
    source.onerror = () => source === this.source && this.retry();
    this.patience();
  }

  /** Comments are not heard of here, so that silence alone says little: ask, and come back if nobody answers. */
  patience() {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => get("/state").then(() => this.patience(), () => this.retry()), SILENCE);
  }

  retry() {
    clearTimeout(this.watch);
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    this.heard.online("offline");
    const wait = Math.min(LONGEST, FIRST * 2 ** this.failures++) * (0.5 + Math.random() / 2);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  wake() {
    if (!this.source && !this.busy) this.connect();
  }

  /** @param {any} summary */
  take(summary) {
    this.cursor = Math.max(this.cursor, summary.id);
    this.waiting.push(summary);
    if (this.waiting.length > 2 * LIMIT) this.waiting.splice(0, LIMIT); // a page in the background must not grow
    if (this.planned) return;
    this.planned = true;
    if (document.hidden) setTimeout(() => this.hand(), 250);
    else requestAnimationFrame(() => this.hand());
  }

  hand() {
    this.planned = false;
    const list = this.waiting;
    this.waiting = [];
    this.store.add(list.sort((one, other) => one.id - other.id));
  }
}
