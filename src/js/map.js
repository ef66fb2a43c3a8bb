// @ts-check
// The results of a task for each item of an iterable, with back-pressure.

import { uncaught } from "./errors.js";
import { badConfig, guarded, section, shown } from "./options.js";

/** As many as `maxQueue` may be. */
const CONCURRENCY_MAX = 1 << 24;

/**
 * @typedef {{ concurrency?: number, ordered?: boolean, transfer?: (item: any) => ArrayBuffer[],
 *   onProgress?: (progress: number, index: number) => void } & Omit<import("./call.js").RunOptions, "transfer" | "onProgress">}
 *   MapOptions
 *
 * @typedef {{ abort: AbortController, result?: { value: any } | { error: unknown } }} Slot one item that was called
 *
 * @typedef {{ resolve: (step: IteratorResult<any, undefined>) => void, reject: (reason: unknown) => void }} Asker a `next()`
 */

export class Results {
  /** @type {import("./driver.js").Driver} */
  #driver;
  /** @type {string} */
  #task;
  /** What each call is given. @type {Record<string, unknown>} */
  #options;
  /** @type {number} */
  #concurrency;
  /** @type {boolean} */
  #ordered;
  /** @type {AbortSignal | undefined} */
  #signal;
  /** @type {((item: any) => ArrayBuffer[]) | undefined} */
  #transferOf;
  /** @type {((progress: number, index: number) => void) | undefined} */
  #onProgress;

  /** @type {Iterator<any> | AsyncIterator<any>} */
  #source;
  /** @type {boolean} */
  #isAsync;
  /** `closed` when nothing more is taken from it. @type {"open" | "pulling" | "closed"} */
  #sourceState = "open";
  /** Whether a call waits for a place in the pool's queue. */
  #waitsForRoom = false;
  #index = 0;

  /** Calls that have not settled. @type {Set<Slot>} */
  #open = new Set();
  /** In the order in which they are given out: of the items, or of their ends. @type {Slot[]} */
  #slots = [];
  /** @type {Asker[]} */
  #askers = [];
  /** Nothing comes any more, but for the error. @type {{ error?: { reason: unknown } } | undefined} */
  #ended;

  /**
   * @param {import("./driver.js").Driver} driver
   * @param {string} task @param {unknown} iterable @param {unknown} options
   */
  constructor(driver, task, iterable, options) {
    const { concurrency, ordered, signal, transfer, onProgress, ...rest } = section(options);
    driver.check(task, { ...rest, signal: /** @type {any} */ (signal), onProgress: /** @type {any} */ (onProgress) });
    this.#driver = driver;
    this.#task = task;
    this.#options = rest;
    this.#concurrency = concurrencyOf(concurrency) ?? 2 * driver.config.threads;
    if (typeof (ordered ?? true) !== "boolean") throw badConfig("ordered", shown(ordered), "true or false");
    this.#ordered = /** @type {boolean} */ (ordered ?? true);
    if (typeof (transfer ?? (() => [])) !== "function") {
      throw badConfig("transfer", shown(transfer), "a function that gives the buffers of an item");
    }
    this.#transferOf = /** @type {any} */ (transfer ?? undefined);
    this.#onProgress = /** @type {any} */ (onProgress ?? undefined);
    this.#signal = /** @type {any} */ (signal ?? undefined);
    [this.#source, this.#isAsync] = iteratorOf(iterable);
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (this.#signal?.aborted) this.#onAbort();
  }

  /** The next result. Nothing is called before it is asked for first. @returns {Promise<IteratorResult<any, undefined>>} */
  next() {
    return new Promise((resolve, reject) => {
      this.#askers.push({ resolve, reject });
      this.#give();
      this.#fill();
    });
  }

  /**
   * Aborts what is open and closes the source, as leaving a `for await` does.
   * @param {any} [value]
   * @returns {Promise<IteratorResult<any, any>>}
   */
  async return(value) {
    await this.#end();
    return { done: true, value: await value };
  }

  /** As `return`, but rejects with this. @param {unknown} reason @returns {Promise<never>} */
  async throw(reason) {
    // What the source says to its closing gives way to the reason.
    await this.#end()?.catch(() => {});
    throw reason;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.return();
  }

  #onAbort = () => {
    this.#end({ reason: this.#signal?.reason })?.catch(uncaught);
  };

  /** Takes items as long as there is room for them: here, and in the pool's queue. */
  #fill() {
    // Results that nobody has taken are kept too, so that the threads go on while they are looked at; as many again at most.
    while (
      !this.#ended && this.#sourceState === "open" && !this.#waitsForRoom &&
      this.#open.size < this.#concurrency && this.#kept() < 2 * this.#concurrency
    ) {
      if (!this.#driver.hasRoom()) return this.#afterRoom(() => {});
      this.#sourceState = "pulling";
      try {
        const step = this.#source.next();
        if (this.#isAsync) return this.#await(step);
        const { done, value } = stepOf(step);
        // As in `for await`.
        if (!done && isThenable(value)) return this.#promised(value);
        this.#take({ done, value });
      } catch (thrown) {
        return this.#sourceFailed(thrown);
      }
    }
  }

  /** @param {PromiseLike<any>} item of a source that is not asynchronous */
  #promised(item) {
    new Promise((resolve) => resolve(item)).then(
      (value) => {
        this.#take({ done: false, value });
        this.#fill();
      },
      (thrown) => {
        // As in `for await`: the source hears of it, unless it was closed meanwhile, and what it says gives way to the reason.
        if (this.#sourceState === "pulling") close(this.#source).catch(() => {});
        this.#sourceFailed(thrown);
      },
    ).catch((thrown) => this.#sourceFailed(thrown));
  }

  /** @param {any} step or a promise of it */
  #await(step) {
    Promise.resolve(step).then((step) => {
      this.#take(stepOf(step));
      this.#fill();
    }).catch((thrown) => this.#sourceFailed(thrown));
  }

  /** @param {IteratorResult<any>} step */
  #take({ done, value }) {
    if (this.#sourceState === "pulling") this.#sourceState = done ? "closed" : "open";
    this.#offer(value);
  }

  /** @param {any} item */
  #offer(item) {
    if (this.#ended || this.#sourceState === "closed") return this.#give();
    // While it was waited for, others may have taken the place.
    if (!this.#driver.hasRoom()) return this.#afterRoom(() => this.#offer(item));
    this.#call(item);
  }

  /** Takes no item before the queue has room. @param {() => void} then comes first */
  #afterRoom(then) {
    this.#waitsForRoom = true;
    this.#driver.room().then(() => {
      this.#waitsForRoom = false;
      then();
      this.#fill();
    });
  }

  /** @param {any} item */
  #call(item) {
    /** @type {Slot} */
    const slot = { abort: new AbortController() };
    const index = this.#index++;
    this.#open.add(slot);
    if (this.#ordered) this.#slots.push(slot);
    const onProgress = this.#onProgress && ((/** @type {number} */ progress) => this.#onProgress?.(progress, index));
    /** @type {Promise<any>} */
    let called;
    try {
      const transfer = guarded("transfer", () => this.#transferOf?.(item));
      called = this.#driver.run(this.#task, item, { ...this.#options, signal: slot.abort.signal, transfer, onProgress });
    } catch (thrown) {
      called = Promise.reject(thrown);
    }
    called.then(
      (value) => this.#settled(slot, { value }),
      (error) => this.#settled(slot, { error }),
    );
  }

  /** @param {Slot} slot @param {{ value: any } | { error: unknown }} result */
  #settled(slot, result) {
    if (!this.#open.delete(slot) || this.#ended) return;
    slot.result = result;
    if (!this.#ordered) this.#slots.push(slot);
    if ("error" in result) {
      // What comes behind an error is never given out.
      this.#close()?.catch(uncaught);
      const behind = this.#ordered ? this.#slots.splice(this.#slots.indexOf(slot) + 1) : this.#open;
      this.#abort(behind);
    }
    this.#give();
    this.#fill();
  }

  /** Gives what is there to who has asked. */
  #give() {
    while (this.#askers.length > 0) {
      const [slot] = this.#slots;
      if (slot?.result) {
        this.#slots.shift();
        const { result } = slot;
        if ("error" in result) this.#end({ reason: result.error })?.catch(uncaught);
        else this.#askers.shift()?.resolve({ done: false, value: result.value });
        continue;
      }
      if (this.#ended) {
        const { error } = this.#ended;
        const asker = this.#askers.shift();
        this.#ended = {};
        if (error) asker?.reject(error.reason);
        else asker?.resolve({ done: true, value: undefined });
        continue;
      }
      if (this.#sourceState !== "closed" || this.#kept() > 0) return;
      this.#end();
    }
  }

  #kept() {
    return this.#ordered ? this.#slots.length : this.#slots.length + this.#open.size;
  }

  /**
   * @param {{ reason: unknown }} [error] what the next `next()` rejects with
   * @returns {Promise<void> | undefined} until the source is closed, if there is anything to wait for
   */
  #end(error) {
    if (this.#ended) {
      this.#ended = {};
      return;
    }
    this.#ended = { error };
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#slots = [];
    this.#abort(this.#open);
    const closing = this.#close();
    this.#give();
    return closing;
  }

  /** @param {Iterable<Slot>} slots */
  #abort(slots) {
    for (const slot of [...slots]) {
      this.#open.delete(slot);
      slot.abort.abort();
    }
  }

  /** @param {unknown} reason */
  #sourceFailed(reason) {
    // It has closed itself.
    this.#sourceState = "closed";
    if (this.#ended) return uncaught(reason);
    // In its turn, as an item's.
    this.#slots.push({ abort: new AbortController(), result: { error: reason } });
    this.#give();
  }

  /** @returns {Promise<void> | undefined} */
  #close() {
    const before = this.#sourceState;
    this.#sourceState = "closed";
    if (before === "closed") return;
    const closing = close(this.#source);
    if (before !== "pulling") return closing;
    // A generator closes when its open `next()` has come, and nobody says that this comes.
    closing.catch(uncaught);
  }
}

/** @param {Iterator<any> | AsyncIterator<any>} source */
async function close(source) {
  await source.return?.();
}

/** @param {any} step what an iterator's `next()` gave @returns {IteratorResult<any>} */
function stepOf(step) {
  if (Object(step) !== step) throw new TypeError(`the iterator's next() gave ${shown(step)}, which is no object`);
  return step;
}

/** Whether to wait for it. What throws when it is asked throws once more when it is waited for. @param {any} value */
function isThenable(value) {
  try {
    return typeof value?.then === "function";
  } catch {
    return true;
  }
}

/** @param {unknown} concurrency */
function concurrencyOf(concurrency) {
  if (concurrency === undefined || concurrency === null) return undefined;
  if (typeof concurrency === "number" && Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= CONCURRENCY_MAX) {
    return concurrency;
  }
  throw badConfig("concurrency", shown(concurrency), `a whole number from 1 to ${CONCURRENCY_MAX}`);
}

/** @param {any} iterable @returns {[Iterator<any> | AsyncIterator<any>, boolean]} and whether it is asynchronous */
function iteratorOf(iterable) {
  return guarded("iterable", () => {
    const asynchronous = iterable?.[Symbol.asyncIterator];
    if (typeof asynchronous === "function") return [asynchronous.call(iterable), true];
    const synchronous = iterable?.[Symbol.iterator];
    if (typeof synchronous === "function") return [synchronous.call(iterable), false];
    throw badConfig("iterable", shown(iterable), "an iterable or an async iterable");
  });
}
