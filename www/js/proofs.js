// @ts-check
import { codeOf } from "./format.js";
/** @import { Keys, Pool, Proof } from "./types.js" */

/** Errors after which proving on makes no sense. */
const FINAL = new Set(["PoolExited", "PoolLost", "NotIsolated", "StartFailed", "UnknownTask", "BadInput"]);
const FAILURES_MAX = 3;
/** Errors that say the pool took the proof down with it. Any error without a code counts as one too. */
const LOSSES = new Set(["", "GenerationLost", "PoolLost", "TimedOut", "QueueTimedOut"]);
/** Errors of proofs that whoever pressed "Exit" gave up. */
const WITHDRAWN = new Set(["PoolExited", "Cancelled"]);

/** @typedef {{ number: number, fraction: number, state: "proving" | "verifying" | "verified" | "failed", ms: number }} Job */

/**
 * Makes proofs on a pool and has each verified under the key of the first generation. Fires `change` when a job gets
 * on, `proof` with each verified proof, and `failure` with each error.
 */
export class Proofs extends EventTarget {
  made = 0;
  verified = 0;
  /** Proofs that went down with a generation: what a recycle must never cause. */
  lost = 0;
  /** Proofs that ended in another error, or did not verify. */
  failed = 0;
  started = 0;
  continuous = false;
  /** What each place in flight does, or did last. @type {(Job | null)[]} */
  places = [];
  /** @type {Pool | null} */
  #pool = null;
  /** @type {Keys | null} */
  #keys = null;
  #failuresInARow = 0;

  /**
   * @param {Pool} pool
   * @param {Keys} keys
   */
  use(pool, keys) {
    this.#pool = pool;
    this.#keys = keys;
  }

  /** How many are under way. */
  get inFlight() {
    return this.places.filter((job) => job && isOpen(job)).length;
  }

  /** @param {number} places */
  setPlaces(places) {
    while (this.places.length < places) this.places.push(null);
    // A place with a proof in it stays until the proof is done.
    while (this.places.length > places && !isOpen(this.places[this.places.length - 1])) this.places.pop();
    this.#changed();
  }

  once() {
    let place = this.places.findIndex((job) => !isOpen(job));
    if (place < 0) place = this.places.push(null) - 1;
    return this.#prove(place);
  }

  /** Keeps so many proofs in flight until `stop`. @param {number} places */
  start(places) {
    this.continuous = true;
    this.#failuresInARow = 0;
    this.setPlaces(places);
    for (let place = 0; place < places; place++) void this.#proveOn(place);
    this.#changed();
  }

  stop() {
    this.continuous = false;
    this.#changed();
  }

  /** @param {number} place */
  async #proveOn(place) {
    while (this.continuous && place < this.places.length && !isOpen(this.places[place])) {
      await this.#prove(place);
    }
  }

  /** @param {number} place */
  async #prove(place) {
    const pool = this.#pool;
    const keys = this.#keys;
    if (!pool || !keys) return;
    const number = ++this.started;
    const job = /** @type {Job} */ ({ number, fraction: 0, state: "proving", ms: 0 });
    this.places[place] = job;
    this.#changed();
    let proof = /** @type {Proof | null} */ (null);
    try {
      // Nothing is spoilt if a proof is made again after a generation was lost, so the pool may do that.
      proof = await pool.run(
        "prove",
        { leaf: number % keys.members, seed: number },
        {
          idempotent: true,
          onProgress: (fraction) => {
            job.fraction = fraction;
            this.#changed();
          },
        },
      );
      if (!proof) throw new Error("the pool fulfilled the job without a proof");
      this.made += 1;
      Object.assign(job, { fraction: 1, state: "verifying", ms: proof.milliseconds });
      this.#changed();
      const { bytes, publicInputs } = proof;
      const { verifyingKey } = keys;
      if (!(await pool.run("verify", { verifyingKey, bytes, publicInputs }, { idempotent: true }))) {
        throw new Error(`proof ${number} does not verify under the first generation's key`);
      }
      this.verified += 1;
      this.#failuresInARow = 0;
      job.state = "verified";
      this.dispatchEvent(new CustomEvent("proof", { detail: { number, proof } }));
    } catch (error) {
      job.state = "failed";
      const code = codeOf(error);
      if (!proof && LOSSES.has(code)) this.lost += 1;
      else if (!WITHDRAWN.has(code)) this.failed += 1;
      this.#failuresInARow += 1;
      if (FINAL.has(code) || this.#failuresInARow >= FAILURES_MAX) this.continuous = false;
      this.dispatchEvent(new CustomEvent("failure", { detail: { number, error } }));
    }
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {Job | null} job */
function isOpen(job) {
  return job?.state === "proving" || job?.state === "verifying";
}
