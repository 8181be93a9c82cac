// The bottom: simulators and panels, a tab each; only the one that is open asks the back end for anything.

import { $, icon } from "./dom.js";
import { recall, remember } from "./remember.js";
import { Tabs } from "./tabs.js";
import { chaosPanel } from "./chaos.js";
import { layerPanel } from "./layer.js";
import { httpPanel } from "./sim_http.js";
import { ircPanel } from "./sim_irc.js";
import { mailPanel } from "./sim_mail.js";
import { phonesPanel } from "./sim_sms.js";
import { slackPanel } from "./sim_slack.js";
import { socketPanel } from "./sim_ws.js";

/** @typedef {import("./live.js").Live | {show: () => void, hide: () => void, nudge: () => void}} Panel */

/** @type {{id: string, label: string, icon: string, simulates?: boolean, mount: (panel: HTMLElement) => Panel}[]} */
const ALL = [
  { id: "email", label: "Mail", icon: "email", simulates: true, mount: mailPanel },
  { id: "slack", label: "Slack", icon: "slack", simulates: true, mount: slackPanel },
  { id: "sms", label: "Phones", icon: "sms", simulates: true, mount: phonesPanel },
  { id: "irc", label: "IRC", icon: "irc", simulates: true, mount: ircPanel },
  { id: "ws", label: "WebSocket", icon: "websocket", simulates: true, mount: socketPanel },
  { id: "http", label: "HTTP", icon: "http", simulates: true, mount: httpPanel },
  { id: "layer", label: "Layer", icon: "layer", mount: layerPanel },
  { id: "chaos", label: "Chaos", icon: "chaos", mount: chaosPanel },
];

export class Drawer {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.box = $("drawer");
    /** @type {Map<string, Panel>} */
    this.mounted = new Map();
    this.tabs = new Tabs("drawer", "Simulators and panels", ALL.map((one) => ({ ...one, icon: icon(one.icon) })), (id) => this.turned(id));
    this.tabs.tab("layer").classList.add("apart");
    $("drawer-tabs").append(this.tabs.bar);
    $("drawer-panels").append(this.tabs.panels);
    for (const { id } of ALL) this.tabs.tab(id).addEventListener("click", (event) => this.again(id, event), { capture: true });
    store.addEventListener("change", () => this.nudge());
    const kept = recall("drawer");
    if (kept && ALL.some(({ id }) => id === kept)) this.tabs.choose(kept);
    else this.turned("");
  }

  /** Which simulators the back end has: the others' tabs are not shown. @param {string[]} names */
  has(names) {
    for (const { id, simulates } of ALL) this.tabs.tab(id).hidden = Boolean(simulates) && !names.includes(id);
    if (this.tabs.current && this.tabs.tab(this.tabs.current).hidden) this.close();
  }

  /**
   * A click on the tab that is open closes the drawer.
   * @param {string} id
   * @param {Event} event
   */
  again(id, event) {
    if (id !== this.tabs.current) return;
    event.stopImmediatePropagation();
    this.close();
  }

  /** @param {string} id */
  turned(id) {
    const before = this.panel;
    const entry = ALL.find((one) => one.id === id);
    if (entry && !this.mounted.has(id)) this.mounted.set(id, entry.mount(this.tabs.panel(id)));
    this.panel = this.mounted.get(id);
    if (before && before !== this.panel) before.hide();
    this.box.dataset.open = String(Boolean(id));
    this.panel?.show();
    remember("drawer", id);
    if (id) remember("drawer.last", id);
  }

  close() {
    this.tabs.choose("");
  }

  /** Open one, or close it if it is open. @param {string} [id] the last one unless told */
  toggle(id) {
    const shown = ALL.filter((one) => !this.tabs.tab(one.id).hidden);
    const wanted = id ?? (this.tabs.current || recall("drawer.last") || shown[0].id);
    if (this.tabs.current === wanted) return this.close();
    this.tabs.choose(shown.some((one) => one.id === wanted) ? wanted : shown[0].id);
    this.tabs.tab(this.tabs.current).focus();
  }

  nudge() {
    this.panel?.nudge();
  }
}
