// @ts-check
// Values as bytes: the other side of `src/value/mod.rs`, whose table has the format. `reader.js` has the way back.

import { PerennialError } from "./errors.js";
import { badConfig, shown } from "./options.js";
import { ARRAY_BUFFER, KINDS, LETTERS_MAX, TAG } from "./reader.js";
import { bytesOf, isBuffer, isDate, isMap, isSet, nameOf } from "./slots.js";

export { Reader, told } from "./reader.js";

/** @typedef {import("./protocol.js").Encoded} Encoded */

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
    writer.value(value);
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
    throw refused(thrown instanceof RangeError ? "too large to be copied" : "something that cannot be read", writer.path, thrown);
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

/** A step into a value: a field, an element's index, a key of a `Map`. @typedef {string | number | { key: unknown }} Step */

/** @param {Step[]} steps */
function pathOf(steps) {
  const words = steps.map((step) => {
    if (typeof step === "number") return `[${step}]`;
    if (typeof step === "string") return `.${step.length > 100 ? `${step.slice(0, 100)}…` : step}`;
    return `.get(${keyInWords(step.key)})`;
  });
  return words.join("").replace(/^\./, "");
}

/** @param {unknown} key of a `Map`, which may be a function or an object with a `toString` of its own */
function keyInWords(key) {
  return typeof key === "object" || typeof key === "function" ? "…" : String(key).slice(0, 40);
}

class Writer {
  bytes = new Uint8Array(256);
  view = new DataView(this.bytes.buffer);
  length = 0;
  limit = Infinity;
  /** `size` is that of an element. @type {{ bytes: Uint8Array, length: number, size: number, path: Step[] }[]} */
  segments = [];
  /** The values that hold the one being written. @type {object[]} */
  open = [];
  objects = 0;
  /** To the value being written. What throws leaves it as it is. @type {Step[]} */
  path = [];

  /** @param {number} more */
  room(more) {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    if (this.length > this.limit) throw this.exhausted(0);
    if (this.length > BYTES_MAX) throw refused(`more than ${BYTES_MAX} bytes without its large buffers`, []);
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
    this.objects = 0;
    // A new array takes longer than a look at an old one.
    if (this.segments.length > 0) this.segments = [];
    if (this.open.length > 0) this.open = [];
    if (this.path.length > 0) this.path = [];
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
    return this.segments.map(({ bytes, length, path }) => {
      this.path = path;
      // A getter that was read later may have moved or shrunk it.
      const buffer = /** @type {ArrayBuffer} */ (bytesAt(bytes, path).buffer);
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

  /** @param {string} text */
  text(text) {
    const { length } = text;
    if (length <= LETTERS_MAX && this.letters(text)) return;
    // UTF-8 takes one to three bytes for one UTF-16 unit.
    if (length > SHORT_MAX && this.length + length > this.limit) throw this.exhausted(length);
    this.room(4 + (length > SHORT_MAX ? length : length * 3));
    if (!isWellFormed(text)) throw refused("text with half of a surrogate pair", this.path);
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

  /** Writes a text of ASCII. Whether it was one. @param {string} text */
  letters(text) {
    const { length } = text;
    this.room(4 + length);
    const { bytes } = this;
    const begin = this.length + 4;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return false;
      bytes[begin + i] = unit;
    }
    this.view.setUint32(this.length, length, true);
    this.length = begin + length;
    return true;
  }

  /** @param {bigint} number */
  bigint(number) {
    const signed = number < 0n;
    const fits = signed ? BigInt.asIntN(128, number) === number : BigInt.asUintN(128, number) === number;
    if (!fits) throw refused("a bigint of more than 128 bits", this.path);
    this.byte(TAG.bigint);
    this.byte(signed ? 1 : 0);
    this.room(16);
    const bits = BigInt.asUintN(128, number);
    this.view.setBigUint64(this.length, BigInt.asUintN(64, bits), true);
    this.view.setBigUint64(this.length + 8, bits >> 64n, true);
    this.length += 16;
  }

  /** @param {unknown} value */
  value(value) {
    switch (typeof value) {
      case "undefined":
        return this.byte(TAG.undefined);
      case "boolean":
        return this.byte(value ? TAG.true : TAG.false);
      case "number":
        return this.number(value);
      case "bigint":
        return this.bigint(value);
      case "string":
        this.byte(TAG.string);
        return this.text(value);
      case "object":
        return value === null ? this.byte(TAG.null) : this.object(value);
      default:
        throw refused(`a ${typeof value}`, this.path);
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

  /** @param {object} object */
  object(object) {
    if (ArrayBuffer.isView(object)) return this.typed(object);
    if (object instanceof ArrayBuffer || (typeof SharedArrayBuffer !== "undefined" && object instanceof SharedArrayBuffer)) {
      return this.buffer(ARRAY_BUFFER, bytesAt(object, this.path));
    }
    if (object instanceof Date) return this.date(object);
    if (++this.objects > OBJECTS_MAX) throw refused(`a value of more than ${OBJECTS_MAX} objects and arrays`, []);
    const { open } = this;
    if (open.includes(object)) throw refused("a reference to what holds it", this.path);
    if (open.length === DEPTH_MAX) throw refused(`a value nested deeper than ${DEPTH_MAX}`, this.path);
    open.push(object);
    if (Array.isArray(object)) this.array(object);
    else if (object instanceof Map) this.map(object);
    else if (object instanceof Set) this.set(object);
    else if (isPlain(object)) this.fields(object);
    else this.foreign(object);
    open.pop();
  }

  /**
   * What is of another window. Looked for last: it takes an exception to find that it is none of these.
   * @param {object} object
   */
  foreign(object) {
    if (isBuffer(object)) this.buffer(ARRAY_BUFFER, bytesAt(object, this.path));
    else if (isDate(object)) this.date(object);
    else if (isMap(object)) this.map(object);
    else if (isSet(object)) this.set(object);
    else throw refused(shown(object), this.path);
  }

  /** @param {Date} date */
  date(date) {
    const milliseconds = date.getTime();
    if (Number.isNaN(milliseconds)) throw refused("an invalid date", this.path);
    this.byte(TAG.date);
    this.f64(milliseconds);
    this.text(new Date(milliseconds).toISOString());
  }

  /** @param {ArrayBufferView} view */
  typed(view) {
    const name = nameOf(view);
    const kind = name === undefined ? ARRAY_BUFFER : KIND_OF.get(name);
    // What is newer than this table.
    if (kind === undefined) throw refused(shown(view), this.path);
    this.buffer(kind, bytesAt(view, this.path));
  }

  /** @param {number} kind @param {Uint8Array} bytes */
  buffer(kind, bytes) {
    if (bytes.length >= BESIDE_FROM) {
      this.byte(TAG.segment);
      this.byte(kind);
      this.u32(this.segments.length);
      const size = kind === ARRAY_BUFFER ? 1 : KINDS[kind].BYTES_PER_ELEMENT;
      this.segments.push({ bytes, length: bytes.length, size, path: [...this.path] });
      return;
    }
    this.byte(TAG.buffer);
    this.byte(kind);
    this.u32(bytes.length);
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** @param {unknown[]} array */
  array(array) {
    this.byte(TAG.array);
    const { length } = array;
    this.u32(length);
    const { path } = this;
    for (let key = 0; key < length; key++) {
      path.push(key);
      const value = this.read(array, key);
      if (value === undefined && !(key in array)) throw refused("a hole of a sparse array", path);
      this.value(value);
      path.pop();
    }
  }

  /** @param {Map<unknown, unknown>} map */
  map(map) {
    const at = this.counted(TAG.map);
    let count = 0;
    const { path } = this;
    for (const [key, value] of map) {
      path.push({ key });
      this.value(key);
      this.value(value);
      path.pop();
      count++;
    }
    this.view.setUint32(at, count, true);
  }

  /** @param {Set<unknown>} set */
  set(set) {
    const at = this.counted(TAG.set);
    let count = 0;
    const { path } = this;
    for (const value of set) {
      path.push(count++);
      this.value(value);
      path.pop();
    }
    this.view.setUint32(at, count, true);
  }

  /** Own enumerable fields. One that is `undefined` counts as absent. @param {object} object */
  fields(object) {
    const at = this.counted(TAG.object);
    let count = 0;
    const { path } = this;
    for (const key of Object.keys(object)) {
      path.push(key);
      const value = this.read(object, key);
      if (value !== undefined) {
        this.text(key);
        this.value(value);
        count++;
      }
      path.pop();
    }
    this.view.setUint32(at, count, true);
  }

  /** @param {any} object @param {PropertyKey} key @returns {unknown} */
  read(object, key) {
    try {
      return object[key];
    } catch (thrown) {
      throw refused("a getter that throws", this.path, thrown);
    }
  }

  /**
   * A tag, and room for a count that is known at the end: a getter may add what is counted. Where that is.
   * @param {number} tag
   */
  counted(tag) {
    this.byte(tag);
    this.u32(0);
    return this.length - 4;
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

/** @param {ArrayBufferView | ArrayBufferLike} source @param {Step[]} path */
function bytesAt(source, path) {
  const bytes = bytesOf(source);
  if (typeof bytes === "string") throw refused(bytes, path);
  return bytes;
}

/** @param {string} what @param {Step[]} steps to it @param {unknown} [cause] */
function refused(what, steps, cause) {
  const path = pathOf(steps);
  const message = `${path ? `${path} is` : "the argument is"} ${what}, which cannot be sent to a task`;
  return new PerennialError("BadInput", message, cause === undefined ? { path } : { path, cause });
}

/** @param {{ requested: number, live: number, limit: number }} fields in bytes */
export function exhausted({ requested, live, limit }) {
  const message = `the memory has no room: ${requested} bytes requested with ${live} of ${limit} in use`;
  return new PerennialError("MemoryExhausted", message, { requested, live, limit });
}
