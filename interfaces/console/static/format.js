// Figures as people read them; all of it pure.

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
const SHORT = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** @param {unknown} seconds since 1970 */
const date = (seconds) => new Date((Number(seconds) || 0) * 1000);

/** 14:02:33.120 @param {number} seconds */
export const clock = (seconds) => CLOCK.format(date(seconds));

/** 14:02:33 @param {number} seconds */
export const short = (seconds) => SHORT.format(date(seconds));

/** 28 Nov 2026, 14:02:33 @param {number} seconds */
export const full = (seconds) => FULL.format(date(seconds));

/**
 * 0.42 ms, 12.1 ms, 1,204 ms.
 * @param {number | null | undefined} ms
 */
export function millis(ms) {
  if (typeof ms !== "number") return "";
  if (ms < 10) return ms.toFixed(ms < 1 ? 2 : 1);
  return ms < 100 ? ms.toFixed(1) : Math.round(ms).toLocaleString("en-GB");
}

/** @param {number} count */
export const number = (count) => Number(count).toLocaleString("en-GB");

/**
 * 812 B, 3.2 kB, 1.4 MB.
 * @param {number} size
 */
export function bytes(size) {
  if (size < 1000) return `${size} B`;
  return size < 1e6 ? `${(size / 1000).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

/**
 * 3 s, 12 min, 2 h, 4 d.
 * @param {number} seconds
 */
export function age(seconds) {
  if (seconds < 1) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;
}

/** @type {Record<string, string>} */
const NAMES = { email: "mail", slack: "slack", sms: "sms", irc: "irc", websocket: "ws", http: "http" };

/** What stands in a badge. @param {string} protocol */
export const badge = (protocol) => (Object.hasOwn(NAMES, protocol) ? NAMES[protocol] : String(protocol));

/**
 * The bytes of base64, as far as it is any.
 * @param {string} text
 */
export function unbase64(text) {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
