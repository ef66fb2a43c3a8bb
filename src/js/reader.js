// @ts-check
// Values from the bytes that Rust writes: the tags and kinds of the table in `src/value/mod.rs`. `value.js` writes such bytes.

import { PerennialError } from "./errors.js";

export const TAG = {
  undefined: 0, null: 1, false: 2, true: 3, int: 4, float: 5, bigint: 6, string: 7, buffer: 8, segment: 9, array: 10,
  object: 11, map: 12, set: 13, date: 14,
};

/** By the number of their kind. */
export const KINDS = [
  Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array, BigUint64Array,
  BigInt64Array,
];
export const ARRAY_BUFFER = 10;

/** Up to this length a text of ASCII is copied letter by letter, which takes less than a call of the encoder or the decoder. */
export const LETTERS_MAX = 64;

// A leading byte order mark is a character like others.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What the coordinator tells. @param {Uint8Array} bytes of its memory */
export function told(bytes) {
  return new Reader(/** @type {ArrayBuffer} */ (bytes.slice().buffer)).first(0);
}

/**
 * Whether these are the bytes of a text of ASCII.
 * @param {Uint8Array} bytes @param {number} begin @param {number} end @param {string} text
 */
function isText(bytes, begin, end, text) {
  if (text.length !== end - begin) return false;
  for (let i = 0; begin + i < end; i++) if (bytes[begin + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** A text, if it is of ASCII. @param {Uint8Array} bytes @param {number} begin @param {number} length */
function lettersAt(bytes, begin, length) {
  const units = new Array(length);
  for (let i = 0; i < length; i++) {
    const unit = bytes[begin + i];
    if (unit > 0x7f) return undefined;
    units[i] = unit;
  }
  return String.fromCharCode.apply(null, units);
}

/** @param {number} kind @param {ArrayBuffer} bytes */
function viewOf(kind, bytes) {
  return kind === ARRAY_BUFFER ? bytes : new KINDS[kind](bytes);
}

/**
 * Names of fields, each where its bytes say: many objects have the same ones. All are ASCII, of `LETTERS_MAX` at the most.
 * @type {string[]}
 */
const names = new Array(256).fill("");

/** Reads the bytes that threads have made. */
export class Reader {
  at = 0;

  /** @param {ArrayBuffer} buffer @param {ArrayBuffer[]} [segments] its large buffers, which become the values' own */
  constructor(buffer, segments = []) {
    this.buffer = buffer;
    this.segments = segments;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  /** The value there. @param {number} from */
  first(from) {
    this.at = from;
    return this.value();
  }

  /**
   * The values there: a rejection and the task's own error if it can be had.
   * @param {number} from @param {number} to @returns {any[]}
   */
  all(from, to) {
    this.at = from;
    const values = [];
    do values.push(this.value());
    while (this.at < to);
    return values;
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
    const begin = this.at;
    this.at += length;
    const letters = length <= LETTERS_MAX ? lettersAt(this.bytes, begin, length) : undefined;
    return letters ?? decoder.decode(this.bytes.subarray(begin, this.at));
  }

  /** The name of a field. */
  name() {
    const length = this.view.getUint32(this.at, true);
    if (length > LETTERS_MAX) return this.text();
    const { bytes } = this;
    const begin = this.at + 4;
    const end = begin + length;
    let hash = length;
    for (let i = begin; i < end; i++) hash = (hash * 31 + bytes[i]) | 0;
    const place = hash & 0xff;
    const known = names[place];
    if (isText(bytes, begin, end, known)) {
      this.at = end;
      return known;
    }
    const name = this.text();
    // As many letters as bytes: ASCII.
    if (name.length === length) names[place] = name;
    return name;
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
      case TAG.segment:
        return this.beside();
      case TAG.array:
        return this.array();
      case TAG.object:
        return this.object();
      case TAG.map:
        return this.map();
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
    return viewOf(kind, this.buffer.slice(this.at - length, this.at));
  }

  beside() {
    const kind = this.bytes[this.at++];
    return viewOf(kind, this.segments[this.u32()]);
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
      const key = this.name();
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
