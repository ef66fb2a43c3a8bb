// @ts-check
// Words of small jobs leave the leader as the page comes to hear them. A message costs the page more than the words in it do,
// and wakes a thread; so while one waits to be heard, all that is said meanwhile gathers for the next.
//
// Each side writes before it reads: the leader marks that it holds words back, then looks how many messages were heard; the page
// counts the message that it hears, then looks whether words are held back. In whatever order that happens one of them sees the
// other, so no word is held back for good. If both do, the page asks for words that have left: none leave then.
//
// A page that is busy for longer hears nothing, and when it is free again it looks for jobs that are late. What has ended in time has
// to be there by then: so words are held back for some milliseconds, and then leave all the same.

/** What both sides see: how many messages of words the page has heard, and whether words are held back. */
const FLOW = Object.freeze({ heard: 0, held: 1, length: 2 });

/**
 * Messages of words that may wait for the page. It asks for more as it begins to hear one, so the next is there when it is
 * done; with two or three of them it had smaller ones, and served fewer calls.
 */
const UNHEARD_MAX = 1;

/** What is held back leaves after so long. The page's turns take less, unless it does something else. */
const HOLD_MS = 4;

/** @typedef {Int32Array<SharedArrayBuffer>} Flow */

/** @returns {Flow} */
export const newFlow = () => new Int32Array(new SharedArrayBuffer(FLOW.length * Int32Array.BYTES_PER_ELEMENT));

/** The leader's side. */
export class Outflow {
  #flow;
  #pass;
  #sent = 0;
  #isTimed = false;

  /** @param {Flow} flow @param {() => void} pass passes on what was said */
  constructor(flow, pass) {
    this.#flow = flow;
    this.#pass = pass;
  }

  /** A message of words has left. */
  left() {
    this.#sent = (this.#sent + 1) | 0;
  }

  /** Something was said, or the page asks for more: it leaves now, or soon. */
  pass() {
    if (this.#mayLeave()) return this.#pass();
    if (this.#isTimed) return;
    this.#isTimed = true;
    setTimeout(() => {
      this.#isTimed = false;
      if (Atomics.exchange(this.#flow, FLOW.held, 0) === 1) this.#pass();
    }, HOLD_MS);
  }

  /** If not, the page asks for more once it has heard a message. */
  #mayLeave() {
    if (this.#unheard() < UNHEARD_MAX) return true;
    Atomics.store(this.#flow, FLOW.held, 1);
    return this.#unheard() < UNHEARD_MAX;
  }

  #unheard() {
    return (this.#sent - Atomics.load(this.#flow, FLOW.heard)) | 0;
  }
}

/** The page's side: it hears one message of words more. Whether words are held back, so that it asks for more. @param {Flow} flow */
export function heardOne(flow) {
  Atomics.add(flow, FLOW.heard, 1);
  return Atomics.exchange(flow, FLOW.held, 0) === 1;
}
