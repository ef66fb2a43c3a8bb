// @ts-check
// The pool's input, which each generation reads.

import { badConfig, shown } from "./options.js";
import { bytesOf, isBuffer } from "./slots.js";

/** One copy for all generations. @param {unknown} input @returns {SharedArrayBuffer | undefined} */
export function sharedCopy(input) {
  if (input === undefined || input === null) return undefined;
  if (!ArrayBuffer.isView(input) && !isBuffer(input)) throw badConfig("input", shown(input), "an ArrayBuffer or a typed array");
  const bytes = bytesOf(input);
  if (typeof bytes === "string") throw badConfig("input", bytes, "one that was neither moved nor made smaller");
  try {
    const shared = new SharedArrayBuffer(bytes.byteLength);
    new Uint8Array(shared).set(bytes);
    return shared;
  } catch (cause) {
    throw badConfig("input", `${bytes.byteLength} bytes, for a copy of which there is no memory`, "fewer bytes", cause);
  }
}
