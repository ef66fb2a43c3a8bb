// @ts-check
// What the user holds.

import { Driver } from "./driver.js";
import { PerennialError } from "./errors.js";

/** @type {string | undefined} */
let glueUrl;

/** Called by the module's start function. @param {string} url */
export function installApp(url) {
  glueUrl = url;
}

/**
 * A small memory for the instance that only coordinates. The default of the glue reserves the linked maximum, 4 GiB, which
 * a phone refuses.
 *
 * ```js
 * await init({ memory: pageMemory() });
 * ```
 *
 * @param {{ initial?: number, maximum?: number }} [options] in bytes. `initial` (4 MiB) has to reach what the module
 *   declares, which grows with its statics; `maximum` (64 MiB) is what the page's own exports and the coordinator may use.
 * @returns {WebAssembly.Memory}
 */
export function pageMemory({ initial = 4 << 20, maximum = 64 << 20 } = {}) {
  isolated();
  const page = 1 << 16;
  return new WebAssembly.Memory({ initial: Math.ceil(initial / page), maximum: Math.floor(maximum / page), shared: true });
}

function isolated() {
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) {
    const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const message = `this page may not share memory between threads; serve it with the headers\n${lines.join("\n")}`;
    throw new PerennialError("NotIsolated", message, { headers });
  }
}

/**
 * A pool whose promises always settle. Events: `report`, `pressure`, `recyclestart`, `recycleend`, `recyclefailed`,
 * `snapshotfailed`, `generationlost`, `degraded`, `recovered`, `backpressure`, `drain`, `exit`; what they say is in `detail`.
 */
export class Pool extends EventTarget {
  /** @type {Driver} */
  #driver;

  /** @param {Driver} driver from `Pool.start` */
  constructor(driver) {
    super();
    if (!(driver instanceof Driver)) throw new PerennialError("BadConfig", "a pool is made by `await Pool.start(options)`");
    this.#driver = driver;
  }

  /**
   * As of any `EventTarget`.
   * @param {string} type @param {EventListenerOrEventListenerObject | null} listener
   * @param {boolean | AddEventListenerOptions} [options]
   */
  addEventListener(type, listener, options) {
    if (type === "report") this.#driver.hasReportListener = true;
    super.addEventListener(type, listener, options);
  }

  /**
   * Starts a pool, and its first generation with it.
   *
   * @param {Record<string, unknown>} [options]
   * @returns {Promise<Pool>} once it serves
   * @throws {PerennialError} `BadConfig`, `NotIsolated`, `StartFailed`
   */
  static async start(options) {
    isolated();
    if (glueUrl === undefined) {
      throw new PerennialError("StartFailed", "the module is not loaded: call its default export, `await init()`, first");
    }
    const app = await import(/* @vite-ignore */ glueUrl);
    const driver = new Driver(app, glueUrl, options);
    const pool = new Pool(driver);
    driver.onEvent = (type, detail) => pool.dispatchEvent(new CustomEvent(type, { detail }));
    await driver.init();
    return pool;
  }

  /**
   * Calls a task. The argument is taken at the call.
   *
   * @param {string} task
   * @param {unknown} [argument]
   * @param {import("./driver.js").RunOptions} [options]
   * @returns {Promise<any>} settles exactly once, whatever dies
   */
  run(task, argument, options) {
    try {
      return this.#driver.run(task, argument, options);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /**
   * Replaces the current generation. No job is lost by it.
   *
   * @returns {Promise<{ from: number, to: number, reason: string, pauseMs: number, totalMs: number, bytesFreed: number }>}
   *   once the old generation has ended
   * @throws {PerennialError} `StartFailed` if the new generation does not start: the old one serves on; `PoolExited`
   */
  recycle() {
    return this.#driver.recycle();
  }

  /** The pool at this moment. */
  health() {
    return this.#driver.health();
  }

  /**
   * Serves what was called, within `exitTimeout`, then ends everything: no worker, timer or memory of the pool is left.
   * What is not done by then, or waits while no generation serves, rejects with `PoolExited`.
   * @returns {Promise<void>}
   */
  exit() {
    return this.#driver.exit();
  }

  /**
   * Starts the pool again after `exit`, with the same options.
   * @returns {Promise<void>} once it serves
   */
  init() {
    return this.#driver.init();
  }

  [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    return this.exit();
  }
}
