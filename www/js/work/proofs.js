// @ts-check
import { Workload } from "./workload.js";
/** @import { Keys, Proof } from "../types.js" */
/** @import { Job, Run } from "./workload.js" */

/** @typedef {{ number: number, fraction: number, state: "proving" | "verifying" | "verified" | "failed", ms: number }} Place */

/** Zero-knowledge proofs, each verified under the key of the first generation. */
export class Proofs extends Workload {
  verified = 0;
  /** What each place in flight does, or did last. @type {(Place | null)[]} */
  places = [];
  #keys;

  /**
   * @param {Keys | null} keys
   * @param {{ inFlight?: number }} [options]
   */
  constructor(keys, { inFlight = 2 } = {}) {
    super(inFlight);
    this.#keys = keys;
    this.#resize(inFlight);
  }

  /** @param {Keys} keys */
  use(keys) {
    this.#keys = keys;
  }

  /** @override @param {number} inFlight */
  setInFlight(inFlight) {
    this.#resize(inFlight);
    super.setInFlight(inFlight);
  }

  /** @override @param {Run} run @param {Job} job */
  async make(run, job) {
    const keys = this.#keys;
    if (!keys) throw new Error("proofs need keys: run the task `setup`");
    const { number } = job;
    const place = this.#take(number);
    try {
      // Nothing is spoilt if a proof is made again after a generation was lost, so the pool may do that.
      const proof = /** @type {Proof | undefined} */ (
        await run(
          "prove",
          { leaf: number % keys.members, seed: number },
          {
            idempotent: true,
            onProgress: (fraction) => {
              place.fraction = fraction;
              this.changed();
            },
          },
        )
      );
      if (!proof) throw new Error("the pool fulfilled the job without a proof");
      this.countMade(job);
      Object.assign(place, { fraction: 1, state: "verifying", ms: proof.milliseconds });
      this.changed();
      const { bytes, publicInputs } = proof;
      const { verifyingKey } = keys;
      if (!(await run("verify", { verifyingKey, bytes, publicInputs }, { idempotent: true }))) {
        throw new Error(`proof ${number} does not verify under the first generation's key`);
      }
      this.verified += 1;
      place.state = "verified";
      return { proof, ms: proof.milliseconds };
    } catch (error) {
      place.state = "failed";
      throw error;
    }
  }

  /** @param {number} number */
  #take(number) {
    const place = /** @type {Place} */ ({ number, fraction: 0, state: "proving", ms: 0 });
    const free = this.places.findIndex((taken) => !isOpen(taken));
    if (free < 0) this.places.push(place);
    else this.places[free] = place;
    return place;
  }

  /** @param {number} places */
  #resize(places) {
    while (this.places.length < places) this.places.push(null);
    // A place with a proof in it stays until the proof is done.
    while (this.places.length > places && !isOpen(this.places[this.places.length - 1])) this.places.pop();
  }
}

/** @param {Place | null} place */
function isOpen(place) {
  return place?.state === "proving" || place?.state === "verifying";
}
