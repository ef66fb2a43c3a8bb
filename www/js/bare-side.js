// @ts-check
// Bare wasm-bindgen-rayon, as this page shows it.

import { Bare } from "./bare.js";
import { History } from "./history.js";
/** @import { Log } from "./log.js" */
/** @import { Keys } from "./types.js" */
/** @import { Settings } from "./pool-side.js" */

/** Fires `change` with each new state. */
export class BareSide extends EventTarget {
  history = new History();
  #bare;
  #log;
  #status = "none";
  /** Each instance has its own line. */
  #instance = 0;

  /**
   * @param {HTMLElement} place for its iframe
   * @param {Log} log
   */
  constructor(place, log) {
    super();
    this.#log = log;
    this.#bare = new Bare(place);
    this.#bare.addEventListener("change", () => this.#look());
    this.#bare.addEventListener("log", (event) => {
      const { text, tone } = /** @type {CustomEvent} */ (event).detail;
      log.add("bare", text, tone);
    });
  }

  get state() {
    return this.#bare.state;
  }

  /** Whether there is an iframe, in whatever state. */
  get isLoaded() {
    return this.state.status !== "none";
  }

  /** Whether it will not do anything more by itself. */
  get isLost() {
    return ["frozen", "dead", "failed"].includes(this.state.status);
  }

  /**
   * @param {Settings} settings
   * @param {Keys} [keys]
   */
  async load({ threads, limit }, keys) {
    this.#instance += 1;
    await this.#told(this.#bare.load({ threads, limit, keys }));
  }

  /** A new iframe: all that helps it. */
  async reload() {
    this.#instance += 1;
    await this.#told(this.#bare.reload());
  }

  unload() {
    this.#bare.unload();
  }

  /**
   * @param {"proofs" | "mandelbrot" | "photo"} name
   * @param {boolean} on
   */
  work(name, on) {
    this.#bare.work(name, on);
  }

  /** @param {number} rate in MiB per second */
  leak(rate) {
    this.#bare.leak(rate);
  }

  /** @param {number} count of jobs in flight, of each work that has several */
  inFlight(count) {
    this.#bare.inFlight(count);
  }

  /** @param {string} name one of `ABUSES` */
  abuse(name) {
    if (this.isLoaded) this.#bare.abuse(name);
  }

  /** @param {File} file */
  photo(file) {
    this.#bare.photo(file);
  }

  /** @param {"light" | "dark" | ""} name */
  theme(name) {
    this.#bare.theme(name);
  }

  sample(now = performance.now()) {
    const { reservedBytes, status } = this.state;
    const holds = reservedBytes > 0 && status !== "none";
    this.history.sample(holds ? [{ key: String(this.#instance), hue: 0, reserved: reservedBytes, live: null }] : [], now);
  }

  #look() {
    const { status } = this.state;
    if (status !== this.#status && this.isLost) this.history.mark(status, "bad", performance.now());
    this.#status = status;
    this.dispatchEvent(new Event("change"));
  }

  /** A side that does not start says so in its state; the other goes on. @param {Promise<unknown>} loading */
  async #told(loading) {
    try {
      await loading;
    } catch (error) {
      this.#log.add("bare", `It did not start: ${error instanceof Error ? error.message : error}`, "bad");
    }
  }
}
