// Trouble on purpose: late, lost, twice, again, without a broker. While any of it is on, a banner says so.

import { post } from "./api.js";
import { $, fill, h, icon, say } from "./dom.js";
import { badge, number } from "./format.js";
import { Live } from "./live.js";
import { attempt } from "./toast.js";

const OFF = { delay: 0, drop: 0, duplicate: 0, redeliver: 0, broker_down: false, protocols: [] };
const CHANCES = [
  { name: "drop", label: "Drop", words: "The application is not called; the peer is told to try again" },
  { name: "duplicate", label: "Duplicate", words: "The application is called twice" },
  { name: "redeliver", label: "Redeliver", words: "The peer sends it once more, later" },
];
const PROTOCOLS = ["email", "slack", "sms", "irc", "websocket", "http"];
const LATER = 200; // milliseconds without a change, after which it is told to the back end

/** @type {any} */
let now = { ...OFF };
/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {any} chaos */
export function chaosIs(chaos) {
  now = { ...OFF, ...chaos };
  banner();
  for (const heard of listeners) heard();
}

/** What is on, in words. @param {any} chaos @returns {string[]} */
export function onNow(chaos) {
  const words = CHANCES.filter(({ name }) => chaos[name] > 0).map(({ name, label }) => `${label.toLowerCase()} ${Math.round(chaos[name] * 100)} %`);
  if (chaos.delay > 0) words.unshift(`delay ${chaos.delay} s`);
  if (chaos.broker_down) words.push("broker down");
  return words;
}

function banner() {
  const words = onNow(now);
  const box = $("banner");
  box.hidden = !words.length;
  if (!words.length) return fill(box);
  const only = now.protocols.length ? ` for ${now.protocols.map(badge).join(", ")}` : "";
  fill(box, icon("chaos"), h("b", null, "Chaos is on"), h("span", "grow", words.join(" · ") + only),
    h("button", { type: "button", on: { click: () => tell(OFF) } }, "Turn all off"));
}

/** @param {any} chaos */
const tell = (chaos) => attempt(async () => {
  const said = await post("/chaos", chaos);
  chaosIs("delay" in said ? said : chaos);
});

/** @param {HTMLElement} panel */
export function chaosPanel(panel) {
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  let touched = false; // what the back end says is older then
  const change = (/** @type {any} */ part, wait = 0) => {
    now = { ...now, ...part };
    touched = true;
    paint();
    clearTimeout(timer);
    timer = setTimeout(async () => {
      touched = false;
      await tell(now);
    }, wait);
  };
  const slider = (/** @type {string} */ name, /** @type {any} */ range) => {
    const input = h("input", { type: "range", ...range, on: { input: () => change({ [name]: Number(input.value) }, LATER) } });
    return { name, input, value: h("output", "num"), done: h("span", "faint num right") };
  };
  const delay = slider("delay", { min: "0", max: "10", step: "0.1" });
  const chances = CHANCES.map(({ name }) => slider(name, { min: "0", max: "1", step: "0.05" }));
  const row = (/** @type {any} */ one, /** @type {string} */ label, /** @type {string} */ words) =>
    h("label", "switch", h("b", null, label), one.input, one.value, h("span", "faint", words), one.done);
  const down = h("input", { type: "checkbox", role: "switch", on: { change: () => change({ broker_down: down.checked }) } });
  const chips = PROTOCOLS.map((name) => h("button", { class: "chip", type: "button", data: { name }, on: { click: () => {
    const on = now.protocols.includes(name);
    change({ protocols: on ? now.protocols.filter((/** @type {string} */ one) => one !== name) : [...now.protocols, name] });
  } } }, icon(name), badge(name)));

  const paint = () => {
    for (const { name, input, value, done } of [delay, ...chances]) {
      if (Number(input.value) !== now[name]) input.value = now[name];
      say(value, name === "delay" ? `${now.delay} s` : `${Math.round(now[name] * 100)} %`);
      say(done, now.done?.[name] ? `${number(now.done[name])} times` : "");
    }
    down.checked = now.broker_down;
    for (const chip of chips) chip.setAttribute("aria-pressed", String(now.protocols.includes(chip.dataset.name)));
  };
  fill(panel, h("div", "chaos",
    h("div", "stack",
      row(delay, "Delay", "Each message waits so long before the application is called"),
      CHANCES.map(({ label, words }, at) => row(chances[at], label, words)),
      h("label", "switch", h("b", null, "Broker down"), down, h("span"), h("span", "faint", "The channel layer answers nobody"))),
    h("div", "stack", h("h3", null, "For which protocols"), h("div", "chips", chips), h("p", "faint", "None chosen: for all of them."),
      h("div", "buttons", h("button", { class: "soft", type: "button", on: { click: () => tell(OFF) } }, "Turn all off")))));
  listeners.add(paint);
  paint();
  const live = new Live("/chaos", (data) => touched || chaosIs(data), () => {});
  return live;
}
