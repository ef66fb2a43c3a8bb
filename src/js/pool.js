// @ts-check
// What the user holds.

import { Driver } from "./driver.js";
import { PerennialError } from "./errors.js";
import { importGlue } from "./glue.js";
import { Results } from "./map.js";
import { badConfig, noOptions, section, shown } from "./options.js";
import { role } from "./protocol.js";
import { Reports } from "./reports.js";

export { told } from "./value.js";

/** @type {string | undefined} */
let glueUrl;

/** Called by the module's start function. @param {string} url */
export function installApp(url) {
  glueUrl = url;
}

/** What WebAssembly counts memory in, and the most it can address. */
const PAGE = 1 << 16;
const BYTES_MAX = 2 ** 32;

/**
 * A small memory for the instance that only coordinates. The default of the glue reserves the linked maximum, 4 GiB, which
 * a phone refuses.
 *
 * ```js
 * await init({ memory: pageMemory() });
 * ```
 *
 * @param {{ initial?: number, maximum?: number }} [options] in bytes. `initial` (4 MiB) has to reach what the module
 *   declares, which grows with its statics; `maximum` (64 MiB, or `initial` if that is more) is what the page's own exports
 *   and the coordinator may use.
 * @returns {WebAssembly.Memory}
 * @throws {PerennialError} `BadConfig`, also if the device refuses the memory; `NotIsolated`
 */
export function pageMemory(options) {
  isolated();
  const { initial, maximum, ...rest } = section(options);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw badConfig(unknown, "unknown", "one of initial, maximum");
  const first = bytes("initial", initial, PAGE, 4 << 20);
  const most = bytes("maximum", maximum, first, Math.max(64 << 20, first));
  const pages = { initial: Math.ceil(first / PAGE), maximum: Math.max(Math.floor(most / PAGE), Math.ceil(first / PAGE)) };
  try {
    return new WebAssembly.Memory({ ...pages, shared: true });
  } catch (cause) {
    throw badConfig("maximum", `${most}, which this device refuses`, "fewer bytes", cause);
  }
}

/** @param {string} field @param {unknown} value @param {number} least @param {number} otherwise */
function bytes(field, value, least, otherwise) {
  if (value === undefined || value === null) return otherwise;
  if (typeof value === "number" && value >= least && value <= BYTES_MAX) return value;
  throw badConfig(field, shown(value), `bytes as a number, from ${least} to ${BYTES_MAX}`);
}

function isolated() {
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) {
    const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    // Elsewhere browsers ignore the headers.
    const secure = globalThis.isSecureContext === false ? " over https, or from localhost," : "";
    const message = `this page may not share memory between threads; serve it${secure} with the headers\n${lines.join("\n")}`;
    throw new PerennialError("NotIsolated", message, { headers });
  }
}

/**
 * A task's realm never returns to its event loop, so no promise of a pool could settle there; a leader's would start pools
 * without end if the module's start function did so. Thrown, not rejected, for the same reason: nobody could hear it.
 */
function here() {
  const where = role();
  if (where === "coordinator") return;
  const message = `this is a ${where} of a generation, where no pool can be used: a task that needs another one calls its Rust function`;
  throw new PerennialError("NotHere", message, { role: where });
}

/**
 * A pool whose promises always settle. Events: `report`, `pressure`, `limitreduced`, `recyclestart`, `recycleend`,
 * `recyclefailed`, `snapshotfailed`, `generationlost`, `degraded`, `recovered`, `backpressure`, `drain`, `exit`; what they say
 * is in `detail`.
 */
export class Pool extends EventTarget {
  /** @type {Driver} */
  #driver;

  /** @param {Driver} driver from `Pool.start` */
  constructor(driver) {
    super();
    if (!(driver instanceof Driver)) {
      const [message, accepted] = ["a pool is made by `await Pool.start(options)`", "what `Pool.start` gives"];
      throw new PerennialError("BadConfig", message, { field: "driver", value: shown(driver), accepted });
    }
    this.#driver = driver;
  }

  /**
   * As of any `EventTarget`.
   * @param {string} type @param {EventListenerOrEventListenerObject | null} listener
   * @param {boolean | AddEventListenerOptions} [options]
   */
  addEventListener(type, listener, options) {
    if (type === "report") this.#driver.listenToReports();
    super.addEventListener(type, listener, options);
  }

  /**
   * Starts a pool, and its first generation with it. A `memory.limit` that the device refuses is halved until it is granted,
   * down to 64 MiB: `health().generations[0].limit` says what it came to.
   *
   * @param {Record<string, unknown>} [options]
   * @returns {Promise<Pool>} once it serves
   * @throws {PerennialError} `BadConfig`, `NotIsolated`, `StartFailed`, `PoolLost`; `NotHere` if it is called in a task or a leader
   */
  static start(options) {
    here();
    return Pool.#start(options);
  }

  /** @param {unknown} options */
  static async #start(options) {
    isolated();
    if (glueUrl === undefined) {
      throw new PerennialError("StartFailed", "the module is not loaded: call its default export, `await init()`, first");
    }
    const app = await importGlue(glueUrl);
    const driver = new Driver(app, glueUrl, options);
    const pool = new Pool(driver);
    driver.onEvent = (type, detail) => pool.dispatchEvent(new CustomEvent(type, { detail }));
    await driver.init();
    return pool;
  }

  /**
   * Calls a task. The argument is taken at the call: copied, but a buffer of 64 KiB or more in `transfer` that is in the
   * argument once and as a whole is moved. A call that is refused moves nothing.
   *
   * @param {string} task
   * @param {unknown} [argument]
   * @param {import("./call.js").RunOptions} [options]
   * @returns {Promise<any>} settles exactly once, whatever dies. `UnknownTask`, `BadInput` and `BadConfig` say what was
   *   wrong, where, and what is accepted; a `signal` that aborts gives its `reason`
   */
  run(task, argument, options) {
    try {
      return this.#driver.run(task, argument, options);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /**
   * Calls a task for each item, and gives the results one by one: `for await (const result of pool.map(...))`. At most
   * `concurrency` calls (twice the threads) are open, and at most twice as many items are between the source and who takes the
   * results: so up to twice `concurrency` results wait. Items are taken as there is room for them, here and in `maxQueue`, from
   * the first `next()` on. Leaving the loop aborts what is open, and closes the source.
   *
   * @param {string} task
   * @param {Iterable<unknown> | AsyncIterable<unknown>} iterable
   * @param {import("./map.js").MapOptions} [options] `ordered`: results in the order of the items (the default), or as they
   *   come; `transfer`: a function that gives an item's buffers; `onProgress`: with the item's index; and those of `run`
   * @returns {Results} an error of a call, or of the source, rejects `next()` in its turn and ends it like leaving the loop
   * @throws {PerennialError} `UnknownTask`, `BadConfig`, `PoolLost`, at the call
   */
  map(task, iterable, options) {
    return new Results(this.#driver, task, iterable, options);
  }

  /**
   * Calls a task once on each thread of the current generation, as one job: it settles when the last thread is done.
   *
   * @param {string} task
   * @param {unknown} [argument] copied for each thread
   * @param {import("./call.js").RunOptions} [options]
   * @returns {Promise<any[]>} the results by thread; or it rejects as `run`, with the error of the first thread that has one
   */
  broadcast(task, argument, options) {
    try {
      return this.#driver.run(task, argument, options, true);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /**
   * @returns {Promise<void>} once no job waits or runs, and none that was aborted runs on either
   */
  async onIdle(/** @type {unknown} */ options) {
    noOptions("onIdle", options);
    return this.#driver.idle();
  }

  /**
   * @returns {Promise<void>} once a generation serves
   * @throws {PerennialError} `StartFailed` if none can be started for now, as a call would be refused; `PoolExited`, `PoolLost`
   */
  async ready(/** @type {unknown} */ options) {
    noOptions("ready", options);
    return this.#driver.ready();
  }

  /**
   * The threads' reports, from the first `next()` on, until the pool exits.
   * @param {{ buffer?: number }} [options] how many are kept for who is slow (256): the newest; `dropped` says how many were not
   */
  reports(options) {
    return new Reports(this.#driver, options);
  }

  /**
   * Replaces the current generation. No job is lost by it.
   *
   * @returns {Promise<{ from: number, to: number, reason: string, pauseMs: number, totalMs: number, bytesFreed: number }>}
   *   once the old generation has ended
   * @throws {PerennialError} `StartFailed` if the new generation does not start: the old one serves on; `PoolExited`, `PoolLost`
   */
  async recycle(/** @type {unknown} */ options) {
    noOptions("recycle", options);
    return this.#driver.recycle();
  }

  /** The pool at this moment. @throws {PerennialError} `PoolLost` */
  health() {
    return this.#driver.health();
  }

  /**
   * Serves what was called, within `exitTimeout`, then ends everything: no worker, timer or memory of the pool is left.
   * What is not done by then, or waits while no generation serves or starts, rejects with `PoolExited`.
   * A thread that is in an endless loop then dies some 2 s later in Chromium, at once in Firefox, and in WebKitGTK not before the
   * page is left: for such a one it waits 15 s at the most.
   * @returns {Promise<void>}
   */
  async exit(/** @type {unknown} */ options) {
    noOptions("exit", options);
    return this.#driver.exit();
  }

  /**
   * Starts the pool again after `exit`, with the options of `Pool.start`.
   *
   * @returns {Promise<void>} once it serves
   * @throws {PerennialError} `StartFailed`, `PoolLost`
   */
  async init(/** @type {unknown} */ options) {
    noOptions("init", options);
    return this.#driver.init();
  }

  [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    return this.exit(undefined);
  }
}
