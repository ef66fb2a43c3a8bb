// @ts-check
// Values as bytes: the other side of `src/value/mod.rs`, whose table has the format.

import { PerennialError } from "./errors.js";
import { badConfig, shown } from "./options.js";
import { bytesOf, isBuffer, isDate, isMap, isSet, nameOf } from "./slots.js";

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
/** By the name of their class. Clamped ones are bytes. */
const KIND_OF = new Map([...KINDS.map((type, kind) => /** @type {const} */ ([type.name, kind])), ["Uint8ClampedArray", 0]]);

/** Buffers from this size on travel beside the value, so that each is copied once. As in `src/value/beside.rs`. */
const BESIDE_FROM = 64 * 1024;
/** As deep as the Rust side reads. */
const DEPTH_MAX = 128;
/**
 * As many objects and arrays, and as many bytes beside the large buffers, as one value may have. A few seconds are enough to
 * write them; sixty arrays of which each holds the next one twice would take for ever.
 */
const OBJECTS_MAX = 1 << 24;
const BYTES_MAX = 1 << 30;

/** A writer whose buffer has become larger is not kept. */
const KEPT_MAX = 64 * 1024;
/** A longer text is not given the most that it may take. */
const SHORT_MAX = 4096;

const encoder = new TextEncoder();
// A leading byte order mark is a character like others.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** @type {Set<ArrayBuffer>} */
const NONE = new Set();
/** What small values have beside them. @type {ArrayBuffer[]} */
const NO_SEGMENTS = [];
/** @type {number[]} */
const NO_SIZES = [];
/** Making a writer takes longer than writing a number. @type {Writer | undefined} */
let spare;

/**
 * Takes a value at the time of the call: all is copied but the buffers in `moving`, if they are large and in the value once, as
 * a whole; else they are copied too. Those that were not copied are to be moved at once, by `moved`.
 *
 * @param {unknown} value
 * @param {Set<ArrayBuffer>} [moving]
 * @param {number} [limit] bytes that a generation's memory may have
 * @returns {Encoded}
 * @throws {PerennialError} `BadInput`, with the path of what cannot be sent; `MemoryExhausted`, before the large buffers are
 *   copied, if they cannot fit the limit
 */
export function take(value, moving = NONE, limit = Infinity) {
  // A getter may call in here: then there is none to spare.
  const writer = spare ?? new Writer();
  spare = undefined;
  writer.limit = limit;
  try {
    writer.value(value, undefined);
    const requested = writer.total();
    if (requested > limit) throw exhausted({ requested, live: 0, limit });
    const head = writer.head();
    if (writer.segments.length === 0) return { head, segments: NO_SEGMENTS, sizes: NO_SIZES };
    const segments = writer.taken(moving);
    const sizes = writer.segments.map(({ size }) => size);
    return { head, segments, sizes };
  } catch (thrown) {
    if (thrown instanceof PerennialError) throw thrown;
    // The user's code in a proxy, or what is no `Map` but says so; or no memory for a copy.
    throw refused(thrown instanceof RangeError ? "too large to be copied" : "something that cannot be read", writer.place, thrown);
  } finally {
    if (writer.clear()) spare = writer;
  }
}

/** @param {Uint8Array} bytes @returns {ArrayBuffer} */
function copyOf(bytes) {
  return /** @type {ArrayBuffer} */ (bytes.slice().buffer);
}

/**
 * With those of its buffers moved that are in `moving`.
 * @param {Encoded} taken @param {Set<ArrayBuffer>} moving @returns {Encoded}
 * @throws {PerennialError} `BadConfig`, if they cannot be moved
 */
export function moved({ head, segments: all, sizes }, moving) {
  let begun = false;
  const segments = all.map((segment) => {
    if (!moving.has(segment)) return segment;
    try {
      const moved = structuredClone(segment, { transfer: [segment] });
      begun = true;
      return moved;
    } catch (cause) {
      // Nothing is moved for a call that is refused, so one after another that has moved already is copied.
      if (begun) return segment.slice(0);
      throw badConfig("transfer", "a buffer that cannot be moved", "buffers that do not belong to a WebAssembly memory", cause);
    }
  });
  return { head, segments, sizes };
}

/** Where in a value: its key, and the place of what holds it. @typedef {{ key: string | number, in: Place } | undefined} Place */

/** @param {Place} place */
function pathOf(place) {
  let path = "";
  for (let at = place; at; at = at.in) {
    path = (typeof at.key === "number" ? `[${at.key}]` : `.${at.key.length > 100 ? `${at.key.slice(0, 100)}…` : at.key}`) + path;
  }
  return path.replace(/^\./, "");
}

class Writer {
  bytes = new Uint8Array(256);
  view = new DataView(this.bytes.buffer);
  length = 0;
  limit = Infinity;
  /** `size` is that of an element. @type {{ bytes: Uint8Array, length: number, size: number, place: Place }[]} */
  segments = [];
  /** The values that hold the one being written. @type {Set<object>} */
  open = new Set();
  objects = 0;
  /** Of the value being written. @type {Place} */
  place;

  /** @param {number} more */
  room(more) {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    if (this.length > this.limit) throw this.exhausted(0);
    if (this.length > BYTES_MAX) throw refused(`more than ${BYTES_MAX} bytes without its large buffers`, undefined);
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** The value is larger than a memory may be, also if nothing follows. @param {number} more bytes that follow at the least */
  exhausted(more) {
    return exhausted({ requested: this.total() + more, live: 0, limit: this.limit });
  }

  /** Bytes, with what is beside. */
  total() {
    return this.segments.reduce((sum, { length }) => sum + length, this.length);
  }

  /** A copy of what was written: a buffer's whole, and of few bytes one without a buffer, which costs ten times as much. */
  head() {
    return /** @type {Uint8Array<ArrayBuffer>} */ (this.bytes.slice(0, this.length));
  }

  /** Forgets the value. Whether this writer is worth keeping. */
  clear() {
    this.length = 0;
    this.segments = [];
    this.open.clear();
    this.objects = 0;
    this.place = undefined;
    return this.bytes.length <= KEPT_MAX;
  }

  /**
   * What the segments are: the buffers that move, and copies of the others.
   * @param {Set<ArrayBuffer>} moving
   */
  taken(moving) {
    /** How often each buffer is in the value: one that is there twice cannot be moved. @type {Map<ArrayBufferLike, number>} */
    const uses = new Map();
    for (const { bytes } of this.segments) uses.set(bytes.buffer, (uses.get(bytes.buffer) ?? 0) + 1);
    return this.segments.map(({ bytes, length, place }) => {
      this.place = place;
      // A getter that was read later may have moved or shrunk it.
      const buffer = /** @type {ArrayBuffer} */ (bytesAt(bytes, place).buffer);
      const moves = moving.has(buffer) && uses.get(buffer) === 1 && length === buffer.byteLength;
      return moves ? buffer : copyOf(bytes);
    });
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

  /** @param {string} text @param {Place} place */
  text(text, place) {
    const { length } = text;
    // UTF-8 takes one to three bytes for one UTF-16 unit.
    if (length > SHORT_MAX && this.length + length > this.limit) throw this.exhausted(length);
    this.room(4 + (length > SHORT_MAX ? length : length * 3));
    if (!isWellFormed(text)) throw refused("text with half of a surrogate pair", place);
    const begin = this.length;
    this.length += 4;
    for (let rest = text; ; ) {
      const { read, written } = encoder.encodeInto(rest, this.bytes.subarray(this.length));
      this.length += written;
      if (read === rest.length) break;
      rest = rest.slice(read);
      // Room for one code point more, or it would not go on.
      this.room(rest.length + 4);
    }
    this.view.setUint32(begin, this.length - begin - 4, true);
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
    this.place = place;
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
        return this.text(value, place);
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
      return this.buffer(ARRAY_BUFFER, bytesAt(object, place), place);
    }
    if (object instanceof Date) return this.date(object, place);
    if (++this.objects > OBJECTS_MAX) throw refused(`a value of more than ${OBJECTS_MAX} objects and arrays`, undefined);
    if (this.open.has(object)) throw refused("a reference to what holds it", place);
    if (this.open.size === DEPTH_MAX) throw refused(`a value nested deeper than ${DEPTH_MAX}`, place);
    this.open.add(object);
    if (Array.isArray(object)) this.array(object, place);
    else if (object instanceof Map) this.map(object, place);
    else if (object instanceof Set) this.set(object, place);
    else if (isPlain(object)) this.fields(object, place);
    else this.foreign(object, place);
    this.open.delete(object);
  }

  /**
   * What is of another window. Looked for last: it takes an exception to find that it is none of these.
   * @param {object} object @param {Place} place
   */
  foreign(object, place) {
    if (isBuffer(object)) this.buffer(ARRAY_BUFFER, bytesAt(object, place), place);
    else if (isDate(object)) this.date(object, place);
    else if (isMap(object)) this.map(object, place);
    else if (isSet(object)) this.set(object, place);
    else throw refused(shown(object), place);
  }

  /** @param {Date} date @param {Place} place */
  date(date, place) {
    const milliseconds = date.getTime();
    if (Number.isNaN(milliseconds)) throw refused("an invalid date", place);
    this.byte(TAG.date);
    this.f64(milliseconds);
    this.text(new Date(milliseconds).toISOString(), place);
  }

  /** @param {ArrayBufferView} view @param {Place} place */
  typed(view, place) {
    const name = nameOf(view);
    const kind = name === undefined ? ARRAY_BUFFER : KIND_OF.get(name);
    // What is newer than this table.
    if (kind === undefined) throw refused(shown(view), place);
    this.buffer(kind, bytesAt(view, place), place);
  }

  /** @param {number} kind @param {Uint8Array} bytes @param {Place} place */
  buffer(kind, bytes, place) {
    if (bytes.length >= BESIDE_FROM) {
      this.byte(TAG.segment);
      this.byte(kind);
      this.u32(this.segments.length);
      const size = kind === ARRAY_BUFFER ? 1 : KINDS[kind].BYTES_PER_ELEMENT;
      this.segments.push({ bytes, length: bytes.length, size, place });
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
    const { length } = array;
    this.u32(length);
    for (let key = 0; key < length; key++) {
      const at = { key, in: place };
      const value = read(() => array[key], at);
      if (value === undefined && !(key in array)) throw refused("a hole of a sparse array", at);
      this.value(value, at);
    }
  }

  /** @param {Map<unknown, unknown>} map @param {Place} place */
  map(map, place) {
    const count = this.counted(TAG.map);
    for (const [key, value] of map) {
      const at = { key: `get(${typeof key === "object" ? "…" : String(key).slice(0, 40)})`, in: place };
      this.value(key, at);
      this.value(value, at);
      count.add();
    }
  }

  /** @param {Set<unknown>} set @param {Place} place */
  set(set, place) {
    const count = this.counted(TAG.set);
    for (const value of set) this.value(value, { key: count.add(), in: place });
  }

  /** Own enumerable fields. One that is `undefined` counts as absent. @param {object} object @param {Place} place */
  fields(object, place) {
    const count = this.counted(TAG.object);
    for (const key of Object.keys(object)) {
      const at = { key, in: place };
      const value = read(() => /** @type {any} */ (object)[key], at);
      if (value === undefined) continue;
      this.text(key, at);
      this.value(value, at);
      count.add();
    }
  }

  /** A tag and a count that is known at the end: a getter may add what is counted. @param {number} tag */
  counted(tag) {
    this.byte(tag);
    const at = this.length;
    this.u32(0);
    let count = 0;
    const add = () => {
      this.view.setUint32(at, count + 1, true);
      return count++;
    };
    return { add };
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

/** Whether it is the same text in UTF-8. @param {string} text */
function isWellFormed(text) {
  const { isWellFormed } = /** @type {{ isWellFormed?: () => boolean }} */ (/** @type {unknown} */ (String.prototype));
  return isWellFormed ? isWellFormed.call(text) : !/\p{Surrogate}/u.test(text);
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
function bytesAt(source, place) {
  const bytes = bytesOf(source);
  if (typeof bytes === "string") throw refused(bytes, place);
  return bytes;
}

/** @param {string} what @param {Place} place @param {unknown} [cause] */
function refused(what, place, cause) {
  const path = pathOf(place);
  const message = `${path ? `${path} is` : "the argument is"} ${what}, which cannot be sent to a task`;
  return new PerennialError("BadInput", message, cause === undefined ? { path } : { path, cause });
}

/** @param {{ requested: number, live: number, limit: number }} fields in bytes */
export function exhausted({ requested, live, limit }) {
  const message = `the memory has no room: ${requested} bytes requested with ${live} of ${limit} in use`;
  return new PerennialError("MemoryExhausted", message, { requested, live, limit });
}

/** What the coordinator tells. @param {Uint8Array} bytes of its memory */
export function told(bytes) {
  return new Reader(copyOf(bytes)).all(0, bytes.length)[0];
}

/** @param {number} kind @param {ArrayBuffer} bytes */
function viewOf(kind, bytes) {
  return kind === ARRAY_BUFFER ? bytes : new KINDS[kind](bytes);
}

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

  /**
   * The values there: a result, or a rejection and the task's own error if it can be had.
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
