// @ts-check
// The pool's input, which each generation reads.

import { badConfig, shown } from "./options.js";
import { isDetached } from "./value.js";

/** One copy for all generations. @param {unknown} input @returns {SharedArrayBuffer | undefined} */
export function sharedCopy(input) {
  if (input === undefined || input === null) return undefined;
  if (!(input instanceof ArrayBuffer) && !(input instanceof SharedArrayBuffer) && !ArrayBuffer.isView(input)) {
    throw badConfig("input", shown(input), "an ArrayBuffer or a typed array");
  }
  const buffer = ArrayBuffer.isView(input) ? input.buffer : input;
  if (isDetached(buffer)) throw badConfig("input", "a detached buffer", "one that was not moved");
  const bytes = ArrayBuffer.isView(input) ? new Uint8Array(buffer, input.byteOffset, input.byteLength) : new Uint8Array(buffer);
  try {
    const shared = new SharedArrayBuffer(bytes.byteLength);
    new Uint8Array(shared).set(bytes);
    return shared;
  } catch (cause) {
    throw badConfig("input", `${bytes.byteLength} bytes, for a copy of which there is no memory`, "fewer bytes", cause);
  }
}
