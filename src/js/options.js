// @ts-check
// Options, made plain before they cross into Rust, where they are checked.

import { PerennialError } from "./errors.js";

/** Options are two deep; what is deeper is wrong anyway, and is told. */
const DEPTH_MAX = 4;

/**
 * A copy of plain values. What is none is put in words, so that the check can name it.
 * @param {unknown} value
 * @returns {any}
 */
export function plain(value, path = "", depth = 0) {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return `${value}n`;
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "object":
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (depth === DEPTH_MAX) return "an object";
  if (Array.isArray(value)) return value.map((item) => plain(item, path, depth + 1));
  /** @type {Record<string, unknown>} */
  const copy = {};
  for (const key of Object.keys(value)) {
    const field = path ? `${path}.${key}` : key;
    let inner;
    try {
      inner = /** @type {any} */ (value)[key];
    } catch (cause) {
      throw badConfig(field, "a getter that throws", "a plain value", cause);
    }
    if (inner !== undefined) copy[key] = plain(inner, field, depth + 1);
  }
  return copy;
}

/**
 * Same words as `BadConfig` in `src/coordinator/config.rs`.
 * @param {string} field @param {string} value @param {string} accepted @param {unknown} [cause]
 */
export function badConfig(field, value, accepted, cause) {
  const message = `the option \`${field}\` is ${value}; accepted: ${accepted}`;
  return new PerennialError("BadConfig", message, { field, value, accepted, ...(cause === undefined ? {} : { cause }) });
}

/**
 * An object of options, or nothing. @param {unknown} options
 * @returns {Record<string, unknown>}
 */
export function section(options) {
  if (options === undefined || options === null) return {};
  if (typeof options !== "object" || Array.isArray(options)) throw badConfig("options", String(options), "an object");
  return /** @type {Record<string, unknown>} */ (options);
}
