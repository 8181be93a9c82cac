// Slack's marks in a text, as nodes: *bold*, _italic_, ~struck~, `code`, <address|words>, <@U1>, <#C1>, > quotes.

import { h } from "./dom.js";

const MARK = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*])\*([^*\n]+)\*(?!\w)|(?<![\w_])_([^_\n]+)_(?!\w)|(?<![\w~])~([^~\n]+)~(?!\w)/;
/** @type {Record<string, string>} */
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
/** @type {Record<string, string>} */
const EMOJI = { white_check_mark: "✅", x: "❌", warning: "⚠️", thumbsup: "👍", "+1": "👍", eyes: "👀", tada: "🎉", ticket: "🎫", email: "✉️", phone: "☎️", wave: "👋", hourglass: "⏳", rotating_light: "🚨", bell: "🔔", speech_balloon: "💬" };

/** @param {string} text */
const plain = (text) => text.replace(/&(lt|gt|amp);/g, (found) => ENTITIES[found]).replace(/:([a-z0-9_+-]+):/g, (found, name) => (Object.hasOwn(EMOJI, name) ? EMOJI[name] : found));

/**
 * @param {string} text
 * @param {(id: string) => string} [name] what somebody with that id is called
 * @returns {Node[]}
 */
export function mrkdwn(text, name = (id) => id) {
  const lines = String(text ?? "").split(/^(?:>|&gt;) ?(.*)\n?/m);
  return lines.flatMap((line, at) => (at % 2 ? [h("span", "quote", inline(line, name))] : inline(line, name)));
}

/**
 * @param {string} text
 * @param {(id: string) => string} name
 * @returns {Node[]}
 */
function inline(text, name) {
  /** @type {Node[]} */
  const nodes = [];
  for (let rest = String(text ?? ""); rest; ) {
    const found = MARK.exec(rest);
    if (!found) {
      nodes.push(document.createTextNode(plain(rest)));
      break;
    }
    if (found.index) nodes.push(document.createTextNode(plain(rest.slice(0, found.index))));
    nodes.push(marked(found, name));
    rest = rest.slice(found.index + found[0].length);
  }
  return nodes;
}

/**
 * @param {RegExpExecArray} found
 * @param {(id: string) => string} name
 */
function marked([, block, code, link, bold, italic, struck], name) {
  if (block) return h("pre", "code wrap", plain(block.replace(/^\n/, "")));
  if (code) return h("code", null, plain(code));
  if (link) return linked(link, name);
  if (bold) return h("strong", null, mrkdwn(bold, name));
  if (italic) return h("em", null, mrkdwn(italic, name));
  return h("s", null, mrkdwn(struck, name));
}

/**
 * @param {string} inside
 * @param {(id: string) => string} name
 */
function linked(inside, name) {
  const [target, words = ""] = inside.split("|");
  if (target.startsWith("@")) return h("span", "mention", `@${words || name(target.slice(1))}`);
  if (target.startsWith("#")) return h("span", "mention", `#${words || name(target.slice(1))}`);
  if (target.startsWith("!")) return h("span", "mention", words || `@${target.slice(1)}`);
  const safe = /^(https?|mailto|tel):/i.test(target);
  if (!safe) return document.createTextNode(plain(words || target));
  return h("a", { href: plain(target), target: "_blank", rel: "noopener noreferrer" }, plain(words || target.replace(/^mailto:/, "")));
}
