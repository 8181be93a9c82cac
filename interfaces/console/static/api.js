// The back end: JSON in and out, and errors as sentences.

/** What the back end said instead of an answer; its message is for people. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {number} status 0 if it did not answer
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} path below /api
 * @param {RequestInit} [options]
 */
async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(`/api${path}`, { cache: "no-store", ...options });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Refused("The server does not answer.", 0);
  }
  const text = await answer.text();
  if (answer.ok) return text;
  let said = `${answer.status} ${answer.statusText}`.trim();
  try {
    said = String(JSON.parse(text).error || said);
  } catch { /* not one of ours: the status has to do */ }
  throw new Refused(said, answer.status);
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export const get = async (path, signal) => JSON.parse(await ask(path, { signal }));

/** @param {string} path */
export const getText = (path) => ask(path);

/**
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function post(path, body = {}) {
  const headers = { "content-type": "application/json", "x-interfaces-console": "1" };
  const text = await ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  return text ? JSON.parse(text) : {};
}
