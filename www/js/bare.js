// @ts-check
/** @import { Keys } from "./types.js" */

/** @typedef {{ running: boolean, made: number, failed: number, lost: number, inFlight: number, oldestMs: number }} Counts */

/** @typedef {"none" | "loading" | "working" | "frozen" | "dead" | "failed"} Status */

/**
 * @typedef {object} State
 * @property {Status} status
 * @property {number} since  when that began, as `performance.now()`
 * @property {string} words
 * @property {string} error
 * @property {number} threads
 * @property {number} reservedBytes
 * @property {number} limitBytes
 * @property {number} made  by all works together, as `failed` and `lost`
 * @property {number} failed
 * @property {number} lost
 * @property {number} fulfilled  calls, abuses too, as `rejected` and `unsettled`
 * @property {number} rejected
 * @property {number} unsettled
 * @property {number} oldestMs  of the calls
 * @property {Record<string, Counts>} works
 */

/** @typedef {{ threads: number, limit: number | string, keys?: Keys }} Settings */

/** A worker that has not answered for so long is called frozen. The longest call here takes a second or two. */
const FROZEN_MS = 5000;
const START_MS = 20_000;

const UNITS = /** @type {Record<string, number>} */ ({ KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 });

/** @type {State} */
const NONE = {
  status: "none",
  since: 0,
  words: "Not loaded.",
  error: "",
  threads: 0,
  reservedBytes: 0,
  limitBytes: 0,
  made: 0,
  failed: 0,
  lost: 0,
  fulfilled: 0,
  rejected: 0,
  unsettled: 0,
  oldestMs: 0,
  works: {},
};

/**
 * Bare wasm-bindgen-rayon in an iframe of its own, watched from outside. Fires `change` with each new state, and `log`.
 *
 * The iframe's page is of our origin and shares our thread, so that it freezes only together with ours. What freezes is its
 * worker; its page hears that nothing comes, and tells.
 */
export class Bare extends EventTarget {
  /** @type {State} */
  state = NONE;
  #host;
  /** @type {HTMLIFrameElement | null} */
  #frame = null;
  /** @type {Settings | null} */
  #settings = null;
  /** What is on, to be on again after a reload. @type {Map<string, object>} */
  #wishes = new Map();
  /** @type {{ resolve: () => void, reject: (error: Error) => void, timer: ReturnType<typeof setTimeout> } | null} */
  #loading = null;

  /** @param {Element} host what the iframe is put into, and fills */
  constructor(host) {
    super();
    this.#host = host;
    addEventListener("message", ({ data, source, origin }) => {
      const isOurs = source !== null && source === this.#frame?.contentWindow && origin === location.origin;
      if (isOurs && data.from === "bare") this.#hear(data);
    });
  }

  /**
   * Resolves once it works; rejects in words if it does not start.
   * @param {Settings} settings
   * @returns {Promise<void>}
   */
  async load(settings) {
    this.unload();
    this.#settings = settings;
    const limitBytes = bytesOf(settings.limit);
    this.#become({ ...NONE, status: "loading", since: performance.now(), words: "Starting.", threads: settings.threads, limitBytes });
    const frame = document.createElement("iframe");
    frame.title = "Bare wasm-bindgen-rayon at the same work";
    frame.src = new URL("../bare/index.html", import.meta.url).href;
    frame.style.cssText = "display: block; width: 100%; height: 100%; border: 0";
    this.#frame = frame;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#failed(`it is not up after ${START_MS / 1000} s`), START_MS);
      this.#loading = { resolve, reject, timer };
      this.#host.replaceChildren(frame);
    });
  }

  /** A new iframe with the last settings; what was on is on again. */
  async reload() {
    if (!this.#settings) throw new Error("there is nothing to reload: call `load` first");
    return this.load(this.#settings);
  }

  /** Takes the iframe away, and all that is in it. */
  unload() {
    this.#settleLoading(new Error("it was taken away before it was up"));
    this.#frame?.remove();
    this.#frame = null;
    if (this.state.status !== "none") this.#become({ ...NONE, since: performance.now() });
  }

  /**
   * @param {"proofs" | "mandelbrot" | "photo"} name
   * @param {boolean} on
   */
  work(name, on) {
    this.#wish(name, { kind: "work", name, on });
  }

  /** @param {number} rate in MiB per second; 0 ends it */
  leak(rate) {
    this.#wish("leak", { kind: "leak", rate });
  }

  /** @param {number} count of jobs of proofs and of the zoom that are kept going, each */
  inFlight(count) {
    this.#wish("inFlight", { kind: "inFlight", count });
  }

  /** @param {string} name as in `ABUSES` */
  abuse(name) {
    this.#order({ kind: "abuse", name });
  }

  /** @param {Blob} file */
  photo(file) {
    this.#wish("file", { kind: "photo", file });
  }

  /** @param {"light" | "dark" | ""} name */
  theme(name) {
    this.#wish("theme", { kind: "theme", name });
  }

  /**
   * @param {string} name
   * @param {object} order
   */
  #wish(name, order) {
    this.#wishes.set(name, order);
    this.#order(order);
  }

  /** @param {object} order */
  #order(order) {
    this.#frame?.contentWindow?.postMessage(order, location.origin);
  }

  /** @param {any} message */
  #hear(message) {
    if (message.kind === "log") {
      const { text, tone = "plain" } = message;
      this.dispatchEvent(new CustomEvent("log", { detail: { text, tone } }));
    } else if (message.kind === "hello") {
      const { threads, keys } = /** @type {Settings} */ (this.#settings);
      this.#order({ kind: "load", threads, limitBytes: this.state.limitBytes, keys });
      for (const order of this.#wishes.values()) this.#order(order);
    } else if (message.kind === "state") {
      this.#judge(message);
    }
  }

  /** @param {any} told */
  #judge(told) {
    if (this.state.status === "failed") return;
    if (told.phase === "failed") return this.#failed(told.error);
    const { reservedBytes, fulfilled, rejected, unsettled, oldestMs, works, error, answeredMsAgo } = told;
    const status = statusOf(told, this.state.status);
    const now = performance.now();
    const began = status === "frozen" ? now - answeredMsAgo : now;
    const since = status === this.state.status ? this.state.since : began;
    const counts = /** @type {Counts[]} */ (Object.values(works));
    const sum = (/** @type {"made" | "failed" | "lost"} */ name) => counts.reduce((sum, count) => sum + count[name], 0);
    const words = wordsOf(status, { seconds: (now - since) / 1000, error, unsettled });
    this.#become({
      ...this.state,
      ...{ status, since, words, error, reservedBytes, fulfilled, rejected, unsettled, oldestMs, works },
      ...{ made: sum("made"), failed: sum("failed"), lost: sum("lost") },
    });
    if (status === "working") this.#settleLoading(null);
  }

  /** @param {string} error */
  #failed(error) {
    const words = `It did not start: ${error}.`;
    this.#become({ ...this.state, status: "failed", since: performance.now(), words, error });
    this.#settleLoading(new Error(words));
  }

  /** @param {Error | null} error */
  #settleLoading(error) {
    if (!this.#loading) return;
    const { resolve, reject, timer } = this.#loading;
    this.#loading = null;
    clearTimeout(timer);
    if (error) reject(error);
    else resolve();
  }

  /** @param {State} state */
  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {{ phase: string, answeredMsAgo: number, wasBusy: boolean }} told
 * @param {Status} before
 * @returns {Status}
 */
function statusOf({ phase, answeredMsAgo, wasBusy }, before) {
  if (phase === "loading") return "loading";
  if (phase === "dead") return "dead";
  if (answeredMsAgo < FROZEN_MS) return "working";
  return wasBusy ? before : "frozen";
}

/**
 * @param {Status} status
 * @param {{ seconds: number, error: string, unsettled: number }} told
 */
function wordsOf(status, { seconds, error, unsettled }) {
  const calls = unsettled === 1 ? "1 call waits" : `${unsettled} calls wait`;
  if (status === "frozen") return `No answer for ${seconds.toFixed(0)} s: ${calls}, and nothing says whether for ever.`;
  if (status === "dead") return `Each call fails: ${error}.`;
  return status === "loading" ? "Starting." : "Working.";
}

/** @param {number | string} size bytes, or as `"256MiB"` */
function bytesOf(size) {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(KiB|MiB|GiB)$/.exec(String(size)) ?? [];
  const bytes = unit ? Number(count) * UNITS[unit] : Number(size);
  if (!(bytes > 0)) throw new Error(`a limit of ${size} is no size: give bytes, or as "256MiB"`);
  return bytes;
}
