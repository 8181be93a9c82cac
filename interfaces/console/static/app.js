// The page, put together.

import { chaosIs } from "./chaos.js";
import { Conversations } from "./conversations.js";
import { $, fill, h } from "./dom.js";
import { Drawer } from "./drawer.js";
import { number } from "./format.js";
import { Inspector } from "./inspector.js";
import { keys, showHelp } from "./keys.js";
import { splitter } from "./splitter.js";
import { Store } from "./store.js";
import { Stream } from "./stream.js";
import { nextTheme, startTheme } from "./theme.js";
import { Timeline } from "./timeline.js";

const TYPED = 120; // milliseconds after the last letter, before the search is done

startTheme();
const store = new Store();
const timeline = new Timeline(store, (summary) => inspector.show(summary));
const inspector = new Inspector(store, go);
const conversations = new Conversations(store);
const drawer = new Drawer(store);

/** Show a message; a negative number is a scope, of which the first message is meant, once it comes. @param {number} id */
function go(id) {
  const wanted = id < 0 ? store.ofScope(-id)[0]?.id : id;
  if (!wanted) return store.addEventListener("change", () => go(id), { once: true });
  if (timeline.indexOf(wanted) < 0) unfilter();
  timeline.pick(wanted);
}

function unfilter() {
  $("search").value = "";
  $("problems").setAttribute("aria-pressed", "false");
  store.narrow({ text: "", conversation: null, problems: false, protocols: new Set() });
}

/** Step back: out of a field, out of the inspector, then out of what narrows the list. */
function escape() {
  const at = document.activeElement;
  if (at instanceof HTMLElement && (at.closest("input, textarea, select") || $("inspector").contains(at) || $("drawer").contains(at))) {
    if (at === $("search") && $("search").value) {
      $("search").value = "";
      store.narrow({ text: "" });
    }
    return $("messages").focus();
  }
  const { text, conversation, problems, protocols } = store.filter;
  if (text || conversation !== null || problems || protocols.size) unfilter();
  else if (timeline.id) timeline.pick(0);
  else drawer.close();
}

/** @type {ReturnType<typeof setTimeout>} */
let typed;
$("search").addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(() => store.narrow({ text: $("search").value.trim().toLowerCase() }), TYPED);
});
$("search").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  if (event.key !== "Enter" && event.key !== "ArrowDown") return;
  event.preventDefault();
  clearTimeout(typed);
  store.narrow({ text: $("search").value.trim().toLowerCase() });
  $("messages").focus();
  if (timeline.indexOf(timeline.id) < 0) timeline.move(1);
});
$("problems").addEventListener("click", () => {
  store.narrow({ problems: !store.filter.problems });
  $("problems").setAttribute("aria-pressed", String(store.filter.problems));
});
$("clear").addEventListener("click", () => {
  store.clear();
  timeline.pick(0);
});

const turns = Object.fromEntries([1, 2, 3, 4, 5, 6].map((at) => [String(at), () => inspector.turn(at)]));
keys({
  j: () => timeline.move(1), k: () => timeline.move(-1), ArrowDown: () => timeline.move(1), ArrowUp: () => timeline.move(-1),
  G: () => timeline.end(), g: () => timeline.top(), Enter: () => inspector.focus(), "/": () => $("search").select(), f: () => $("find").select(),
  r: () => inspector.press("replay"), e: () => inspector.press("edit"), p: () => inspector.press("pytest"),
  s: () => drawer.toggle(), l: () => drawer.toggle("layer"), c: () => drawer.toggle("chaos"), t: nextTheme, "?": showHelp, ...turns,
}, escape);

splitter("side", { least: 160, most: () => innerWidth * 0.3, initial: innerWidth < 1100 ? 176 : 240, grows: "right" });
splitter("inspector", { least: 280, most: () => innerWidth * 0.55, initial: Math.round(Math.max(320, Math.min(520, innerWidth * 0.33))), grows: "left" });
splitter("drawer", { least: 140, most: () => innerHeight * 0.6, initial: Math.round(Math.min(340, innerHeight * 0.38)), grows: "up" });

const STATES = { online: "Live", offline: "Reconnecting…", connecting: "Connecting…" };
new Stream(store, {
  state(state) {
    $("app-name").textContent = state.app ?? "";
    const served = (state.serves ?? []).flatMap((/** @type {any} */ one) => one.addresses.map((/** @type {string} */ address) => h("li", "mono", h("span", "faint", `${one.names.join(" ")} `), address.replace(/^https?:\/\//, ""))));
    fill($("serves"), served);
    drawer.has(state.simulators ?? []);
    chaosIs(state.chaos ?? {});
  },
  lost(count) {
    const lost = count || 0;
    $("lost").hidden = !lost;
    $("lost").textContent = `${number(lost)} lost`;
    $("lost").title = "Only so many messages are kept; the oldest fell out";
  },
  online(state) {
    $("connection").textContent = STATES[state];
    $("connection").dataset.state = state;
  },
});
$("messages").focus({ preventScroll: true });

// For tests and for whoever looks in from the browser's own console.
Object.assign(globalThis, { console_page: { store, timeline, inspector, conversations, drawer } });
