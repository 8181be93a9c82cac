// A mail to the application, through the real listener; and the mail it sent.

import { post } from "./api.js";
import { field, fill, h, icon, say } from "./dom.js";
import { bytes, short } from "./format.js";
import { Live } from "./live.js";
import { recall, remember } from "./remember.js";

const LARGEST = 10_000_000; // bytes of all attachments

/** @param {File} file */
async function packed(file) {
  const data = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < data.length; at += 0x8000) text += String.fromCharCode(...data.subarray(at, at + 0x8000));
  return { name: file.name, type: file.type || "application/octet-stream", base64: btoa(text) };
}

/** @param {HTMLElement} panel */
export function mailPanel(panel) {
  const input = (/** @type {string} */ name, /** @type {string} */ value, /** @type {any} */ more = {}) => h("input", { name, value: recall(`mail.${name}`) ?? value, autocomplete: "off", spellcheck: "false", ...more });
  const from = input("from", "ada@example.com", { required: true }), to = input("to", "help@localhost", { required: true }), subject = input("subject", "");
  const text = h("textarea", { name: "text", rows: "4" }), html = h("textarea", { name: "html", rows: "4", class: "mono", spellcheck: "false" });
  const htmlField = field("HTML", html);
  htmlField.hidden = true;
  /** @type {File[]} */
  let files = [];
  const chosen = h("ul", "files");
  const answer = h("output", "answer");
  const list = () => {
    fill(chosen, files.map((file) => h("li", null, icon("file"), h("span", { dir: "auto" }, file.name), h("span", "faint num", bytes(file.size)),
      h("button", { class: "quiet icon", type: "button", "aria-label": `Remove ${file.name}`, on: { click: () => { files = files.filter((one) => one !== file); list(); } } }, icon("close")))));
  };
  const add = (/** @type {Iterable<File>} */ more) => {
    files = [...files, ...more];
    list();
  };
  const picker = h("input", { type: "file", multiple: true, class: "hidden", id: "mail-files", tabindex: "-1", "aria-label": "Files to attach", on: { change: () => { add(picker.files); picker.value = ""; } } });
  const form = h("form", { class: "compose", on: {
    submit: send,
    dragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
    drop: (/** @type {DragEvent} */ event) => { event.preventDefault(); add(event.dataTransfer?.files ?? []); },
  } },
  h("div", "two", field("From", from), field("To", to)), field("Subject", subject), field("Text", text, "tall"), htmlField, chosen,
  h("div", "buttons",
    picker, h("button", { class: "quiet", type: "button", on: { click: () => picker.click() } }, icon("file"), "Attach"),
    h("button", { class: "toggle", type: "button", "aria-pressed": "false", on: { click: (/** @type {any} */ event) => {
      htmlField.hidden = !htmlField.hidden;
      event.currentTarget.setAttribute("aria-pressed", String(!htmlField.hidden));
    } } }, "HTML"),
    answer, h("button", { class: "primary", type: "submit" }, "Send")));

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    for (const one of [from, to]) remember(`mail.${one.name}`, one.value);
    if (files.reduce((sum, file) => sum + file.size, 0) > LARGEST) return told(`Attachments: at most ${bytes(LARGEST)}`, true);
    told("…", false);
    try {
      const body = { from: from.value, to: to.value, subject: subject.value, text: text.value, attachments: await Promise.all(files.map(packed)) };
      const said = await post("/simulate/email", htmlField.hidden ? body : { ...body, html: html.value });
      told(said.answer?.startsWith(String(said.code)) ? said.answer : `${said.code} ${said.answer}`, said.code >= 400);
      if (said.code < 400) {
        files = [];
        list();
      }
    } catch (error) {
      told(error instanceof Error ? error.message : String(error), true);
    }
  }

  const told = (/** @type {string} */ words, /** @type {boolean} */ bad) => {
    say(answer, words);
    answer.title = words;
    answer.classList.toggle("bad", bad);
  };
  const outbox = h("div", "outbox");
  fill(panel, h("div", "columns", form, h("section", "listing", h("h3", null, "Sent by the application"), outbox)));
  const draw = (/** @type {any} */ data) => {
    if (data.to && !recall("mail.to")) to.value = data.to;
    fill(outbox, (data.sent ?? []).length ? [...data.sent].reverse().map(sent) : h("p", "nothing", h("span", null, "It has sent no mail yet.")));
  };
  return new Live("/simulate/email", draw, (words) => words && fill(outbox, h("p", "nothing", h("span", null, words))));
}

/** @param {any} mail */
const sent = (mail) => h("details", "sent",
  h("summary", null, h("b", { dir: "auto" }, mail.subject || "(no subject)"), h("span", "faint num", short(mail.time)), h("span", { class: "faint grow", dir: "auto" }, `${mail.from} → ${[mail.to].flat().join(", ")}`)),
  h("pre", { class: "code wrap", dir: "auto" }, mail.text));
