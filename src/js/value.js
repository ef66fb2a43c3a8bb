// @ts-check
// Values as bytes: the other side of `src/value/mod.rs`, whose table has the format.

import { PerennialError } from "./errors.js";

/** @typedef {import("./protocol.js").Encoded} Encoded */

const TAG = {
  undefined: 0, null: 1, false: 2, true: 3, int: 4, float: 5, bigint: 6, string: 7, buffer: 8, segment: 9, array: 10,
  object: 11, map: 12, set: 13, date: 14,
};

/** By the number of their kind. */
const KINDS = [
  Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array, BigUint64Array,
  BigInt64Array,
];
const ARRAY_BUFFER = 10;

/** Buffers from this size on travel beside the value, so that each is copied once. */
const BESIDE_FROM = 64 * 1024;
/** As deep as the Rust side reads. */
const DEPTH_MAX = 128;

const encoder = new TextEncoder();
// A leading byte order mark is a character like others.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Takes a value at the time of the call. Buffers in `transfer` are moved, all else is copied.
 *
 * @param {unknown} value
 * @param {Transferable[]} [transfer]
 * @returns {Encoded}
 * @throws {PerennialError} `BadInput`, with the path of what cannot be sent
 */
export function encode(value, transfer = []) {
  const writer = new Writer(new Set(transfer));
  writer.value(value, undefined);
  /** How often each buffer is in the value: one that is there twice cannot be moved. @type {Map<ArrayBufferLike, number>} */
  const uses = new Map();
  for (const { buffer } of writer.segments) uses.set(buffer, (uses.get(buffer) ?? 0) + 1);
  const segments = writer.segments.map((bytes) => {
    const { buffer } = bytes;
    const moves = writer.moved.has(buffer) && uses.get(buffer) === 1 && bytes.byteLength === buffer.byteLength;
    return moves ? moved(/** @type {ArrayBuffer} */ (buffer)) : copyOf(bytes);
  });
  return { head: writer.finish(), segments };
}

/** @param {Uint8Array} bytes @returns {ArrayBuffer} */
function copyOf(bytes) {
  return /** @type {ArrayBuffer} */ (bytes.slice().buffer);
}

/** @param {ArrayBuffer} buffer @returns {ArrayBuffer} */
function moved(buffer) {
  try {
    return structuredClone(buffer, { transfer: [buffer] });
  } catch (cause) {
    throw new PerennialError("BadInput", "a buffer in `transfer` cannot be moved", { path: "", cause });
  }
}

/** Where in a value: its key, and the place of what holds it. @typedef {{ key: string | number, in: Place } | undefined} Place */

/** @param {Place} place */
function pathOf(place) {
  let path = "";
  for (let at = place; at; at = at.in) {
    path = (typeof at.key === "number" ? `[${at.key}]` : `.${at.key}`) + path;
  }
  return path.replace(/^\./, "");
}

class Writer {
  bytes = new Uint8Array(256);
  view = new DataView(this.bytes.buffer);
  length = 0;
  /** @type {Uint8Array[]} */
  segments = [];
  /** The values that hold the one being written. @type {Set<object>} */
  open = new Set();

  /** @param {Set<unknown>} moved */
  constructor(moved) {
    this.moved = moved;
  }

  /** @param {number} more */
  room(more) {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  finish() {
    return copyOf(this.bytes.subarray(0, this.length));
  }

  /** @param {number} byte */
  byte(byte) {
    this.room(1);
    this.bytes[this.length++] = byte;
  }

  /** @param {number} number */
  u32(number) {
    this.room(4);
    this.view.setUint32(this.length, number, true);
    this.length += 4;
  }

  /** @param {number} number */
  f64(number) {
    this.room(8);
    this.view.setFloat64(this.length, number, true);
    this.length += 8;
  }

  /** @param {string} text */
  text(text) {
    // UTF-8 takes three bytes for one UTF-16 unit at the most.
    this.room(4 + text.length * 3);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(this.length + 4));
    this.view.setUint32(this.length, written, true);
    this.length += 4 + written;
  }

  /** @param {bigint} number @param {Place} place */
  bigint(number, place) {
    const signed = number < 0n;
    const fits = signed ? BigInt.asIntN(128, number) === number : BigInt.asUintN(128, number) === number;
    if (!fits) throw refused("a bigint of more than 128 bits", place);
    this.byte(TAG.bigint);
    this.byte(signed ? 1 : 0);
    this.room(16);
    const bits = BigInt.asUintN(128, number);
    this.view.setBigUint64(this.length, BigInt.asUintN(64, bits), true);
    this.view.setBigUint64(this.length + 8, bits >> 64n, true);
    this.length += 16;
  }

  /** @param {unknown} value @param {Place} place */
  value(value, place) {
    switch (typeof value) {
      case "undefined":
        return this.byte(TAG.undefined);
      case "boolean":
        return this.byte(value ? TAG.true : TAG.false);
      case "number":
        return this.number(value);
      case "bigint":
        return this.bigint(value, place);
      case "string":
        this.byte(TAG.string);
        return this.text(value);
      case "object":
        return value === null ? this.byte(TAG.null) : this.object(value, place);
      default:
        throw refused(`a ${typeof value}`, place);
    }
  }

  /** @param {number} number */
  number(number) {
    if ((number | 0) === number && !Object.is(number, -0)) {
      this.byte(TAG.int);
      this.u32(number >>> 0);
    } else {
      this.byte(TAG.float);
      this.f64(number);
    }
  }

  /** @param {object} object @param {Place} place */
  object(object, place) {
    if (ArrayBuffer.isView(object)) return this.typed(object, place);
    if (object instanceof ArrayBuffer || (typeof SharedArrayBuffer !== "undefined" && object instanceof SharedArrayBuffer)) {
      return this.buffer(ARRAY_BUFFER, bytesOf(object, place));
    }
    if (object instanceof Date) {
      this.byte(TAG.date);
      return this.f64(object.getTime());
    }
    if (this.open.has(object)) throw refused("a reference to what holds it", place);
    if (this.open.size === DEPTH_MAX) throw refused(`a value nested deeper than ${DEPTH_MAX}`, place);
    this.open.add(object);
    if (Array.isArray(object)) this.array(object, place);
    else if (object instanceof Map) this.map(object, place);
    else if (object instanceof Set) this.set(object, place);
    else if (isPlain(object)) this.fields(object, place);
    else throw refused(`a ${object.constructor?.name ?? "special object"}`, place);
    this.open.delete(object);
  }

  /** @param {ArrayBufferView} view @param {Place} place */
  typed(view, place) {
    const kind = KINDS.findIndex((type) => view instanceof type);
    if (kind >= 0) return this.buffer(kind, bytesOf(view, place));
    if (view instanceof DataView) return this.buffer(ARRAY_BUFFER, bytesOf(view, place));
    // Clamped, but bytes; and what is newer than this table.
    if (view instanceof Uint8ClampedArray) return this.buffer(0, bytesOf(view, place));
    throw refused(`a ${view.constructor.name}`, place);
  }

  /** @param {number} kind @param {Uint8Array} bytes */
  buffer(kind, bytes) {
    if (bytes.length >= BESIDE_FROM) {
      this.byte(TAG.segment);
      this.byte(kind);
      this.u32(this.segments.length);
      this.segments.push(bytes);
      return;
    }
    this.byte(TAG.buffer);
    this.byte(kind);
    this.u32(bytes.length);
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** @param {unknown[]} array @param {Place} place */
  array(array, place) {
    this.byte(TAG.array);
    this.u32(array.length);
    for (let key = 0; key < array.length; key++) {
      const at = { key, in: place };
      this.value(read(() => array[key], at), at);
    }
  }

  /** @param {Map<unknown, unknown>} map @param {Place} place */
  map(map, place) {
    this.byte(TAG.map);
    this.u32(map.size);
    for (const [key, value] of map) {
      const at = { key: `get(${typeof key === "object" ? "…" : String(key)})`, in: place };
      this.value(key, at);
      this.value(value, at);
    }
  }

  /** @param {Set<unknown>} set @param {Place} place */
  set(set, place) {
    this.byte(TAG.set);
    this.u32(set.size);
    let key = 0;
    for (const value of set) this.value(value, { key: key++, in: place });
  }

  /** Own enumerable fields. One that is `undefined` counts as absent. @param {object} object @param {Place} place */
  fields(object, place) {
    this.byte(TAG.object);
    const countAt = this.length;
    this.u32(0);
    let count = 0;
    for (const key of Object.keys(object)) {
      const at = { key, in: place };
      const value = read(() => /** @type {any} */ (object)[key], at);
      if (value === undefined) continue;
      this.text(key);
      this.value(value, at);
      count++;
    }
    this.view.setUint32(countAt, count, true);
  }
}

/**
 * An object or an instance of a class. What the platform made (a promise, a blob, an error) has a tag of its own, and what
 * is in it is not in its fields.
 * @param {object} object
 */
function isPlain(object) {
  return Object.prototype.toString.call(object) === "[object Object]";
}

/** @template T @param {() => T} get @param {Place} place */
function read(get, place) {
  try {
    return get();
  } catch (thrown) {
    throw refused("a getter that throws", place, thrown);
  }
}

/** @param {ArrayBufferView | ArrayBufferLike} source @param {Place} place */
function bytesOf(source, place) {
  const buffer = ArrayBuffer.isView(source) ? source.buffer : source;
  if ("detached" in buffer ? buffer.detached : isDetached(buffer)) throw refused("a detached buffer", place);
  return ArrayBuffer.isView(source) ? new Uint8Array(buffer, source.byteOffset, source.byteLength) : new Uint8Array(buffer);
}

/** @param {ArrayBufferLike} buffer */
function isDetached(buffer) {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** @param {string} what @param {Place} place @param {unknown} [cause] */
function refused(what, place, cause) {
  const path = pathOf(place);
  const message = `${path ? `${path} is` : "the argument is"} ${what}, which cannot be sent to a task`;
  return new PerennialError("BadInput", message, cause === undefined ? { path } : { path, cause });
}

/**
 * A value from the bytes that a thread has made.
 * @param {ArrayBuffer} buffer
 * @returns {any}
 */
export function decode(buffer) {
  return new Reader(buffer).value();
}

class Reader {
  at = 0;

  /** @param {ArrayBuffer} buffer */
  constructor(buffer) {
    this.buffer = buffer;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  u32() {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  f64() {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  text() {
    const length = this.u32();
    this.at += length;
    return decoder.decode(this.bytes.subarray(this.at - length, this.at));
  }

  /** @returns {any} */
  value() {
    const tag = this.bytes[this.at++];
    switch (tag) {
      case TAG.undefined:
        return undefined;
      case TAG.null:
        return null;
      case TAG.false:
        return false;
      case TAG.true:
        return true;
      case TAG.int:
        return this.u32() | 0;
      case TAG.float:
        return this.f64();
      case TAG.bigint:
        return this.bigint();
      case TAG.string:
        return this.text();
      case TAG.buffer:
        return this.typed();
      case TAG.array:
        return this.array();
      case TAG.object:
        return this.object();
      case TAG.map:
        return this.map();
      case TAG.set:
        return new Set(this.array());
      case TAG.date:
        return new Date(this.f64());
      default:
        throw new PerennialError("TaskFailed", `its result cannot be read: unknown tag ${tag}`);
    }
  }

  bigint() {
    const signed = this.bytes[this.at++] === 1;
    const low = this.view.getBigUint64(this.at, true);
    const high = this.view.getBigUint64(this.at + 8, true);
    this.at += 16;
    const bits = (high << 64n) | low;
    return signed ? BigInt.asIntN(128, bits) : bits;
  }

  typed() {
    const kind = this.bytes[this.at++];
    const length = this.u32();
    this.at += length;
    const bytes = this.buffer.slice(this.at - length, this.at);
    return kind === ARRAY_BUFFER ? bytes : new KINDS[kind](bytes);
  }

  array() {
    const array = new Array(this.u32());
    for (let i = 0; i < array.length; i++) array[i] = this.value();
    return array;
  }

  object() {
    const count = this.u32();
    /** @type {Record<string, unknown>} */
    const object = {};
    for (let i = 0; i < count; i++) {
      const key = this.text();
      const value = this.value();
      // A plain assignment to `__proto__` would set the prototype.
      if (key === "__proto__") Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      else object[key] = value;
    }
    return object;
  }

  map() {
    const count = this.u32();
    const map = new Map();
    for (let i = 0; i < count; i++) map.set(this.value(), this.value());
    return map;
  }
}
