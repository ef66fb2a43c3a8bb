// @ts-check
// The threads' reports, for `for await`.

import { badConfig, section, shown } from "./options.js";

const BUFFER = 256;
const BUFFER_MAX = 1 << 16;

/** @typedef {{ resolve: (step: IteratorResult<any, undefined>) => void, reject: (reason: unknown) => void }} Asker a `next()` */
/** @typedef {{ put: (report: any) => void, end: (error?: unknown) => void }} Sink */

export class Reports {
  /** How many reports nobody has taken in time. */
  dropped = 0;

  /** @type {import("./driver.js").Driver} */
  #driver;
  /** @type {number} */
  #max;
  /** @type {any[]} */
  #kept = [];
  /** @type {Asker[]} */
  #askers = [];
  /** @type {"new" | "subscribed" | "ended"} */
  #state = "new";
  /** What the next `next()` rejects with. @type {unknown} */
  #error;
  /** @type {Sink} */
  #sink = { put: (report) => this.#put(report), end: (error) => this.#end(error) };

  /** @param {import("./driver.js").Driver} driver @param {unknown} options */
  constructor(driver, options) {
    const { buffer, ...rest } = section(options);
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) throw badConfig(unknown, "unknown", "buffer");
    const max = buffer ?? BUFFER;
    if (typeof max !== "number" || !Number.isInteger(max) || max < 1 || max > BUFFER_MAX) {
      throw badConfig("buffer", shown(buffer), `a whole number from 1 to ${BUFFER_MAX}`);
    }
    this.#driver = driver;
    this.#max = max;
  }

  /** @returns {Promise<IteratorResult<any, undefined>>} */
  next() {
    return new Promise((resolve, reject) => {
      this.#askers.push({ resolve, reject });
      if (this.#state === "new") {
        this.#state = "subscribed";
        this.#driver.subscribe(this.#sink);
      }
      this.#give();
    });
  }

  /** @param {any} [value] @returns {Promise<IteratorResult<any, any>>} */
  async return(value) {
    this.#kept = [];
    this.#end();
    return { done: true, value: await value };
  }

  /** @param {unknown} reason @returns {Promise<never>} */
  async throw(reason) {
    await this.return();
    throw reason;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.return();
  }

  /** @param {any} report */
  #put(report) {
    this.#kept.push(report);
    this.#give();
    if (this.#kept.length > this.#max) {
      this.#kept.shift();
      this.dropped++;
    }
  }

  /** @param {unknown} [error] */
  #end(error) {
    if (this.#state === "subscribed") this.#driver.unsubscribe(this.#sink);
    this.#state = "ended";
    this.#error = error;
    this.#give();
  }

  #give() {
    while (this.#askers.length > 0) {
      if (this.#kept.length === 0 && this.#state !== "ended") return;
      const asker = /** @type {Asker} */ (this.#askers.shift());
      if (this.#kept.length > 0) asker.resolve({ done: false, value: this.#kept.shift() });
      else if (this.#error === undefined) asker.resolve({ done: true, value: undefined });
      else {
        asker.reject(this.#error);
        this.#error = undefined;
      }
    }
  }
}
