// The channel layer: what waits in queues, who is in groups, which workers there are, and dead letters.

import { post } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { age, clock, number } from "./format.js";
import { Live } from "./live.js";
import { attempt, toast } from "./toast.js";

/** @param {HTMLElement} panel */
export function layerPanel(panel) {
  const body = h("div", "layer");
  fill(panel, body);
  const draw = (/** @type {any} */ data) => {
    if (!data.layer) return fill(body, h("p", "nothing", h("b", null, "No channel layer"), h("span", null, "The application runs in this process. With --layer, its queues, groups and workers are shown here.")));
    fill(body,
      h("p", "strip", h("span", "faint", "Layer"), h("b", "mono", data.layer), data.down && h("b", "bad-text", "down, by chaos")),
      h("div", "tables",
        table("Queues", ["Queue", "Depth", "Oldest"], data.queues, (one) => [one.name, number(one.depth), one.depth && typeof one.age === "number" ? age(one.age) : "—"]),
        table("Groups", ["Group", "Members"], data.groups, (one) => [one.name, typeof one.members === "number" ? number(one.members) : (one.members ?? []).length]),
        data.workers?.length ? table("Workers", ["Worker", "State"], data.workers, worker)
          : table("Figures", ["Figure", "Value"], Object.entries(data.counts ?? {}), (pair) => [pair[0], typeof pair[1] === "number" ? number(pair[1]) : String(pair[1])]),
        dead(data.dead ?? [])));
  };
  const live = new Live("/layer", draw, (words) => words && fill(body, h("p", "nothing", h("span", null, words))));

  /** @param {any[]} list */
  const dead = (list) => table("Dead letters", ["Time", "Channel", "Error", "Again"], list, (one) => [clock(one.time), one.channel,
    h("span", { class: "bad-text", dir: "auto" }, [one.type, one.error].filter(Boolean).join(": ")),
    h("button", { class: "soft", type: "button", on: { click: () => attempt(async () => {
      await post(`/layer/dead/${encodeURIComponent(one.id)}/retry`);
      toast("It is in its queue again");
      live.was = "";
      live.refresh();
    }) } }, icon("replay"), "Retry")], "wide");
  return live;
}

/** @param {any} one */
function worker(one) {
  if (typeof one === "string") return [one, ""];
  const { name, id, ...rest } = one;
  return [name ?? id ?? "", Object.entries(rest).map(([key, value]) => `${key} ${value}`).join(", ")];
}

/**
 * @param {string} title
 * @param {string[]} heads
 * @param {any[]} rows
 * @param {(row: any) => any[]} cells
 * @param {string} [name]
 */
function table(title, heads, rows, cells, name = "") {
  const count = h("span", "faint num", number(rows?.length ?? 0));
  return h("section", `table ${name}`, h("h3", null, title, " ", count),
    rows?.length
      ? h("table", null, h("thead", null, h("tr", null, heads.map((head) => h("th", { scope: "col" }, head)))),
        h("tbody", null, rows.map((row) => h("tr", null, cells(row).map((cell) => h("td", { class: /^[\d,.]+$/.test(String(cell)) ? "num" : "", dir: "auto" }, cell))))))
      : h("p", "faint", "None"));
}
