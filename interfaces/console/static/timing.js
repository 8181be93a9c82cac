// How long it waited and took, what became of it, and what else belongs to the same call of the application.

import { h, icon } from "./dom.js";
import { clock, millis } from "./format.js";

/** @type {Record<string, string>} */
const WORDS = {
  running: "The application is at it.",
  accepted: "The application took it.",
  rejected: "The application refused it for good.",
  deferred: "The peer was told to try again.",
  failed: "The application raised an error.",
  ended: "The application returned.",
};

/**
 * @param {any} detail
 * @param {import("./store.js").Summary[]} siblings of the same scope
 * @param {(id: number) => void} go
 * @returns {Node[]}
 */
export function timing(detail, siblings, go) {
  const verdict = detail.error ? "failed" : detail.verdict;
  return [
    h("div", "strip", h("h3", null, "Verdict")),
    h("p", "say", verdict ? h("span", { class: "verdict", data: { verdict } }, verdict) : h("span", "faint", "none"),
      h("span", null, WORDS[verdict] ?? "This message asks for no verdict.")),
    detail.error && h("p", { class: "wrong", dir: "auto" }, detail.error),
    h("div", "strip", h("h3", null, "Time")),
    times(detail.queued_ms, detail.took_ms),
    h("div", "strip", h("h3", null, `Scope ${detail.scope}`), h("span", "faint", "all messages of this call of the application")),
    h("ol", "siblings", siblings.map((one) => sibling(one, siblings[0].time, detail.id, go))),
  ].filter(Boolean);
}

/**
 * @param {number | null} queued
 * @param {number | null} took
 */
function times(queued, took) {
  const all = (queued ?? 0) + (took ?? 0);
  const row = (/** @type {string} */ name, /** @type {number | null} */ ms, /** @type {number} */ from) => {
    const bar = h("span", "bar-fill");
    if (all > 0 && typeof ms === "number") {
      bar.style.left = `${(100 * from) / all}%`;
      bar.style.width = `${Math.max((100 * ms) / all, 0.7)}%`;
    }
    return h("div", { class: "time-row", data: { name } }, h("span", null, name), h("span", "track", bar),
      h("span", "num right", typeof ms === "number" ? `${millis(ms)} ms` : "—"));
  };
  return h("div", "times", row("Queue", queued, 0), row("Application", took, queued ?? 0));
}

/**
 * @param {import("./store.js").Summary} one
 * @param {number} start
 * @param {number} chosen
 * @param {(id: number) => void} go
 */
function sibling(one, start, chosen, go) {
  return h("li", null, h("button", { class: "sibling", type: "button", "aria-current": one.id === chosen && "true", title: clock(one.time), on: { click: () => go(one.id) } },
    h("span", "num faint", `+${millis((one.time - start) * 1000) || "0"}`), icon(one.direction === "out" ? "out" : "in"),
    h("span", "mono", one.type), h("span", { class: "grow", dir: "auto" }, one.title)));
}
