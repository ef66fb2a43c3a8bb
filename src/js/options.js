// @ts-check
// Options, made plain before they cross into Rust, where they are checked.

import { PerennialError } from "./errors.js";

/** Sections of options hold values. What is deeper is wrong, and is told without being read. */
const DEPTH_MAX = 2;
/** No name or word of an option is longer, and no section has more fields: what is beyond is wrong, and stays here. */
const SIZE_MAX = 64;
/** Marks the words for a value that is none for Rust, so that they are not shown as a string of the user's. */
const WORDS = "\0";

/**
 * A plain copy of what has been read by `section`: each field once, sections too. What cannot cross is put in words, so
 * that the check can name it.
 * @param {Record<string, unknown>} fields
 * @returns {Record<string, unknown>}
 */
export function plain(fields, path = "", depth = 1) {
  /** @type {Record<string, unknown>} */
  const copy = Object.create(null);
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const field = path ? `${path}.${key}` : key;
    const name = key.length > SIZE_MAX ? `${key.slice(0, SIZE_MAX)}…` : key;
    if (crosses(value)) copy[name] = value;
    else if (depth < DEPTH_MAX && isPlain(value, field)) copy[name] = plain(section(value, field), field, depth + 1);
    else copy[name] = WORDS + shown(value);
  }
  return copy;
}

/** @param {unknown} value */
function crosses(value) {
  if (typeof value === "string") return value.length <= SIZE_MAX;
  return value === null || typeof value === "boolean" || Number.isFinite(value);
}

/**
 * The fields of an object of options, each read once; of nothing, none.
 * @param {unknown} options
 * @returns {Record<string, unknown>}
 */
export function section(options, path = "options") {
  /** @type {Record<string, unknown>} */
  const fields = Object.create(null);
  if (options === undefined || options === null) return fields;
  if (!isPlain(options, path)) throw badConfig(path, shown(options), "a plain object");
  const keys = guarded(path, () => Object.keys(/** @type {object} */ (options)));
  if (keys.length > SIZE_MAX) throw badConfig(path, `an object of ${keys.length} fields`, `at most ${SIZE_MAX}`);
  for (const key of keys) {
    const field = path === "options" ? key : `${path}.${key}`;
    fields[key] = guarded(field, () => /** @type {any} */ (options)[key]);
  }
  return fields;
}

/**
 * Refuses any field of what takes no options.
 * @param {string} method @param {unknown} options
 */
export function noOptions(method, options) {
  const [field] = Object.keys(section(options));
  if (field !== undefined) throw badConfig(field, "unknown", `no option: ${method} takes none`);
}

/**
 * An object as `{ ... }` makes it. Instances are refused: the getters of a class are not among its fields, and a signal in
 * the place of `{ signal }` has none.
 * @param {unknown} value @param {string} field
 */
function isPlain(value, field) {
  if (typeof value !== "object" || value === null) return false;
  return guarded(field, () => {
    const prototype = Object.getPrototypeOf(value);
    // Of another realm, the end of the chain is another `Object.prototype`.
    return !Array.isArray(value) && (prototype === null || Object.getPrototypeOf(prototype) === null);
  });
}

/** @template T @param {string} field @param {() => T} read what may run the user's code */
export function guarded(field, read) {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof PerennialError) throw cause;
    throw badConfig(field, "a getter that throws", "a plain value", cause);
  }
}

/**
 * A value in a few words, whatever it is.
 * @param {unknown} value
 * @returns {string}
 */
export function shown(value) {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
    case "bigint":
      return `${value}n`.slice(0, 40);
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "object":
      break;
    default:
      return String(value);
  }
  try {
    if (value === null) return "null";
    if (Array.isArray(value)) return "an array";
    const { constructor } = value;
    const name = typeof constructor === "function" && constructor !== Object ? constructor.name : "object";
    return `${/^[AEIOU]/i.test(name) ? "an" : "a"} ${name || "object"}`;
  } catch {
    return "an object that cannot be read";
  }
}

/**
 * Same words as `BadConfig` in `src/coordinator/config`.
 * @param {string} field @param {string} value @param {string} accepted @param {unknown} [cause]
 */
export function badConfig(field, value, accepted, cause) {
  const message = `the option \`${field}\` is ${value}; accepted: ${accepted}`;
  return new PerennialError("BadConfig", message, { field, value, accepted, ...(cause === undefined ? {} : { cause }) });
}
