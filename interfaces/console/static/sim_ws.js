// WebSockets to the application: real ones, which the back end holds.

import { post } from "./api.js";
import { fill, h, icon, say } from "./dom.js";
import { short } from "./format.js";
import { Live, stay } from "./live.js";
import { recall, remember } from "./remember.js";
import { attempt } from "./toast.js";

/** @param {HTMLElement} panel */
export function socketPanel(panel) {
  /** @type {any} */
  let chosen = null;
  /** @type {any} */
  let last = { sockets: [] };
  const list = h("div", { class: "list", role: "group", "aria-label": "Sockets" });
  const log = h("div", { class: "term mono", role: "log", "aria-label": "Frames", tabindex: "0" });
  const path = h("input", { value: recall("ws.path") ?? "/", "aria-label": "Path", required: true, pattern: "/.*", class: "mono", autocomplete: "off", spellcheck: "false" });
  const text = h("textarea", { rows: "1", placeholder: "Text to send", "aria-label": "Text to send", class: "mono", spellcheck: "false",
    on: { keydown: (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); talk.requestSubmit(); } } } });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const act = (/** @type {any} */ body) => attempt(async () => {
    const said = await post("/simulate/ws", body);
    live.was = "";
    await live.refresh();
    return said;
  });
  const open = h("form", { class: "inline", on: { submit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    remember("ws.path", path.value);
    const said = await act({ do: "open", path: path.value });
    if (said?.id !== undefined) {
      chosen = said.id;
      draw(last);
    }
  } } }, path, h("button", { class: "soft", type: "submit" }, "Open"));
  const close = h("button", { class: "soft", type: "button", on: { click: () => act({ do: "close", id: chosen }) } }, "Close");
  const talk = h("form", { class: "say-line", on: { submit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (text.value && (await act({ do: "send", id: chosen, text: text.value }))) text.value = "";
  } } }, text, h("button", { class: "primary", type: "submit" }, "Send"), close);

  const draw = (/** @type {any} */ data) => {
    last = data;
    if (!data.sockets.some((/** @type {any} */ one) => one.id === chosen)) chosen = data.sockets.at(-1)?.id ?? null;
    fill(list, data.sockets.map((/** @type {any} */ one) => h("button", {
      class: "item", type: "button", "aria-pressed": String(one.id === chosen), on: { click: () => { chosen = one.id; draw(last); } },
    }, h("b", "mono", one.path), h("span", { class: "state", data: { state: one.state } }, one.state))));
    const socket = data.sockets.find((/** @type {any} */ one) => one.id === chosen);
    stay(log, () => fill(log, socket ? socket.lines.map(frame) : h("p", "nothing", h("span", null, "Open a socket to a path of the application."))));
    talk.hidden = !socket || /clos/.test(socket.state);
  };
  fill(panel, h("div", "columns slim", h("div", "stack", open, list, wrong), h("div", "pane", log, talk)));
  const live = new Live("/simulate/ws", draw, (words) => say(wrong, words));
  return live;
}

/** What was sent stands after "> ", what came after "< "; the rest is about the connection. @param {any} one */
function frame(one) {
  const { text, direction, time = 0 } = typeof one === "string" ? marked(one) : one;
  return h("p", { class: direction ? "irc" : "irc note", data: { direction: direction ?? "" } }, time > 0 && h("span", "faint num", short(time)),
    direction && icon(direction === "out" ? "in" : "out"), h("span", { dir: "auto" }, text));
}

/** @param {string} line */
function marked(line) {
  const [, mark, text = line] = /^([<>]) (.*)$/s.exec(line) ?? [];
  return { text, direction: mark && (mark === ">" ? "in" : "out") };
}
