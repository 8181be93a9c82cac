// A modal of the Slack application: filled in and submitted, or closed.

import { blocks } from "./blocks.js";
import { h } from "./dom.js";

/**
 * @param {any} view
 * @param {{name: (id: string) => string, act: (body: any) => Promise<boolean>}} ways act does something in the simulator
 * @returns {HTMLElement}
 */
export function modal(view, { name, act }) {
  const id = view.id ?? view.view_id;
  /** @type {Map<string, () => any>} */
  const inputs = new Map();
  const values = () => Object.fromEntries([...inputs].map(([key, read]) => [key, read()]).filter(([, value]) => value !== "" && value !== null));
  const title = String(view.title?.text ?? view.title ?? "Modal");
  const body = blocks(view.blocks, {
    name, errors: view.errors,
    note: (action_id, read) => inputs.set(action_id, read),
    act: (action) => act({ do: "click", view_id: id, values: values(), ...action }),
  });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    act({ do: "submit", view_id: id, values: values() });
  };
  return h("section", { class: "modal", role: "dialog", "aria-label": title }, h("form", { on: { submit } },
    h("header", "strip", h("b", { dir: "auto" }, title)),
    h("div", "modal-body", body),
    h("div", "buttons", h("button", { class: "soft", type: "button", on: { click: () => act({ do: "close", view_id: id }) } }, view.close?.text ?? "Cancel"),
      (view.submit || view.blocks?.some((/** @type {any} */ block) => block.type === "input")) && h("button", { class: "primary", type: "submit" }, view.submit?.text ?? "Submit"))));
}
