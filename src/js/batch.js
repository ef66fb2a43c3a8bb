// @ts-check
// Small jobs on their way to their leader: all that are posted in one turn of the event loop are one message.

import { BATCH_JOB } from "./protocol.js";

/** Up to this length a head is copied byte by byte, which takes less than a call of `set`. */
const LOOP_MAX = 32;

/** @typedef {{ numbers: number[], heads: Uint8Array[], bytes: number }} Waiting */

export class Outgoing {
  /** By generation. @type {Map<number, Waiting>} */
  #waiting = new Map();
  #isScheduled = false;
  /** @type {(generation: number, message: import("./protocol.js").Batch, transfer: Transferable[]) => void} */
  #post;
  /** @type {(generation: number, thrown: unknown) => void} */
  #failed;

  /**
   * @param {(generation: number, message: import("./protocol.js").Batch, transfer: Transferable[]) => void} post
   * @param {(generation: number, thrown: unknown) => void} failed is told, while outputs may be given out, that what waited
   *   for a generation will never be sent to it
   */
  constructor(post, failed) {
    this.#post = post;
    this.#failed = failed;
  }

  /** @param {import("./protocol.js").Encoded} argument */
  takes({ head, segments }) {
    return segments.length === 0 && head.byteLength <= BATCH_JOB.max;
  }

  /** @param {number} generation @param {number} job @param {number} task @param {boolean} announce @param {Uint8Array} head */
  add(generation, job, task, announce, head) {
    let waiting = this.#waiting.get(generation);
    if (!waiting) this.#waiting.set(generation, (waiting = { numbers: [], heads: [], bytes: 0 }));
    waiting.numbers.push(job, task, Number(announce), head.byteLength);
    waiting.heads.push(head);
    waiting.bytes += head.byteLength;
    if (waiting.bytes >= BATCH_JOB.maxTotal) this.flush();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** Sends what waits: before anything else goes to a leader. */
  flush() {
    for (const [generation, waiting] of this.#waiting) {
      // No job goes out twice, whatever comes of this.
      this.#waiting.delete(generation);
      try {
        const batch = joined(waiting);
        this.#post(generation, { kind: "batch", count: waiting.heads.length, batch }, [batch]);
      } catch (thrown) {
        this.#failed(generation, thrown);
      }
    }
  }

  /** Of a generation that hears nothing any more. @param {number} generation */
  drop(generation) {
    this.#waiting.delete(generation);
  }
}

/** @param {Waiting} waiting @returns {ArrayBuffer} as `BATCH_JOB` in `protocol.js` */
function joined({ numbers, heads, bytes }) {
  let at = numbers.length * Float64Array.BYTES_PER_ELEMENT;
  const batch = new ArrayBuffer(at + bytes);
  new Float64Array(batch, 0, numbers.length).set(numbers);
  const all = new Uint8Array(batch);
  for (const head of heads) {
    const { length } = head;
    if (length > LOOP_MAX) all.set(head, at);
    else for (let i = 0; i < length; i++) all[at + i] = head[i];
    at += length;
  }
  return batch;
}
