// People on our IRC gateway: real clients of it, one of which is looked at.

import { post } from "./api.js";
import { fill, h, say } from "./dom.js";
import { short } from "./format.js";
import { Live, stay } from "./live.js";
import { attempt } from "./toast.js";

/**
 * A line of IRC as people read it.
 * @param {string} text
 * @returns {{who: string, text: string, kind: string}}
 */
export function readable(text) {
  const found = /^(?:@\S+ )?(?::([^\s!]+)\S* )?(\S+)(?: (.*))?$/s.exec(text);
  if (!found) return { who: "", text, kind: "note" };
  const [, who = "", command, rest = ""] = found;
  const cut = rest.startsWith(":") ? 0 : rest.indexOf(" :");
  const last = cut < 0 ? rest : rest.slice(cut + (rest.startsWith(":") ? 1 : 2));
  const where = cut < 0 ? "" : rest.slice(0, cut).trim();
  if (command === "PRIVMSG") {
    const action = /^\x01ACTION (.*)\x01?$/s.exec(last);
    return action ? { who: "*", text: `${who} ${action[1].replace("\x01", "")}`, kind: "said" } : { who: who || "me", text: last, kind: "said" };
  }
  if (command === "NOTICE") return { who, text: last, kind: "notice" };
  if (who && command === "JOIN") return { who: "→", text: `${who} joined ${where || last}`, kind: "note" };
  if (who && (command === "PART" || command === "QUIT")) return { who: "←", text: `${who} left ${where}`.trim(), kind: "note" };
  if (!who && /^(NICK|USER|JOIN|PART|QUIT|CAP|PONG|MODE|TOPIC|WHO|WHOIS|NAMES|LIST)$/.test(command)) return { who: "»", text: `${command} ${rest}`.trim(), kind: "note" };
  if (!who) return { who: "", text, kind: "note" };
  if (/^\d{3}$/.test(command)) return { who: command, text: [where.split(" ").slice(1).join(" "), last].filter(Boolean).join(" "), kind: "numeric" };
  return { who, text: `${command} ${rest}`, kind: "note" };
}

/** @param {HTMLElement} panel */
export function ircPanel(panel) {
  let chosen = "";
  /** @type {any} */
  let last = { clients: [] };
  const people = h("div", { class: "list", role: "group", "aria-label": "Clients" });
  const log = h("div", { class: "term mono", role: "log", "aria-label": "Lines", tabindex: "0" });
  const nick = h("input", { value: "ada", "aria-label": "Nick", required: true, pattern: "\\S+", autocomplete: "off", spellcheck: "false" });
  const channel = h("input", { value: "#help", "aria-label": "Channel", pattern: "[#&]\\S+", required: true, list: "irc-channels", autocomplete: "off" });
  const channels = h("datalist", { id: "irc-channels" });
  const text = h("input", { placeholder: "Message, or a command: /join #room, /me waves, /topic #room :words, /quit", "aria-label": "Message", autocomplete: "off" });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const act = (/** @type {any} */ body) => attempt(async () => {
    await post("/simulate/irc", body);
    live.was = "";
    await live.refresh();
    return true;
  });

  const connect = h("form", { class: "stack", on: { submit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    const name = nick.value;
    if (!(await act({ do: "connect", nick: name }))) return;
    chosen = name;
    await act({ do: "join", nick: name, channel: channel.value });
  } } }, h("div", "inline", nick, channel), h("button", { class: "soft", type: "submit" }, "Connect and join"));

  const talk = h("form", { class: "say-line", on: { submit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    const client = last.clients.find((/** @type {any} */ one) => one.nick === chosen);
    if (!client || !text.value) return;
    if (await act(deed(text.value, client))) text.value = "";
  } } }, text, h("button", { class: "primary", type: "submit" }, "Say"));
  /** What was typed, as IRC clients understand it. @param {string} typed @param {any} client */
  const deed = (typed, client) => {
    const [, command, rest = ""] = /^\/([a-z]+)\s*(.*)$/is.exec(typed) ?? [];
    const name = command?.toLowerCase();
    if (!name) return { do: "say", nick: chosen, channel: room(client), text: typed };
    if (name === "join" || name === "part") return { do: name, nick: chosen, channel: rest || room(client) };
    if (name === "quit") return { do: name, nick: chosen, text: rest };
    if (name === "me") return { do: "say", nick: chosen, channel: room(client), text: `\x01ACTION ${rest}\x01` };
    return { do: "raw", nick: chosen, text: `${command.toUpperCase()} ${rest}`.trim() };
  };
  const room = (/** @type {any} */ client) => (client.channels.includes(channel.value) ? channel.value : client.channels.at(-1) ?? channel.value);

  const draw = (/** @type {any} */ data) => {
    last = data;
    fill(channels, (data.channels ?? []).map((/** @type {string} */ value) => h("option", { value })));
    if (!data.clients.some((/** @type {any} */ one) => one.nick === chosen)) chosen = data.clients.at(-1)?.nick ?? "";
    fill(people, data.clients.map((/** @type {any} */ one) => h("button", {
      class: "item", type: "button", "aria-pressed": String(one.nick === chosen), on: { click: () => { chosen = one.nick; draw(last); } },
    }, h("b", null, one.nick), h("span", "faint", one.channels.join(" ")))));
    const client = data.clients.find((/** @type {any} */ one) => one.nick === chosen);
    stay(log, () => fill(log, client ? lines(client.lines) : h("p", "nothing", h("span", null, "Connect somebody to the gateway."))));
    talk.hidden = !client;
  };
  fill(panel, channels, h("div", "columns slim", h("div", "stack", connect, people, wrong), h("div", "pane", log, talk)));
  const live = new Live("/simulate/irc", draw, (words) => say(wrong, words));
  return live;
}

const WELCOME = /^:\S+ (00[1-5]|25\d|26\d|37[256]|422) /; // what a server says to all who come

/** Lines as people read them, the welcome folded. @param {any[]} all */
function lines(all) {
  /** @type {any[]} */
  const shown = [];
  for (let at = 0; at < all.length; at++) {
    let to = at;
    while (to < all.length && WELCOME.test(all[to].text ?? all[to])) to += 1;
    if (to - at > 2) shown.push(h("details", "irc-welcome", h("summary", null, `The server's welcome, ${to - at} lines`), all.slice(at, to).map(line)));
    else if (to === at) shown.push(line(all[at]));
    else shown.push(...all.slice(at, to).map(line));
    at = Math.max(at, to - 1);
  }
  return shown;
}

/** @param {any} one */
function line(one) {
  const raw = typeof one === "string" ? one : one.text;
  const { who, text, kind } = readable(raw.replace(/^> /, ""));
  return h("p", { class: `irc ${kind}`, title: raw }, one.time > 0 && h("span", "faint num", short(one.time)), h("b", { dir: "auto" }, who), h("span", { dir: "auto" }, text));
}
