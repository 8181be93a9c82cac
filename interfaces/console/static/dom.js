// Elements. Strings become text nodes and nothing else: what a stranger sent is never markup here.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, any> & {class?: string, on?: Record<string, (event: any) => void>, data?: Record<string, string>}} Props */

/**
 * The element with that id, which index.html has.
 * @param {string} id
 * @returns {any}
 */
export const $ = (id) => document.getElementById(id);

/**
 * Make an element. `on` are listeners, `data` is its dataset, true and false are attributes that stand or do not.
 * @param {string} tag
 * @param {Props | string | null} [props] a string is its class
 * @param {...(Child | Child[])} children
 * @returns {any}
 */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  const { class: name, on = {}, data = {}, ...rest } = typeof props === "string" ? { class: props } : props ?? {};
  if (name) node.className = name;
  for (const [event, handle] of Object.entries(on)) node.addEventListener(event, handle);
  Object.assign(node.dataset, data);
  for (const [key, value] of Object.entries(rest)) set(node, key, value);
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false).map(own));
  return node;
}

/** @param {any} child */
const own = (child) => (child instanceof Node ? child : String(child));

/**
 * @param {HTMLElement} node
 * @param {string} key
 * @param {unknown} value
 */
function set(node, key, value) {
  if (/^on|^style$|^srcdoc$/i.test(key)) throw new Error(`no ${key} here`);
  if (key === "value") /** @type {HTMLInputElement} */ (node).value = String(value);
  else if (value === true) node.setAttribute(key, "");
  else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, String(value));
}

/**
 * Put children in place of those that are there.
 * @param {Element} node
 * @param {...(Child | Child[])} children
 */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false).map(own));
}

/**
 * Set a text only if it is another, so that nothing is painted for nothing.
 * @param {Node} node
 * @param {string | number} text
 */
export function say(node, text) {
  const next = String(text);
  if (node.textContent !== next) node.textContent = next;
}

const PATHS = {
  email: "M2.5 4.5h11v7h-11zM3 5l5 4 5-4",
  slack: "M6 2.5 4.8 13.500M11.200 2.500 10 13.500M3 5.800h10.500M2.500 10.200H13",
  sms: "M4.500 1.500h7v13h-7zM7 12.500h2",
  irc: "M2.500 3.500h11v7H8l-3 2.500v-2.500H2.500zM5 6h6M5 8h4",
  websocket: "M2 5h11.500M10.800 2.200 13.600 5l-2.800 2.800M14 11H2.500M5.200 8.200 2.400 11l2.800 2.800",
  http: "M8 1.800a6.200 6.200 0 1 0 0 12.400A6.200 6.200 0 1 0 8 1.800zM1.800 8h12.400M8 1.800c-4 4-4 8.400 0 12.400M8 1.800c4 4 4 8.400 0 12.400",
  layer: "M8 2 14 5 8 8 2 5zM2.500 8 8 10.800 13.500 8M2.500 11 8 13.800 13.500 11",
  chaos: "M8.800 1.500 3.500 9h4l-.8 5.500L12.500 7h-4z",
  other: "M8 3.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 1 0 0-9z",
  in: "M13 8H3.500M7 4 3 8l4 4",
  out: "M3 8h9.500M9 4l4 4-4 4",
  down: "m3.500 6 4.500 4.500L12.500 6",
  close: "m4 4 8 8M12 4l-8 8",
  copy: "M5.500 5.500v-3h8v8h-3M2.500 5.500h8v8h-8z",
  replay: "M3 8a5 5 0 1 0 1.600-3.700M4.500 1.800v3h3",
  edit: "m3 13 .6-2.800 7.600-7.600 2.200 2.200-7.600 7.600zM9.800 4l2.200 2.200",
  sun: "M8 5.200a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 1 0 0-5.600zM8 1.500v1.400M8 13.100v1.400M1.500 8h1.400M13.100 8h1.400M3.400 3.400l1 1M11.600 11.600l1 1M3.400 12.600l1-1M11.600 4.400l1-1",
  moon: "M13.300 9.800A5.800 5.800 0 0 1 6.200 2.700a5.700 5.700 0 1 0 7.100 7.100z",
  auto: "M8 2.200a5.800 5.800 0 1 0 0 11.600 5.800 5.800 0 1 0 0-11.600zM8 2.200v11.600M8 5l4.500 0M8 8h5.800M8 11h4.800",
  file: "M4 1.500h5.500L12.500 4.500v10h-8.500zM9 2v3h3.500",
};

/**
 * A picture of one line, in the colour of the text.
 * @param {string} name one of PATHS
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("i");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", Object.hasOwn(PATHS, name) ? PATHS[/** @type {keyof PATHS} */ (name)] : PATHS.other);
  svg.append(path);
  return svg;
}

/**
 * A field with its label above.
 * @param {string} label
 * @param {Element} input
 * @param {string} [name] further classes
 */
export const field = (label, input, name = "") => h("label", `field ${name}`, h("span", "label", label), input);
