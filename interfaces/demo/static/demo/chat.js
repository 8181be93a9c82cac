// The chat: what is said and heard, and what is kept until the server has it.

import { Connection } from "./connection.js";
import { Log, showPeople, showRooms, showState, showTicket } from "./view.js";

const $ = (id) => document.getElementById(id);
const room = document.body.dataset.room;
const title = document.title;
const LIMIT = Number($("text").maxLength);
const PAGE = 50; // messages the server gives at a time

// randomUUID is for secure origins alone, and a chat on the local network has none.
const token = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

// A page that may not keep anything still works, until it is closed.
const remembered = {};
const recall = (key) => { try { return localStorage.getItem(key); } catch { return remembered[key] ?? null; } };
const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { remembered[key] = value; } };

if (!recall("visitor")) remember("visitor", token());

const log = new Log();
const pending = new Map(); // key → {text, node}: said, and not yet heard back
let first = Infinity, last = 0; // the numbers of the messages on the page
let revision = -1, people = [], you = null;
let rooms = [], unread = 0, connection = null;

// --- what is heard

const handlers = {
  welcome(frame) {
    const again = you !== null;
    if (frame.last < last) return location.reload(); // another database: what is here is not there
    you = frame.you;
    handlers.ticket(frame);
    revision = -1; // the list in the welcome holds whatever came before
    showState("online", "Connected");
    take(frame.messages, { quiet: !again });
    if (again && last < frame.last) catchUp();
    if (!again) $("earlier").hidden = !(first > 1 && frame.messages.length === PAGE);
    handlers.people(frame);
    $("empty").hidden = frame.last > 0;
    for (const key of pending.keys()) post(key);
    fetchRooms();
  },
  message(frame) {
    if (frame.number > last + 1) catchUp();
    else take([frame]);
    if (frame.side === "desk") fetchRooms(); // a ticket is new, or has an end
  },
  history({ messages, before }) {
    const older = before !== null;
    take(messages, { above: older });
    if (older) $("earlier").hidden = messages.length < PAGE || first <= 1;
    else if (messages.length === PAGE) catchUp();
  },
  people(frame) {
    if (frame.revision < revision) return;
    const known = revision >= 0 ? people : frame.people;
    revision = frame.revision;
    for (const person of frame.people) if (!among(known, person)) remark(`${person.name} joined`);
    for (const person of known) if (!among(frame.people, person)) remark(`${person.name} left`);
    people = frame.people;
    showPeople(people, you?.who);
    listRooms();
  },
  ticket({ ticket }) {
    showTicket(ticket);
  },
  pong(frame) {
    if (frame.people) handlers.people(frame);
    if (frame.last > last) catchUp();
  },
  error({ code, text, key }) {
    if (code === "name") return askName(text);
    const kept = pending.get(key);
    if (!kept) return showState("offline", text);
    pending.delete(key);
    failed(kept, text);
  },
};

const among = (list, { who, name }) => list.some((other) => other.who === who && other.name === name);

function remark(text) {
  log.keep(() => log.note(text));
}

function catchUp() {
  connection.send({ type: "history", after: last });
}

function take(messages, { quiet = false, above = false } = {}) {
  const fresh = messages.filter(({ number }) => number < first || number > last);
  if (!fresh.length) return;
  const own = fresh.some(({ key }) => pending.has(key));
  log.keep(() => {
    for (const message of fresh) {
      const mine = message.who === you?.who;
      if (mine) { pending.get(message.key)?.node.remove(); pending.delete(message.key); }
      log.add(message, mine);
      first = Math.min(first, message.number);
      last = Math.max(last, message.number);
    }
  }, { own: own || quiet, above });
  if (document.hidden && !quiet && !above) document.title = `(${(unread += fresh.length)}) ${title}`;
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) { unread = 0; document.title = title; }
});

// --- what is said

function post(key) {
  connection.send({ type: "say", key, text: pending.get(key).text });
}

function say(text) {
  const key = token();
  log.keep(() => pending.set(key, { text, node: log.waiting(text) }), { own: true });
  if (you) post(key);
}

function failed({ text, node }, why) {
  node.classList.add("failed");
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Try again";
  again.addEventListener("click", () => { node.remove(); say(text); });
  node.querySelector(".fate").replaceChildren(`${why} `, again);
}

const field = $("text");

function measure() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
  const left = LIMIT - field.value.length;
  $("left").textContent = left < 200 ? `${left} characters left` : "";
}

field.addEventListener("input", measure);
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("compose").requestSubmit();
});
$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (text) say(text);
  field.value = "";
  measure();
  field.focus();
});
for (const what of ["take", "close"]) $(what).addEventListener("click", () => connection.send({ type: what }));
$("earlier").addEventListener("click", () => connection.send({ type: "history", before: first }));

// --- who says it

function join() {
  const after = last ? { after: last } : {};
  connection.send({ type: "join", visitor: recall("visitor"), name: recall("name"), ...after });
}

function askName(error = "") {
  $("name").value = recall("name") ?? "";
  $("ask-error").textContent = error;
  if (!$("ask").open) $("ask").showModal();
  $("name").select();
}

$("ask").addEventListener("cancel", (event) => { if (!recall("name")) event.preventDefault(); });
$("ask-form").addEventListener("submit", (event) => {
  const name = $("name").value.trim();
  if (!name) return event.preventDefault();
  remember("name", name);
  $("me-name").textContent = name;
  if (connection) join();
  else connect();
  field.focus();
});
$("me").addEventListener("click", () => askName());

// --- rooms

// Of this room the socket knows more, and sooner.
function listRooms() {
  const here = { ...rooms.find(({ slug }) => slug === room), slug: room, people: new Set(people.map(({ who }) => who)).size };
  showRooms([here, ...rooms.filter(({ slug }) => slug !== room)], room);
}

async function fetchRooms() {
  try {
    const answer = await fetch("/rooms/");
    if (answer.ok) ({ rooms } = await answer.json());
  } catch { /* the next time will tell */ }
  listRooms();
}
setInterval(() => document.hidden || fetchRooms(), 30_000);

$("open").addEventListener("submit", (event) => {
  event.preventDefault();
  const slug = $("slug").value.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "").slice(0, 32).replace(/-+$/, "");
  if (slug) location.href = `/r/${slug}/`;
  else $("slug").select();
});

function menu(open) {
  document.body.classList.toggle("opened", open);
  $("menu").setAttribute("aria-expanded", String(open));
}
$("menu").addEventListener("click", () => menu(!document.body.classList.contains("opened")));
$("shade").addEventListener("click", () => menu(false));
addEventListener("keydown", (event) => { if (event.key === "Escape") menu(false); });

// --- the beginning

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  connection = new Connection(`${scheme}://${location.host}/ws/${room}/`, ({ open, closed, wait, frame }) => {
    if (open) join();
    if (closed) showState("offline", wait > 1500 ? "No connection - trying again…" : "Reconnecting…");
    if (frame) handlers[frame.type]?.(frame);
  });
}

$("me-name").textContent = recall("name") ?? "";
if (recall("name")) connect();
else { showState("connecting", "Choose a name"); askName(); }
measure();
