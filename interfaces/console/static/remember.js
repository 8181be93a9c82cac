// What is kept from one visit to the next. A page that may not keep anything still works.

/** @type {Record<string, string>} */
const here = {};

/** @param {string} key */
export function recall(key) {
  try {
    return localStorage.getItem(`console.${key}`);
  } catch {
    return here[key] ?? null;
  }
}

/**
 * @param {string} key
 * @param {string} value
 */
export function remember(key, value) {
  here[key] = value;
  try {
    localStorage.setItem(`console.${key}`, value);
  } catch { /* until the page is closed, then */ }
}
