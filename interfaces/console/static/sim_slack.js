// A Slack workspace: channels, messages with blocks that can be pressed, threads, slash commands, modals.

import { post } from "./api.js";
import { blocks } from "./blocks.js";
import { fill, h, say } from "./dom.js";
import { short } from "./format.js";
import { Live, stay } from "./live.js";
import { modal } from "./modal.js";
import { mrkdwn } from "./mrkdwn.js";
import { recall, remember } from "./remember.js";
import { toast } from "./toast.js";

/** @typedef {{id: string, name: string, bot?: boolean}} User */

/** @param {HTMLElement} panel */
export function slackPanel(panel) {
  return new Workspace(panel).live;
}

class Workspace {
  /** @param {HTMLElement} panel */
  constructor(panel) {
    /** @type {any} */
    this.data = { channels: {}, users: [], views: [] };
    this.channel = recall("slack.channel") ?? "";
    this.thread = ""; // the ts of the message that is answered
    this.seen = "";
    this.viewed = "";
    this.channels = h("div", { class: "list", role: "group", "aria-label": "Channels" });
    this.log = h("div", { class: "slack-log", role: "log", "aria-label": "Messages of the channel", tabindex: "0" });
    this.views = h("div", "modals");
    this.views.hidden = true;
    this.user = h("select", { "aria-label": "Who you are", on: { change: () => remember("slack.user", this.user.value) } });
    this.text = h("input", { placeholder: "Message, /command, or @bot …", "aria-label": "Message to the channel", autocomplete: "off" });
    this.reply = h("button", { class: "chip", type: "button", "aria-pressed": "true", title: "Do not answer in the thread", on: { click: () => this.answer("") } }, "In thread ×");
    this.reply.hidden = true;
    const talk = h("form", { class: "say-line", on: { submit: (/** @type {Event} */ event) => this.send(event) } },
      this.user, this.reply, this.text, h("button", { class: "primary", type: "submit" }, "Send"));
    this.team = h("h3", null, "Slack");
    this.wrong = h("p", { class: "wrong", role: "alert" });
    fill(panel, h("div", "slack", h("div", "stack", this.team, this.channels, this.wrong), h("div", "pane", this.log, talk), this.views));
    this.live = new Live("/simulate/slack", (data) => this.draw(data), (words) => say(this.wrong, words));
  }

  /** @returns {User[]} */
  get users() {
    return (this.data.users ?? []).map((/** @type {any} */ one) => (typeof one === "string" ? { id: one, name: one } : one));
  }

  /** @param {string} id */
  name(id) {
    return this.users.find((one) => one.id === id)?.name || id || "somebody";
  }

  /** @param {any} body */
  async act(body) {
    try {
      const channel = this.data.ids?.[this.channel] ?? this.channel;
      const said = await post("/simulate/slack", { user: this.user.value, channel, ...body });
      if (said.acknowledged === false || /^(failed|invalid)/.test(said.effect ?? "")) throw new Error(`The application did not take it: ${said.reason || said.effect || said.status}`);
      return said.effect !== "errors";
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), { bad: true });
      return false;
    } finally {
      await this.live.refresh();
    }
  }

  /** @param {Event} event */
  async send(event) {
    event.preventDefault();
    const text = this.text.value;
    if (!text) return;
    if (await this.act(this.deed(text))) this.text.value = "";
  }

  /** What Slack makes of a text: a slash command, a mention of the application, or something said. @param {string} text */
  deed(text) {
    if (text.startsWith("/")) return { do: "command", text };
    const bot = this.users.find((one) => one.bot && text.startsWith(`@${one.name} `));
    if (bot && !this.thread) return { do: "mention", text: text.slice(bot.name.length + 2) };
    return { do: "say", text, ...(this.thread && { thread_ts: this.thread }) };
  }

  /** @param {string} ts */
  answer(ts) {
    this.thread = ts;
    this.reply.hidden = !ts;
    if (ts) this.text.focus();
  }

  /** @param {any} data */
  draw(data) {
    this.data = data;
    const team = typeof data.team === "string" ? data.team : data.team?.name;
    say(this.team, team || "Slack");
    const names = Object.keys(data.channels ?? {});
    if (!names.includes(this.channel)) this.channel = names[0] ?? "";
    fill(this.channels, names.map((name) => h("button", {
      class: "item", type: "button", "aria-pressed": String(name === this.channel), on: { click: () => this.turn(name) },
    }, h("span", null, h("span", "faint", "# "), name.replace(/^#/, "")), h("span", "faint num", data.channels[name].length || ""))));
    const bot = this.users.find((one) => one.bot)?.name ?? "bot";
    this.text.placeholder = `Message, /command, or @${bot} …`;
    const chosen = this.user.value || recall("slack.user");
    fill(this.user, this.users.filter((one) => !one.bot).map((one) => h("option", { value: one.id, selected: one.id === chosen }, one.name)));
    this.drawLog();
    this.drawViews();
  }

  /** @param {string} name */
  turn(name) {
    this.channel = name;
    remember("slack.channel", name);
    this.answer("");
    this.draw(this.data);
  }

  drawLog() {
    const id = this.data.ids?.[this.channel] ?? this.channel;
    const alone = (this.data.ephemerals ?? []).filter((/** @type {any} */ one) => one.channel === id).map((/** @type {any} */ one) => ({ ...one, ephemeral_for: one.to }));
    const messages = [...(this.data.channels?.[this.channel] ?? []), ...alone].sort((one, other) => Number(one.ts) - Number(other.ts));
    const now = this.channel + JSON.stringify(messages);
    if (now === this.seen) return;
    const other = !this.seen.startsWith(this.channel);
    this.seen = now;
    const tops = new Set(messages.map((/** @type {any} */ one) => one.ts));
    const roots = messages.filter((/** @type {any} */ one) => !one.thread_ts || one.thread_ts === one.ts || !tops.has(one.thread_ts));
    const below = (/** @type {any} */ root) => messages.filter((/** @type {any} */ one) => one.thread_ts === root.ts && one.ts !== root.ts);
    const rows = roots.flatMap((/** @type {any} */ root) => [this.message(root), ...below(root).map((/** @type {any} */ one) => this.message(one, true))]);
    stay(this.log, () => fill(this.log, rows.length ? rows : h("p", "nothing", h("span", null, "Nobody has said anything here."))));
    if (other) this.log.scrollTop = this.log.scrollHeight;
  }

  /**
   * @param {any} one
   * @param {boolean} [inside] in a thread
   */
  message(one, inside = false) {
    const who = this.name(one.user);
    const name = (/** @type {string} */ id) => this.name(id);
    const act = (/** @type {any} */ action) => this.act({ do: "click", message_ts: one.ts, ...action });
    const bot = one.bot_id || this.users.find((user) => user.id === one.user)?.bot;
    const body = one.blocks?.length ? blocks(one.blocks, { name, act }) : h("div", { class: "b-text", dir: "auto" }, mrkdwn(one.text, name));
    return h("article", inside ? "said inside" : "said",
      h("span", { class: "avatar", "aria-hidden": "true" }, [...who][0]?.toUpperCase() ?? "?"),
      h("div", "grow",
        h("p", "who", h("b", { dir: "auto" }, who), bot && h("span", "app", "APP"), h("time", "faint num", short(Number(one.ts))),
          one.ephemeral_for && h("span", "faint", `only ${this.name(one.ephemeral_for)} sees this`),
          !inside && h("button", { class: "quiet reply", type: "button", on: { click: () => this.answer(one.ts) } }, "Reply")),
        body,
        one.reactions?.length > 0 && h("p", "b-context", one.reactions.map((/** @type {any} */ each) => h("span", "chip", mrkdwn(`:${each.name}:`), h("span", "num", each.count ?? ""))))));
  }

  drawViews() {
    const views = (this.data.views ?? []).map((/** @type {any} */ view) => ({ ...view, errors: this.data.errors?.[view.id] ?? view.errors }));
    const now = JSON.stringify(views);
    if (now === this.viewed) return; // what was typed in stays
    this.viewed = now;
    const typed = new Map([...this.views.querySelectorAll("[name]")].map((node) => [node.name, node.value]));
    this.views.hidden = !views.length;
    fill(this.views, views.map((/** @type {any} */ view) => modal(view, { name: (id) => this.name(id), act: (body) => this.act(body) })));
    for (const node of this.views.querySelectorAll("[name]")) node.value = typed.get(node.name) ?? node.value;
    this.views.querySelector("input, textarea, select")?.focus();
  }
}
