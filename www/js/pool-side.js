// @ts-check
// The pool, as this page holds it.

import { bytes, codeOf, describe } from "./format.js";
import { History, HUES } from "./history.js";
import { keysFor } from "./keys.js";
import { TOLD, tell } from "./words.js";
import { ageOfOldest } from "./work/workload.js";
/** @import { Log } from "./log.js" */
/** @import { Health, Keys, Package, Pool, RunOptions } from "./types.js" */

/** @typedef {{ threads: number, limit: string, recycleAt: number, criticalAt: number }} Settings thresholds are parts of the limit */

/** Fires `change` whenever it has looked at the pool, and when it does something else. */
export class PoolSide extends EventTarget {
  /** Once it is loaded and ready. @type {Package | undefined} */
  package;
  /** @type {Pool | undefined} */
  pool;
  /** What the page does to it; one thing at a time. @type {"" | "starting" | "recycling" | "exiting"} */
  doing = "";
  serving = false;
  /** Whether nothing will ever come of `pool` again. */
  isLost = false;
  /** What `pool` was started with. @type {Settings | undefined} */
  settings;
  /** @type {Keys | undefined} */
  keys;
  /** The pool at the last look. @type {Health | undefined} */
  health;
  /** How many jobs settled how: `fulfilled`, or a code. @type {Map<string, number>} */
  settled = new Map();
  /** What the pool decided last, and why. */
  decision = "No pool runs yet.";
  history = new History();
  /** When each call under way was made, the oldest first. @type {Set<{ begun: number }>} */
  #open = new Set();
  /** Generations of one pool after another begin at 1 again. */
  #before = 0;
  #newest = 0;
  #log;

  /** @param {Log} log */
  constructor(log) {
    super();
    this.#log = log;
  }

  /**
   * Loads the package.
   * @returns {Promise<void>} rejects if it is not there
   */
  async load() {
    const loaded = await import("../pkg/perennial_demo.js");
    await loaded.default({ memory: loaded.pageMemory() });
    this.package = loaded;
    this.#changed();
  }

  /**
   * Starts a pool, or the one that has exited. Beside one that serves a new one starts; the work moves over, and the old one
   * exits.
   * @param {Settings} settings
   */
  start(settings) {
    return this.#while("starting", async (Pool) => {
      const { threads, limit, recycleAt, criticalAt } = settings;
      const old = this.serving ? this.pool : undefined;
      if (!this.serving && this.pool && same(this.settings, settings)) {
        await this.pool.init();
      } else {
        this.keys = await keysFor(Pool, { threads, memory: { limit } });
        const pool = await Pool.start({ threads, memory: { limit, recycleAt, criticalAt }, input: this.keys.provingKey });
        this.#use(pool, settings);
      }
      this.serving = true;
      this.decision = `${threads} threads serve, each generation with ${this.granted} at the most.`;
      this.sample();
      await old?.exit();
    });
  }

  /** What a generation may reach, in words: the device may have refused what was asked for. */
  get granted() {
    const [{ limit, limitAsked } = { limit: 0, limitAsked: 0 }] = this.pool?.health().generations ?? [];
    const asked = this.settings?.limit ?? "";
    return limit < limitAsked ? `${bytes(limit)} (the device refused ${asked})` : asked;
  }

  recycle() {
    return this.#while("recycling", () => this.pool?.recycle());
  }

  exit() {
    return this.#while("exiting", async () => {
      await this.pool?.exit();
      this.serving = false;
      this.decision = "The pool has exited: no worker and no memory of it is left.";
    });
  }

  /**
   * Calls a task of the pool that serves now, and counts how it settles.
   * @param {string} task
   * @param {unknown} [argument]
   * @param {RunOptions} [options]
   * @returns {Promise<any>}
   */
  run = async (task, argument, options) => {
    const { pool, settled } = this;
    if (!pool) throw new Error("no pool was started");
    const count = (/** @type {string} */ kind) => settled.set(kind, (settled.get(kind) ?? 0) + 1);
    const call = { begun: performance.now() };
    this.#open.add(call);
    try {
      const result = await pool.run(/** @type {any} */ (task), /** @type {any} */ (argument), options);
      count("fulfilled");
      return result;
    } catch (error) {
      count(codeOf(error) || "Error");
      throw error;
    } finally {
      this.#open.delete(call);
    }
  };

  /** How long the oldest call under way has been open, in ms. */
  get oldestMs() {
    return ageOfOldest(this.#open);
  }

  /** Looks at the pool. */
  sample(now = performance.now()) {
    this.health = this.#ask();
    if (this.serving && !this.doing && this.health?.phase === "exited") {
      this.serving = false;
      this.decision = "The pool has ended by itself. Start it again.";
      this.#log.add("pool", this.decision, "bad");
    }
    const lives = (this.health?.generations ?? []).map(({ generation, reserved, live }) => {
      this.#newest = Math.max(this.#newest, this.#before + generation);
      return { key: String(this.#before + generation), hue: this.hueOf(generation), reserved, live };
    });
    this.history.sample(lives, now);
    this.#changed();
  }

  /** @returns {Health | undefined} `undefined` also of a pool that is lost with the page's own instance */
  #ask() {
    try {
      return this.pool?.health();
    } catch (error) {
      if (!this.isLost) {
        this.isLost = true;
        this.serving = false;
        this.decision = describe(error);
        this.#log.add("pool", this.decision, "bad");
      }
      return undefined;
    }
  }

  /** @param {number} generation */
  hueOf(generation) {
    return (this.#before + generation) % HUES;
  }

  /**
   * @param {Pool} pool
   * @param {Settings} settings
   */
  #use(pool, settings) {
    this.pool = pool;
    this.isLost = false;
    this.settings = settings;
    this.settled = new Map();
    this.#before = this.#newest;
    for (const type of TOLD) pool.addEventListener(type, (event) => this.#hear(pool, type, event));
    // The first generation's was told before anybody listened.
    for (const { generation, limit: granted, limitAsked: asked } of pool.health().generations) {
      if (granted < asked) this.#log.add("pool", tell("limitreduced", { generation, asked, granted }).text);
    }
  }

  /**
   * @param {Pool} pool
   * @param {typeof TOLD[number]} type
   * @param {CustomEvent} event
   */
  #hear(pool, type, event) {
    const { text, tone, short } = tell(type, event.detail);
    this.#log.add("pool", text, tone);
    if (pool !== this.pool) return;
    if (short) this.decision = short;
    const now = performance.now();
    if (type === "generationlost") this.history.mark("lost", "bad", now);
    if (type === "recycleend") this.history.mark("", "good", now);
    this.sample(now);
  }

  /**
   * Does one thing to the pool.
   * @param {"starting" | "recycling" | "exiting"} what
   * @param {(Pool: Package["Pool"]) => Promise<unknown> | undefined} work
   */
  async #while(what, work) {
    if (!this.package) throw new Error("the package is not loaded yet");
    if (this.doing) throw new Error(`the pool is ${this.doing}; wait until it is done`);
    this.doing = what;
    this.#changed();
    try {
      await work(this.package.Pool);
    } finally {
      this.doing = "";
      this.sample();
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {Settings | undefined} left
 * @param {Settings | undefined} right
 */
export function same(left, right) {
  return JSON.stringify(left) === JSON.stringify(right);
}
