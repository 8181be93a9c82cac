// Block Kit as elements that can be pressed and filled in.

import { h } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

/**
 * @typedef {{name: (id: string) => string, act: (action: {action_id: string, block_id: string, value: any}) => void,
 *   errors?: Record<string, string>, note?: (action_id: string, read: () => any) => void}} Ways
 *   act: something was pressed or chosen; note: an input whose value is asked for when the view is submitted
 */

const TYPES = { plain_text_input: "text", email_text_input: "email", url_text_input: "url", number_input: "number", datepicker: "date", timepicker: "time" };

/**
 * @param {any[]} list
 * @param {Ways} ways
 * @returns {any[]}
 */
export const blocks = (list, ways) => (list ?? []).map((block) => one(block, ways));

/** @param {any} text a text object, or a text @param {Ways} ways */
const words = (text, ways) => (!text ? "" : typeof text === "string" ? text : text.type === "mrkdwn" ? mrkdwn(text.text, ways.name) : String(text.text ?? ""));

/** @param {any} text */
const bare = (text) => String(typeof text === "object" ? text?.text ?? "" : text ?? "");

/**
 * @param {any} block
 * @param {Ways} ways
 */
function one(block, ways) {
  switch (block?.type) {
    case "header": return h("p", { class: "b-header", dir: "auto" }, bare(block.text));
    case "divider": return h("hr", "b-divider");
    case "image": return picture(block);
    case "context": return h("p", { class: "b-context", dir: "auto" }, (block.elements ?? []).map((/** @type {any} */ part) => h("span", null, part.type === "image" ? `[${part.alt_text ?? "image"}]` : words(part, ways))));
    case "actions": return h("div", "b-actions", (block.elements ?? []).map((/** @type {any} */ part) => element(part, block, ways)));
    case "input": return input(block, ways);
    case "rich_text": return h("p", { class: "b-text", dir: "auto" }, rich(block.elements ?? [], ways));
    case "section": return h("div", "b-section",
      h("div", "grow",
        block.text && h("div", { class: "b-text", dir: "auto" }, words(block.text, ways)),
        block.fields && h("div", "b-fields", block.fields.map((/** @type {any} */ part) => h("div", { class: "b-text", dir: "auto" }, words(part, ways))))),
      block.accessory && element(block.accessory, block, ways));
    default: return h("p", "faint", `[${String(block?.type ?? "block")}]`);
  }
}

/** Pictures lie elsewhere, and nothing is fetched from there. @param {any} part */
const picture = (part) => h("span", { class: "b-image", title: part.image_url ?? "" }, `[image: ${part.alt_text ?? bare(part.title)}]`);

/**
 * @param {any[]} list
 * @param {Ways} ways
 * @returns {any[]}
 */
function rich(list, ways) {
  return list.map((part) => {
    if (part.elements) return h("span", "b-rich", rich(part.elements, ways));
    if (part.type === "user") return h("span", "mention", `@${ways.name(part.user_id)}`);
    if (part.type === "emoji") return mrkdwn(`:${part.name}:`);
    if (part.type === "link") return mrkdwn(`<${part.url}|${part.text ?? part.url}>`);
    const text = String(part.text ?? "");
    return part.style?.bold ? h("strong", null, text) : part.style?.code ? h("code", null, text) : part.style?.italic ? h("em", null, text) : text;
  });
}

/**
 * @param {any} part
 * @param {any} block
 * @param {Ways} ways
 */
function element(part, block, ways) {
  if (part.type === "button") return button(part, block, ways);
  if (part.type === "image") return picture(part);
  const { node, read } = control(part);
  if (!node) return h("span", "faint", `[${part.type}]`);
  node.setAttribute("aria-label", bare(part.placeholder) || part.action_id);
  ways.note?.(part.action_id, read);
  node.addEventListener("change", () => ways.act({ action_id: part.action_id, block_id: block.block_id ?? "", value: read() }));
  return node;
}

/**
 * @param {any} part
 * @param {any} block
 * @param {Ways} ways
 */
function button(part, block, ways) {
  const press = () => ways.act({ action_id: part.action_id, block_id: block.block_id ?? "", value: part.value ?? null });
  const style = part.style === "primary" ? "primary" : part.style === "danger" ? "soft danger" : "soft";
  return h("button", { class: style, type: "button", title: part.action_id, dir: "auto", on: { click: press } }, words(part.text, ways));
}

/**
 * @param {any} block
 * @param {Ways} ways
 */
function input(block, ways) {
  const part = block.element ?? {};
  const { node, read } = control(part, !block.optional);
  const wrong = ways.errors?.[block.block_id];
  if (node && "value" in node) node.name = part.action_id;
  ways.note?.(part.action_id, read);
  return h("div", "b-input", h("label", "field", h("span", "label", bare(block.label), block.optional && " (optional)"), node ?? h("span", "faint", `[${part.type}]`)),
    block.hint && h("span", "faint", bare(block.hint)), wrong && h("span", { class: "wrong", role: "alert" }, wrong));
}

/**
 * The element of an input, and how its value is read.
 * @param {any} part
 * @param {boolean} [required]
 * @returns {{node: any, read: () => any}}
 */
function control(part, required = false) {
  const initial = part.initial_value ?? part.initial_date ?? part.initial_time ?? "";
  if (part.type === "plain_text_input" && part.multiline) return valued(h("textarea", { rows: "4", required, value: initial, placeholder: bare(part.placeholder), dir: "auto" }));
  if (Object.hasOwn(TYPES, part.type)) {
    const type = TYPES[/** @type {keyof TYPES} */ (part.type)];
    return valued(h("input", { type, required, value: initial, placeholder: bare(part.placeholder), autocomplete: "off", dir: "auto" }));
  }
  if (/^(static_select|overflow|external_select)$/.test(part.type)) return menu(part, required);
  if (part.type === "multi_static_select") return many(part);
  if (part.type === "checkboxes" || part.type === "radio_buttons") return choices(part);
  if (/_select$/.test(part.type)) return valued(h("input", { required, placeholder: bare(part.placeholder) || part.type, autocomplete: "off" }));
  return { node: null, read: () => null };
}

/** @param {any} node */
const valued = (node) => ({ node, read: () => node.value });

/** Options, also those of groups. @param {any} part @returns {any[]} */
const options = (part) => part.options ?? (part.option_groups ?? []).flatMap((/** @type {any} */ group) => group.options);

/** @param {any} part @param {boolean} required */
function menu(part, required) {
  const chosen = part.initial_option?.value;
  const first = h("option", { value: "" }, bare(part.placeholder) || "Choose…");
  return valued(h("select", { required }, first, options(part).map((option) => h("option", { value: option.value, selected: option.value === chosen }, bare(option.text)))));
}

/** @param {any} part */
function many(part) {
  const chosen = new Set((part.initial_options ?? []).map((/** @type {any} */ option) => option.value));
  const node = h("select", { multiple: true, size: "4" }, options(part).map((option) => h("option", { value: option.value, selected: chosen.has(option.value) }, bare(option.text))));
  return { node, read: () => [...node.selectedOptions].map((option) => option.value) };
}

let serial = 0;

/** @param {any} part */
function choices(part) {
  const single = part.type === "radio_buttons";
  const name = `choice-${(serial += 1)}`;
  const chosen = new Set([part.initial_option, ...(part.initial_options ?? [])].map((option) => option?.value));
  const boxes = options(part).map((option) => h("input", { type: single ? "radio" : "checkbox", name, value: option.value, checked: chosen.has(option.value) }));
  const node = h("span", { class: "b-choices", role: "group" }, boxes.map((box, at) => h("label", "inline", box, h("span", null, bare(options(part)[at].text)))));
  const picked = () => boxes.filter((box) => box.checked).map((box) => box.value);
  return { node, read: () => (single ? picked()[0] ?? null : picked()) };
}
