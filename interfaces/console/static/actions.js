// What can be done with a message: replay it, edit and resend it, take it away as a test.

import { get, getText, post } from "./api.js";
import { h, icon } from "./dom.js";
import { editor } from "./editor.js";
import { attempt, copy, toast } from "./toast.js";

/**
 * @param {import("./store.js").Summary} item
 * @param {() => any} detail the whole message, once it is there
 * @param {(id: number) => void} go
 */
export function actions(item, detail, go) {
  const incoming = item.direction === "in";
  const why = incoming ? null : "Only what came in can be given to the application again";
  const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ picture, /** @type {() => void} */ click, /** @type {any} */ more = {}) =>
    h("button", { class: "soft", type: "button", data: { action: name }, on: { click }, ...more }, icon(picture), label);
  return h("div", "actions",
    button("replay", "Replay", "replay", () => replay(item, go), { disabled: !incoming, title: why ?? "Call the application once more with it (r)" }),
    button("edit", "Edit and resend", "edit", () => attempt(async () => edit(item, (detail() ?? await get(`/messages/${item.id}`)).event, go)), { disabled: !incoming, title: why ?? "Change it, then call the application (e)" }),
    button("pytest", "Copy as pytest", "copy", () => attempt(async () => copy(await getText(`/messages/${item.id}/pytest`), "Test copied")), { title: "A test that gives this message to the application (p)" }));
}

/**
 * @param {import("./store.js").Summary} item
 * @param {(id: number) => void} go
 * @param {any} [event] in place of the message's own
 */
async function send(item, go, event) {
  const { scope } = await post(`/messages/${item.id}/replay`, event === undefined ? {} : { event });
  toast(event === undefined ? `Replayed #${item.id} as scope ${scope}` : `Sent as scope ${scope}`, { action: "Show", act: () => go(-scope) });
}

/**
 * @param {import("./store.js").Summary} item
 * @param {(id: number) => void} go
 */
const replay = (item, go) => attempt(() => send(item, go));

/**
 * @param {import("./store.js").Summary} item
 * @param {any} event
 * @param {(id: number) => void} go
 */
function edit(item, event, go) {
  const ready = (/** @type {boolean} */ good) => (submit.disabled = !good);
  const submit = h("button", { class: "primary", type: "submit" }, "Send to the application");
  const field = editor(event, ready);
  const refused = h("p", { class: "wrong", role: "alert" });
  const close = () => dialog.close();
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", {
    class: "edit", "aria-labelledby": "edit-title",
    on: { close: () => dialog.remove(), keydown: (/** @type {KeyboardEvent} */ key) => key.key === "Enter" && (key.ctrlKey || key.metaKey) && form.requestSubmit() },
  }));
  const form = h("form", { on: { submit: async (/** @type {Event} */ happened) => {
    happened.preventDefault();
    try {
      await send(item, go, field.value());
      close();
    } catch (error) {
      refused.textContent = error instanceof Error ? error.message : String(error);
    }
  } } },
  h("h2", { id: "edit-title" }, "Edit and resend ", h("span", "faint mono", item.type)),
  h("p", "faint", `The scope of #${item.id} stays; the application is called once more, with this message.`),
  field.node, refused,
  h("div", "buttons", h("span", "faint grow", "Ctrl Enter sends, Esc closes"), h("button", { class: "soft", type: "button", on: { click: close } }, "Cancel"), submit));
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  field.focus();
}
