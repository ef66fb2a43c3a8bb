// @ts-check
import { ageOfOldest } from "../js/work/workload.js";

/**
 * How it stands with the worker, as far as it is told: `failed` if it did not start, `dead` if the instance itself refuses every
 * call. That it hangs it cannot say.
 * @typedef {"loading" | "up" | "failed" | "dead"} Phase
 */

/** A question to the worker; `isCall` if it calls a task. @typedef {{ resolve: (value: any) => void, reject: (error: Error) => void, begun: number, isCall: boolean }} Question */

/** Calls to the worker by messages. Fires `phase`, and `log` with what it tells beside. */
export class Line extends EventTarget {
  /** Calls that ended well. */
  fulfilled = 0;
  /** Calls that ended in an error. */
  rejected = 0;
  /** @type {Phase} */
  phase = "loading";
  /** What was thrown by what ended it. */
  error = "";
  #worker;
  /** @type {Map<number, Question>} */
  #open = new Map();
  #last = 0;
  #heardAt = performance.now();
  /** @type {WebAssembly.Memory | null} */
  #memory = null;
  /** Calls wait for it: the worker hears them while it starts, and has no instance yet. */
  #up = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());

  /** @param {Worker} worker */
  constructor(worker) {
    super();
    this.#worker = worker;
    // Who calls hears of it; if nobody does, the phase tells.
    this.#up.promise.catch(() => {});
    worker.addEventListener("message", ({ data }) => this.#hear(data));
    worker.addEventListener("error", (event) => {
      this.#enter("failed", event.message || "a part of it is missing; `cargo xtask demo` builds it");
    });
  }

  get answeredMsAgo() {
    return performance.now() - this.#heardAt;
  }

  get reservedBytes() {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  get unsettled() {
    return this.#calls.length;
  }

  /** How long the oldest call is open. */
  get oldestMs() {
    return ageOfOldest(this.#calls);
  }

  /** @param {{ threads: number, maximumPages: number, provingKey?: Uint8Array }} settings */
  start(settings) {
    this.#worker.postMessage({ kind: "start", ...settings });
  }

  /**
   * Rejects with what was thrown: with the code `TaskFailed` if the task threw it, without one if the instance trapped.
   * @param {string} task
   * @param {unknown} [argument]
   */
  async call(task, argument) {
    await this.#up.promise;
    try {
      const value = await this.#ask({ kind: "call", task, argument }, true);
      this.fulfilled += 1;
      return value;
    } catch (error) {
      this.rejected += 1;
      throw error;
    }
  }

  /** Ends one of the threads. @returns {Promise<boolean>} whether there was one */
  kill() {
    return this.#ask({ kind: "kill" });
  }

  get #calls() {
    return [...this.#open.values()].filter(({ isCall }) => isCall);
  }

  /**
   * @param {object} question
   * @param {boolean} [isCall]
   * @returns {Promise<any>}
   */
  async #ask(question, isCall = false) {
    await this.#up.promise;
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      this.#open.set(id, { resolve, reject, begun: performance.now(), isCall });
      this.#worker.postMessage({ id, ...question });
    });
  }

  /** @param {any} data */
  #hear(data) {
    this.#heardAt = performance.now();
    if (data.kind === "up") {
      this.#memory = data.memory;
      this.#enter("up", "");
    } else if (data.kind === "failed") {
      this.#enter("failed", data.text);
    } else if (data.kind === "log") {
      this.dispatchEvent(new CustomEvent("log", { detail: { text: data.text } }));
    } else if (data.kind === "fulfilled" || data.kind === "rejected") {
      this.#settle(data);
    }
  }

  /** @param {any} data */
  #settle({ kind, id, value, text, isTrap }) {
    const question = this.#open.get(id);
    this.#open.delete(id);
    if (kind === "fulfilled") return question?.resolve(value);
    const error = new Error(text);
    question?.reject(isTrap ? error : Object.assign(error, { code: "TaskFailed" }));
    if (isTrap && this.phase === "up") void this.#probe(text);
  }

  /** A trap in one call need not be the end: the next one shows. @param {string} trap */
  async #probe(trap) {
    try {
      await this.#ask({ kind: "call", task: "touch", argument: 1 });
    } catch (error) {
      this.#enter("dead", `${trap}; since then: ${/** @type {Error} */ (error).message}`);
    }
  }

  /**
   * @param {Phase} phase
   * @param {string} error
   */
  #enter(phase, error) {
    this.phase = phase;
    this.error = error;
    if (phase === "up") this.#up.resolve();
    else this.#up.reject(new Error(error));
    this.dispatchEvent(new Event("phase"));
  }
}
