// @ts-check
// Small jobs on their way to their leader: all that are posted in one turn of the event loop are one message.

import { BATCH_JOB } from "./protocol.js";

/** @typedef {{ numbers: number[], heads: Uint8Array[], bytes: number }} Waiting */

export class Outgoing {
  /** By generation. @type {Map<number, Waiting>} */
  #waiting = new Map();
  #isScheduled = false;
  /** @type {(generation: number, message: import("./protocol.js").Batch, transfer: Transferable[]) => void} */
  #post;

  /** @param {(generation: number, message: import("./protocol.js").Batch, transfer: Transferable[]) => void} post */
  constructor(post) {
    this.#post = post;
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
    for (const [generation, { numbers, heads, bytes }] of this.#waiting) {
      const head = numbers.length * Float64Array.BYTES_PER_ELEMENT;
      const batch = new ArrayBuffer(head + bytes);
      new Float64Array(batch, 0, numbers.length).set(numbers);
      const all = new Uint8Array(batch);
      let at = head;
      for (const bytes of heads) {
        all.set(bytes, at);
        at += bytes.byteLength;
      }
      this.#post(generation, { kind: "batch", count: heads.length, batch }, [batch]);
    }
    this.#waiting.clear();
  }

  /** Of a generation that hears nothing any more. @param {number} generation */
  drop(generation) {
    this.#waiting.delete(generation);
  }
}
