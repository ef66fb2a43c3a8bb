// @ts-check
// What threads have said of small jobs in one message, as `src/generation/outbox.rs` lays it out.

import { ENDING, WORD } from "./protocol.js";
import { Reader } from "./reader.js";

/** How a job has ended, and where its value is. @typedef {{ fulfilled: boolean, reader: Reader, from: number, to: number }} End */

export class Words {
  /** The word that is looked at. */
  #at = 0;
  #reader;

  /** @param {ArrayBuffer} words */
  constructor(words) {
    this.numbers = new Float64Array(words);
    this.#reader = new Reader(words);
  }

  /** @param {(job: number, progress: number) => void} tell */
  eachProgress(tell) {
    const { numbers } = this;
    for (let at = 0; at < numbers.length; at = this.#after(at)) {
      if (numbers[at + WORD.kind] === WORD.progress) tell(numbers[at + WORD.job], numbers[at + WORD.number]);
    }
  }

  /**
   * How a job has ended that is behind all that were asked for before: the coordinator settles them in the order of their words.
   * @param {number} job @returns {End | undefined}
   */
  endOf(job) {
    const { numbers } = this;
    for (let at = this.#at; at < numbers.length; at = this.#after(at)) {
      if (numbers[at + WORD.job] !== job || numbers[at + WORD.kind] !== WORD.ended) continue;
      this.#at = at;
      const from = (at + WORD.length) * Float64Array.BYTES_PER_ELEMENT;
      return { fulfilled: numbers[at + WORD.number] === ENDING.fulfilled, reader: this.#reader, from, to: from + numbers[at + WORD.value] };
    }
  }

  /** Onward, whatever is there. @param {number} at */
  #after(at) {
    return at + WORD.length + Math.max(Math.ceil(this.numbers[at + WORD.value] / Float64Array.BYTES_PER_ELEMENT), 0);
  }
}
