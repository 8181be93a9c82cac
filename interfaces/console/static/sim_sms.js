// Phones that text the application: each a card with what it sent and got.

import { post } from "./api.js";
import { fill, h, say } from "./dom.js";
import { short } from "./format.js";
import { Live, stay } from "./live.js";
import { recall, remember } from "./remember.js";
import { attempt, toast } from "./toast.js";

const FIRST = "+15550001111";

/** @param {HTMLElement} panel */
export function phonesPanel(panel) {
  /** @type {Map<string, {card: HTMLElement, log: HTMLElement, was: string}>} */
  const cards = new Map();
  const kept = JSON.parse(recall("phones") ?? "[]");
  /** @type {Set<string>} */
  const own = new Set(kept.length ? kept : [FIRST]);
  const line = h("div", "phones");
  const to = h("input", { value: recall("sms.to") ?? "", placeholder: "+15550100", "aria-label": "Number of the application", list: "sms-numbers", on: { change: () => remember("sms.to", to.value) } });
  const numbers = h("datalist", { id: "sms-numbers" });
  const number = h("input", { placeholder: "New number", "aria-label": "Number of a new phone", required: true, pattern: "\\+?[0-9]{3,15}", title: "Digits, with + in front" });
  const more = h("form", { class: "inline", on: { submit: (/** @type {Event} */ event) => {
    event.preventDefault();
    own.add(number.value);
    remember("phones", JSON.stringify([...own].slice(-12)));
    number.value = "";
    live.was = "";
    live.refresh();
  } } }, number, h("button", { class: "soft", type: "submit" }, "Add phone"));
  fill(panel, h("div", "strip", h("label", "inline", h("span", "faint", "The application has"), to), numbers, h("span", "grow"), more), line);

  /** @param {string} phone */
  function card(phone) {
    const found = cards.get(phone);
    if (found) return found;
    const log = h("div", { class: "bubbles", role: "log", "aria-label": `Texts of ${phone}` });
    const text = h("input", { placeholder: "Text message", "aria-label": `Text from ${phone}`, autocomplete: "off" });
    const form = h("form", { class: "say-line", on: { submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      if (!text.value) return;
      if (!to.value) return toast("Say which number the application has.", { bad: true });
      attempt(async () => {
        const said = await post("/simulate/sms", { from: phone, to: to.value, text: text.value });
        text.value = "";
        if (said.acknowledged === false) toast(`The text was not taken: ${said.reason || said.status}`, { bad: true });
        live.refresh();
      });
    } } }, text, h("button", { class: "primary", type: "submit" }, "Send"));
    const made = { card: h("section", { class: "phone", "aria-label": `Phone ${phone}` }, h("h3", "num", phone), log, form), log, was: "" };
    cards.set(phone, made);
    line.append(made.card);
    return made;
  }

  const draw = (/** @type {any} */ data) => {
    const ours = data.ours ?? data.numbers ?? [];
    fill(numbers, ours.map((/** @type {string} */ value) => h("option", { value })));
    if (ours.length && !ours.includes(to.value)) to.value = ours[0];
    const phones = { ...Object.fromEntries([...own].map((phone) => [phone, []])), ...data.phones };
    for (const [phone, texts] of Object.entries(phones)) {
      const found = card(phone), was = JSON.stringify(texts);
      if (found.was !== was) stay(found.log, () => fill(found.log, texts.map((/** @type {any} */ one) => bubble(one, phone))));
      found.was = was;
      if (!to.value && texts[0]) to.value = texts[0].from === phone ? texts[0].to : texts[0].from;
    }
  };
  const wrong = h("p", { class: "wrong", role: "alert" });
  panel.append(wrong);
  const live = new Live("/simulate/sms", draw, (words) => say(wrong, words));
  return live;
}

/**
 * @param {any} one
 * @param {string} phone
 */
const bubble = (one, phone) => h("p", one.from === phone ? "bubble mine" : "bubble", h("span", { dir: "auto" }, one.text), h("time", "num", short(one.time).slice(0, 5)));
