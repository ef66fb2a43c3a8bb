// @ts-check
// What a call is given beside its task and its argument.

import { badConfig, guarded, plain, section, shown } from "./options.js";
import { isArrayBuffer, isDetached } from "./slots.js";

/**
 * @typedef {{ signal?: AbortSignal, timeout?: number, queueTimeout?: number, priority?: number, idempotent?: boolean,
 *   memory?: number | string, transfer?: ArrayBuffer[], onProgress?: (progress: number) => void }} RunOptions
 *
 * @typedef {{ signal: AbortSignal | undefined, onProgress: ((progress: number) => void) | undefined,
 *   moving: Set<ArrayBuffer> | undefined, keep: boolean, rest: Record<string, unknown> | undefined }} Given
 *   the options of a call; `rest` are those that the coordinator knows
 */

/** @type {Given} */
export const NO_OPTIONS = { signal: undefined, onProgress: undefined, moving: undefined, keep: false, rest: undefined };

/**
 * Options of a call. Those in `rest` are plain, and not checked.
 * @param {RunOptions} options @returns {Given}
 */
export function given(options) {
  const { signal, transfer, onProgress, ...others } = section(options);
  const own = ownOptions(signal ?? undefined, onProgress ?? undefined);
  const moving = transfer === undefined || transfer === null ? undefined : guarded("transfer", () => buffersOf(transfer));
  const rest = Object.keys(others).length > 0 ? plain(others) : undefined;
  return { ...own, moving, keep: others.idempotent === true, rest };
}

/**
 * Options of `run` that stay here. @param {unknown} signal @param {unknown} onProgress
 * @returns {Pick<Given, "signal" | "onProgress">}
 */
export function ownOptions(signal, onProgress) {
  if (signal !== undefined && !isSignal(signal)) throw badConfig("signal", shown(signal), "an AbortSignal");
  if (onProgress !== undefined && typeof onProgress !== "function") throw badConfig("onProgress", shown(onProgress), "a function");
  return { signal, onProgress: /** @type {any} */ (onProgress) };
}

const aborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")?.get;

/** One of another window too, and nothing that only looks like one. @param {unknown} value @returns {value is AbortSignal} */
function isSignal(value) {
  try {
    aborted?.call(value);
    return true;
  } catch {
    return false;
  }
}

/** The option `transfer`. @param {unknown} transfer @returns {Set<ArrayBuffer>} */
function buffersOf(transfer) {
  if (!Array.isArray(transfer)) throw badConfig("transfer", shown(transfer), "an array of ArrayBuffers");
  /** @type {Set<ArrayBuffer>} */
  const buffers = new Set();
  for (let i = 0; i < transfer.length; i++) {
    const buffer = transfer[i];
    const refuse = (/** @type {string} */ value, /** @type {string} */ accepted) => badConfig(`transfer[${i}]`, value, accepted);
    if (ArrayBuffer.isView(buffer)) throw refuse(shown(buffer), "an ArrayBuffer: its `.buffer`");
    if (!isArrayBuffer(buffer)) throw refuse(shown(buffer), "an ArrayBuffer");
    if (isDetached(buffer)) throw refuse("a detached buffer", "an ArrayBuffer that was not moved yet");
    if (buffers.has(buffer)) throw refuse("a buffer that is there before", "each ArrayBuffer once");
    buffers.add(buffer);
  }
  return buffers;
}
