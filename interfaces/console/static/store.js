// The messages that are known, and those of them that are to be seen.

/**
 * @typedef {{id: number, time: number, scope: number, protocol: string, type: string, direction: string,
 *   conversation: string, title: string, size: number, verdict: string, queued_ms: number | null,
 *   took_ms: number | null, error: string}} Summary
 * @typedef {{protocols: Set<string>, conversation: string | null, text: string, problems: boolean}} Filter
 * @typedef {{key: string, begun: string, protocols: Set<string>, count: number, time: number, said: string}} Conversation
 *   begun and said: its first and its last title that is not empty
 */

export const LIMIT = 5000; // as many as the back end keeps
const BAD = new Set(["failed", "rejected", "deferred"]);

/** Says "change" when something came, went or looks different, "update" with the id when one message did. */
export class Store extends EventTarget {
  constructor() {
    super();
    /** @type {Summary[]} */
    this.all = [];
    /** @type {Summary[]} */
    this.shown = [];
    /** @type {Map<number, Summary>} */
    this.byId = new Map();
    /** @type {Map<string, Conversation>} the one that was talked in last is last */
    this.conversations = new Map();
    /** @type {Map<string, number>} */
    this.counts = new Map();
    /** @type {Filter} */
    this.filter = { protocols: new Set(), conversation: null, text: "", problems: false };
    this.floor = 0; // what is not newer was cleared away
    this.moved = false; // whether a message belongs to another conversation now
  }

  get last() {
    return this.all.at(-1)?.id ?? 0;
  }

  get first() {
    return this.all[0]?.id ?? 0;
  }

  /**
   * Take messages, ascending by id; those that are known are replaced.
   * @param {Summary[]} list
   */
  add(list) {
    /** @type {Summary[]} */
    const fresh = [];
    let last = this.last;
    let updated = false;
    this.moved = false;
    for (const summary of list) {
      if (summary.id <= this.floor) continue;
      if (this.byId.has(summary.id)) {
        updated = this.replace(summary) || updated;
      } else if (summary.id > last) {
        last = summary.id;
        this.note(summary);
        fresh.push(summary);
      }
    }
    this.all.push(...fresh);
    this.shown.push(...fresh.filter((summary) => this.fits(summary)));
    this.trim();
    if (this.moved) this.recount();
    if (fresh.length || updated) this.changed(updated);
  }

  /**
   * Take messages that are older than all that are here, ascending by id.
   * @param {Summary[]} list
   */
  addOlder(list) {
    const room = LIMIT - this.all.length;
    const fresh = list.filter((summary) => summary.id < this.first && summary.id > this.floor).slice(-room || list.length);
    if (!fresh.length || room <= 0) return;
    for (const summary of fresh) this.byId.set(summary.id, summary);
    this.all.unshift(...fresh);
    this.recount();
    this.sift();
  }

  /** @param {Summary} summary */
  replace(summary) {
    const known = this.byId.get(summary.id);
    if (!known) return false;
    this.moved ||= known.conversation !== summary.conversation; // the application said where it belongs
    Object.assign(known, summary);
    this.dispatchEvent(new CustomEvent("update", { detail: summary.id }));
    return true;
  }

  /** @param {Summary} summary */
  note(summary) {
    this.byId.set(summary.id, summary);
    this.counts.set(summary.protocol, (this.counts.get(summary.protocol) ?? 0) + 1);
    const key = summary.conversation;
    if (!key) return;
    const found = this.conversations.get(key) ?? { key, begun: summary.title, protocols: new Set(), count: 0, time: 0, said: "" };
    found.count += 1;
    found.time = summary.time;
    found.begun ||= summary.title;
    found.said = summary.title || found.said;
    found.protocols.add(summary.protocol);
    this.conversations.delete(key);
    this.conversations.set(key, found);
  }

  /** Everything is counted again: after what is older came, or something fell out. */
  recount() {
    this.conversations.clear();
    this.counts.clear();
    for (const summary of this.all) this.note(summary);
  }

  trim() {
    const over = this.all.length - LIMIT;
    if (over <= 0) return;
    for (const summary of this.all.splice(0, over)) this.byId.delete(summary.id);
    const first = this.first;
    const gone = this.shown.findIndex((summary) => summary.id >= first);
    this.shown.splice(0, gone < 0 ? this.shown.length : gone);
    this.recount();
  }

  /** @param {Summary} summary */
  fits(summary) {
    const { protocols, conversation, text, problems } = this.filter;
    if (protocols.size && !protocols.has(summary.protocol)) return false;
    if (conversation !== null && summary.conversation !== conversation) return false;
    if (problems && !BAD.has(summary.verdict) && !summary.error) return false;
    return !text || `${summary.title}\n${summary.type}\n${summary.conversation}\n${summary.error}`.toLowerCase().includes(text);
  }

  /** @param {Partial<Filter>} change */
  narrow(change) {
    Object.assign(this.filter, change);
    this.sift();
  }

  sift() {
    this.shown = this.all.filter((summary) => this.fits(summary));
    this.dispatchEvent(new CustomEvent("sifted"));
    this.changed(false);
  }

  /** Hide all that is here. The back end keeps it. */
  clear() {
    this.floor = Math.max(this.floor, this.last);
    this.empty();
  }

  /** Forget all: the back end is another one now. */
  reset() {
    this.floor = 0;
    this.empty();
  }

  empty() {
    this.all = [];
    this.byId.clear();
    this.conversations.clear();
    this.counts.clear();
    this.sift();
  }

  /** @param {boolean} updated whether a message that was here looks different, so that it may fit now */
  changed(updated) {
    if (updated && this.filter.problems) this.shown = this.all.filter((summary) => this.fits(summary));
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** What the application was called for once: its messages in order. @param {number} scope */
  ofScope(scope) {
    return this.all.filter((summary) => summary.scope === scope);
  }
}
