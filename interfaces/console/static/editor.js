// A field for JSON that says what is wrong with it, and where.

import { h, say } from "./dom.js";
import { fault } from "./json_fault.js";

/**
 * @param {string} text
 * @returns {{value?: any, error: string, line: number}} line: where it is wrong, from 1; 0 if it is not
 */
export function parse(text) {
  const found = fault(text);
  if (!found) return { value: JSON.parse(text), error: "", line: 0 };
  const before = text.slice(0, found.at).split("\n");
  const line = before.length, column = before[line - 1].length + 1;
  return { error: `Line ${line}, column ${column}: ${found.message}`, line };
}

/**
 * @param {unknown} initial
 * @param {(good: boolean) => void} judged
 * @returns {{node: HTMLElement, value: () => any, focus: () => void}}
 */
export function editor(initial, judged) {
  const gutter = h("pre", { class: "gutter num", "aria-hidden": "true" });
  const wrong = h("p", { class: "wrong", role: "alert", id: "editor-wrong" });
  const area = /** @type {HTMLTextAreaElement} */ (h("textarea", {
    class: "mono", "aria-label": "The message as JSON", "aria-describedby": "editor-wrong", spellcheck: "false", autocomplete: "off", wrap: "off",
  }));
  const judge = () => {
    const { error, line } = parse(area.value);
    gutter.replaceChildren(...area.value.split("\n").map((_, index) => h("span", index + 1 === line ? "bad" : null, `${index + 1}\n`)));
    area.setAttribute("aria-invalid", String(Boolean(error)));
    say(wrong, error);
    judged(!error);
  };
  area.addEventListener("input", judge);
  area.addEventListener("scroll", () => (gutter.scrollTop = area.scrollTop), { passive: true });
  area.value = JSON.stringify(initial, null, 2);
  judge();
  return {
    node: h("div", "editor", h("div", "lines", gutter, area), wrong),
    value: () => parse(area.value).value,
    focus: () => {
      area.focus();
      area.setSelectionRange(0, 0);
    },
  };
}
