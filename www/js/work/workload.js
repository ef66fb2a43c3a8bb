// @ts-check
import { codeOf } from "../format.js";
/** @import { RunOptions } from "../types.js" */

/** Runs a task on whatever pool there is. @typedef {(task: string, argument?: unknown, options?: RunOptions) => Promise<any>} Run */

/**
 * A job of a workload, from its call to its end. `isMade` once it has what it was called for.
 * @typedef {{ number: number, begun: number, isMade: boolean }} Job
 */

/** Errors after which going on makes no sense. */
const FINAL = new Set(["PoolExited", "PoolLost", "NotIsolated", "StartFailed", "UnknownTask", "BadInput"]);
const FAILURES_MAX = 3;
/** Errors that say the pool took the job down with it. Any error without a code counts as one too. */
const LOSSES = new Set(["", "GenerationLost", "PoolLost", "TimedOut", "QueueTimedOut"]);
/** Errors of jobs that whoever ended the pool gave up. */
const WITHDRAWN = new Set(["PoolExited", "Cancelled"]);

/**
 * Work that goes on until it is stopped, so many jobs at a time. Fires `change` when something is another than before, `result`
 * with what a job gave, and `failure` with each error.
 */
export class Workload extends EventTarget {
  made = 0;
  /** Jobs that ended in an error of their own. */
  failed = 0;
  /** Jobs that went down with a generation: what a recycle must never cause. */
  lost = 0;
  started = 0;
  /** @type {Run | null} */
  #run = null;
  #wanted;
  #loops = 0;
  /** @type {Set<Job>} */
  #open = new Set();
  #failuresInARow = 0;

  /** @param {number} inFlight how many jobs are kept going */
  constructor(inFlight) {
    super();
    this.#wanted = inFlight;
  }

  get running() {
    return this.#run !== null;
  }

  /** How many jobs are under way. */
  get inFlight() {
    return this.#open.size;
  }

  /** How long the oldest of them is. */
  get oldestMs() {
    return ageOfOldest(this.#open);
  }

  /** Keeps jobs going until `stop`, from now on by this `run`. @param {Run} run */
  start(run) {
    this.#run = run;
    this.#failuresInARow = 0;
    this.#fill();
    this.changed();
  }

  stop() {
    this.#run = null;
    this.changed();
  }

  /** How many jobs are kept going. @param {number} inFlight */
  setInFlight(inFlight) {
    this.#wanted = inFlight;
    this.#fill();
    this.changed();
  }

  /** One job beside the others; resolves when it has ended, however. @param {Run} run */
  async once(run) {
    const job = { number: ++this.started, begun: performance.now(), isMade: false };
    this.#open.add(job);
    this.changed();
    try {
      const detail = await this.make(run, job);
      this.countMade(job);
      this.#failuresInARow = 0;
      this.dispatchEvent(new CustomEvent("result", { detail: { number: job.number, ...detail } }));
    } catch (error) {
      const code = codeOf(error);
      if (!job.isMade && LOSSES.has(code)) this.lost += 1;
      else if (!WITHDRAWN.has(code)) this.failed += 1;
      this.#failuresInARow += 1;
      if (FINAL.has(code) || this.#failuresInARow >= FAILURES_MAX) this.#run = null;
      this.dispatchEvent(new CustomEvent("failure", { detail: { number: job.number, error } }));
    }
    this.#open.delete(job);
    this.changed();
  }

  /**
   * What a job does, and what its `result` tells.
   * @param {Run} run
   * @param {Job} job
   * @returns {Promise<object>}
   */
  make(run, job) {
    return Promise.reject(new Error(`${this.constructor.name} has no way to make job ${job.number} by ${run.name}`));
  }

  /** Waits until the next job is due. */
  async pace() {}

  /** @param {Job} job */
  countMade(job) {
    if (job.isMade) return;
    job.isMade = true;
    this.made += 1;
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  #fill() {
    while (this.#run && this.#loops < this.#wanted) void this.#loop();
  }

  async #loop() {
    this.#loops += 1;
    while (this.running && this.#loops <= this.#wanted) {
      await this.pace();
      const run = this.#run;
      if (run) await this.once(run);
    }
    this.#loops -= 1;
  }
}

/** @param {number} ms */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * How long the oldest call is open, in ms; 0 if there is none.
 * @param {Iterable<{ begun: number }>} calls the oldest first
 */
export function ageOfOldest(calls) {
  const [oldest] = calls;
  return oldest ? performance.now() - oldest.begun : 0;
}
