// @ts-check
// What an object is by what is inside of it, and its bytes: `instanceof` knows only the classes of this window.

/** @param {object} prototype @param {PropertyKey} name */
function getter(prototype, name) {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get;
}

/**
 * Whether a built-in method takes the value, which looks inside of it.
 * @param {Function | undefined} method @param {unknown} value
 */
function takes(method, value) {
  try {
    method?.call(value);
    return method !== undefined;
  } catch {
    return false;
  }
}

const ofBuffer = getter(ArrayBuffer.prototype, "byteLength");
const ofShared = typeof SharedArrayBuffer === "undefined" ? undefined : getter(SharedArrayBuffer.prototype, "byteLength");
const ofMap = getter(Map.prototype, "size");
const ofSet = getter(Set.prototype, "size");
const typed = Object.getPrototypeOf(Uint8Array.prototype);
const typedName = getter(typed, Symbol.toStringTag);

/** @param {unknown} value @returns {value is ArrayBuffer} */
export function isArrayBuffer(value) {
  return takes(ofBuffer, value);
}

/** @param {unknown} value @returns {value is ArrayBufferLike} */
export function isBuffer(value) {
  return takes(ofBuffer, value) || takes(ofShared, value);
}

/** @param {unknown} value @returns {value is Date} */
export function isDate(value) {
  return takes(Date.prototype.getTime, value);
}

/** @param {unknown} value @returns {value is Map<unknown, unknown>} */
export function isMap(value) {
  return takes(ofMap, value);
}

/** @param {unknown} value @returns {value is Set<unknown>} */
export function isSet(value) {
  return takes(ofSet, value);
}

/** The class of a typed array by its name; a `DataView` has none. @param {ArrayBufferView} view @returns {string | undefined} */
export function nameOf(view) {
  return typedName?.call(view);
}

/**
 * The bytes of a buffer or a view as they are now; or, in words, why there are none.
 * @param {ArrayBufferView | ArrayBufferLike} source
 */
export function bytesOf(source) {
  const buffer = ArrayBuffer.isView(source) ? source.buffer : source;
  if (isDetached(buffer)) return "a detached buffer";
  if (!ArrayBuffer.isView(source)) return new Uint8Array(buffer, 0, buffer.byteLength);
  if (isBeyond(source)) return "a view beyond the end of its resized buffer";
  return new Uint8Array(buffer, source.byteOffset, source.byteLength);
}

/**
 * Whether its buffer has become too short for it. A typed array is as an empty one then, and a `DataView` throws.
 * @param {ArrayBufferView} view
 */
function isBeyond(view) {
  try {
    return view.byteLength === 0 && nameOf(view) !== undefined && !takes(typed.values, view);
  } catch {
    return true;
  }
}

/** @param {ArrayBufferLike} buffer */
export function isDetached(buffer) {
  if ("detached" in buffer) return buffer.detached;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
