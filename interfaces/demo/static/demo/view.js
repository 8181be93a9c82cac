// What is seen. Text from people reaches the page as text nodes only, never as markup.

const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat([], { weekday: "long", day: "numeric", month: "long" });
const TOGETHER = 5 * 60_000; // messages of one person within so many milliseconds share a heading
const SIDES = { irc: "on IRC", slack: "in Slack", email: "by mail", sms: "by text" };
const NEAR = 80; // pixels from the end that still count as reading the end

export function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

const tint = (who) => `tint-${parseInt(who.slice(0, 6), 16) % 8}`;
const first = (name) => [...name][0].toLocaleUpperCase();
const avatar = (who, name) => {
  const node = make("span", `avatar ${tint(who)}`, first(name));
  node.setAttribute("aria-hidden", "true");
  return node;
};

export class Log {
  constructor() {
    this.list = $("log");
    this.scroll = $("scroll");
    this.nodes = new Map(); // by message number
    this.scroll.addEventListener("scroll", () => { if (this.atEnd()) $("latest").hidden = true; }, { passive: true });
    $("latest").addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.pinned && this.toEnd()).observe(this.scroll);
    this.scroll.addEventListener("scroll", () => { this.pinned = this.atEnd(); }, { passive: true });
    this.pinned = true;
  }

  atEnd() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR;
  }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    $("latest").hidden = true;
  }

  // Runs a change, and keeps the reader where they are: at the end, or on the line they read.
  keep(change, { own = false, above = false } = {}) {
    const follow = own || this.atEnd(), below = this.scroll.scrollHeight - this.scroll.scrollTop;
    change();
    if (above) this.scroll.scrollTop = this.scroll.scrollHeight - below;
    else if (follow) this.toEnd();
    else $("latest").hidden = false;
    $("empty").hidden = this.list.querySelector(".message") !== null;
  }

  add(message, mine) {
    const node = make("li", mine ? "message mine" : "message");
    const at = new Date(message.at);
    const time = make("time", "", clock.format(at));
    time.dateTime = at.toISOString();
    time.title = at.toLocaleString();
    const name = make("b", tint(message.who), message.name);
    name.dir = "auto";
    const text = make("p", "text", message.text);
    text.dir = "auto";
    const side = SIDES[message.side] ? [make("span", "side-of", SIDES[message.side]), " "] : [];
    node.append(avatar(message.who, message.name), make("div", "head", name, " ", ...side, time), text);
    Object.assign(node, { message });
    const next = [...this.nodes.values()].reverse().reduce((found, other) =>
      other.message.number > message.number ? other : found, null);
    this.list.insertBefore(node, next ?? this.list.querySelector(".waiting"));
    this.nodes.set(message.number, node);
    if (next) this.nodes = new Map([...this.nodes].sort((a, b) => a[0] - b[0]));
    this.arrange(node);
    if (next) this.arrange(next);
  }

  // Puts a day's heading before the first message of a day, and hides a repeated name.
  arrange(node) {
    while (node.previousElementSibling?.matches(".day")) node.previousElementSibling.remove();
    let before = node.previousElementSibling;
    while (before && !before.message) before = before.previousElementSibling;
    const now = node.message, then = before?.message;
    const day = calendar.format(now.at), fresh = !then || calendar.format(then.at) !== day;
    if (fresh) this.list.insertBefore(make("li", "day", make("span", "", day)), node);
    const joined = !fresh && then.who === now.who && then.name === now.name && now.at - then.at < TOGETHER;
    node.classList.toggle("joined", joined && node.previousElementSibling === before);
  }

  note(text) {
    this.list.insertBefore(make("li", "note", text), this.list.querySelector(".waiting"));
  }

  // A message on its way; the returned node is removed when it has arrived.
  waiting(text) {
    const body = make("p", "text", text);
    body.dir = "auto";
    const node = make("li", "message mine waiting", body, make("p", "fate", "Sending…"));
    this.list.append(node);
    return node;
  }
}

export function showPeople(people, you) {
  $("count").textContent = people.length || "";
  $("people").replaceChildren(...people.map(({ who, name }) => {
    const label = make("span", "name", name);
    label.dir = "auto";
    return make("li", "", avatar(who, name), label, ...(who === you ? [make("span", "tag", "you")] : []));
  }));
}

export function showRooms(rooms, here) {
  $("rooms").replaceChildren(...rooms.map(({ slug, people, subject }) => {
    const link = make("a", "", slug, ...(subject ? [make("small", "", subject)] : []));
    link.href = `/r/${slug}/`;
    if (slug === here) link.setAttribute("aria-current", "page");
    const count = make("span", "count", people || "");
    if (people) count.title = people === 1 ? "1 person" : `${people} people`;
    return make("li", "", link, count);
  }));
}

// The ticket whose room it is; null is none.
export function showTicket(ticket) {
  $("ticket").hidden = !ticket;
  if (!ticket) return;
  const { subject, customer, state, agent } = ticket;
  $("ticket-subject").textContent = subject;
  $("ticket-about").textContent = `${customer} · ${state}${agent ? ` by ${agent}` : ""}`;
  $("take").hidden = state !== "open";
  $("close").hidden = state === "closed";
}

export function showState(state, text) {
  $("state").dataset.state = state;
  $("state").textContent = text;
}
