// @ts-check
import { sleep, Workload } from "./workload.js";
/** @import { Job, Run } from "./workload.js" */

const MIB = 1024 * 1024;
/** How often it leaks. */
const TICK_MS = 100;
/** What could not be leaked for longer than this, because the call before took so long, is given up. */
const OWED_MS_MAX = 250;

/** Leaks so many MiB per second. */
export class Leak extends Workload {
  /** MiB per second; 0 for none. */
  rate;
  /** In bytes. */
  leaked = 0;
  #owed = 0;
  #tickedAt = 0;

  /** @param {{ rate?: number }} [options] */
  constructor({ rate = 20 } = {}) {
    super(1);
    this.rate = rate;
  }

  /** @override */
  async pace() {
    do {
      await sleep(TICK_MS);
      const now = performance.now();
      const ms = Math.min(now - this.#tickedAt, OWED_MS_MAX);
      this.#tickedAt = now;
      this.#owed = Math.min(this.#owed + this.rate * (ms / 1000) * MIB, this.rate * (OWED_MS_MAX / 1000) * MIB);
    } while (this.running && this.#owed < 1);
  }

  /** @override @param {Run} run @param {Job} job */
  async make(run, job) {
    const bytes = Math.floor(this.#owed);
    this.#owed -= bytes;
    await run("leak", bytes);
    this.countMade(job);
    this.leaked += bytes;
    return { bytes };
  }
}
