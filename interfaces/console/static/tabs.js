// Tabs as ARIA has them: arrows move, the panel that is shown is labelled by its tab.

import { h } from "./dom.js";

/** @typedef {{id: string, label: string, icon?: Node, hint?: string}} Tab */

export class Tabs {
  /**
   * @param {string} name of all of it; ids are made from it
   * @param {string} label
   * @param {Tab[]} tabs
   * @param {(id: string) => void} chosen
   */
  constructor(name, label, tabs, chosen) {
    this.chosen = chosen;
    this.current = "";
    /** @type {Map<string, {tab: HTMLElement, panel: HTMLElement}>} */
    this.all = new Map();
    this.bar = h("div", { class: "tabs", role: "tablist", "aria-label": label, on: { keydown: (/** @type {KeyboardEvent} */ event) => this.key(event) } });
    this.panels = h("div", "panels");
    for (const { id, label: text, icon, hint } of tabs) {
      const tab = h("button", {
        class: "tab", type: "button", role: "tab", id: `${name}-tab-${id}`, "aria-controls": `${name}-${id}`, title: hint,
        on: { click: () => this.choose(id) },
      }, icon, h("span", null, text));
      const panel = h("div", { class: "panel", role: "tabpanel", id: `${name}-${id}`, "aria-labelledby": tab.id, tabindex: "-1" });
      panel.hidden = true;
      this.all.set(id, { tab, panel });
      this.bar.append(tab);
      this.panels.append(panel);
    }
    this.mark("");
  }

  /** @param {string} id */
  panel(id) {
    return /** @type {HTMLElement} */ (this.all.get(id)?.panel);
  }

  /** @param {string} id */
  tab(id) {
    return /** @type {HTMLElement} */ (this.all.get(id)?.tab);
  }

  /** Show a panel; "" shows none. @param {string} id */
  choose(id) {
    if (id && !this.all.has(id)) return;
    this.mark(id);
    this.chosen(id);
  }

  /** @param {string} id */
  mark(id) {
    this.current = id;
    const first = id || this.all.keys().next().value;
    for (const [name, { tab, panel }] of this.all) {
      tab.setAttribute("aria-selected", String(name === id));
      tab.tabIndex = name === first ? 0 : -1;
      panel.hidden = name !== id;
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const tabs = [...this.all.values()].map(({ tab }) => tab).filter((tab) => !tab.hidden);
    const at = tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    next.focus();
    next.click();
  }
}
