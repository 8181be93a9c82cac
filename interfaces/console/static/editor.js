// A field for JSON that says what is wrong with it, and where.

import { h, say } from "./dom.js";

/**
 * @param {string} text
 * @returns {{value?: any, error: string, at: number}} at: where it is wrong, -1 if nobody knows
 */
export function parse(text) {
  try {
    return { value: JSON.parse(text), error: "", at: -1 };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const spot = /position (\d+)/.exec(said);
    const at = spot ? Number(spot[1]) : /end of JSON/i.test(said) ? text.length : -1;
    const what = said.replace(/^JSON\.parse: /, "").replace(/ in JSON at position.*$| \(line.*$/, "").replace(/, (\.\.\.)?".*$/s, "");
    const line = at < 0 ? "" : ` — line ${text.slice(0, at).split("\n").length}, column ${at - text.lastIndexOf("\n", at - 1)}`;
    return { error: what + line, at };
  }
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
    const { error, at } = parse(area.value);
    const bad = error ? (at < 0 ? -1 : area.value.slice(0, at).split("\n").length) : 0;
    gutter.replaceChildren(...area.value.split("\n").map((_, index) => h("span", index + 1 === bad ? "bad" : null, `${index + 1}\n`)));
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
