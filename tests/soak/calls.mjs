// One call and its end, judged. What one job does to its neighbours is known, so that only what has no excuse counts.

/** Longer than any job waits and runs, whatever dies beside it. */
const SETTLES_MS = 90_000;
const WRONG_MAX = 20;

export class Calls {
  /** Ends by kind and code. @type {Map<string, number>} */
  ends = new Map();
  /** What must not be, in words. @type {string[]} */
  wrong = [];
  wrongCount = 0;
  settled = 0;
  /** Jobs that went down beside another, which may happen to them. */
  collateral = 0;
  /** Promises that are open. @type {Set<Promise<void>>} */
  open = new Set();
  /** When generations were lost. @type {number[]} */
  #lost = [];
  /** When memory was used up on purpose. @type {{ from: number, to: number }[]} */
  #exhausted = [];

  /** @param {any} pool */
  watch(pool) {
    pool.addEventListener("generationlost", () => this.#lost.push(performance.now()));
  }

  /**
   * Calls, and judges how that ends. Resolves when it has, and never rejects.
   * @param {any} pool @param {string} kind @param {import("./kinds.mjs").Call} call
   */
  make(pool, kind, call) {
    const done = this.#make(pool, kind, call).finally(() => this.open.delete(done));
    this.open.add(done);
    return done;
  }

  async #make(pool, kind, call) {
    const span = { from: performance.now(), to: Infinity };
    if (call.task === "exhaust") this.#exhausted.push(span);
    const { code, ...end } = await endOf(pool, call, SETTLES_MS);
    span.to = performance.now();
    this.settled += 1;
    const words = `${kind}: ${code}`;
    this.ends.set(words, (this.ends.get(words) ?? 0) + 1);
    if (code !== NEVER && call.isRight(end)) return;
    if (this.#isExcused(code, span, call.options?.idempotent === true)) this.collateral += 1;
    else this.blame(`${words} after ${(span.to - span.from).toFixed(0)} ms: ${end.error?.message ?? shown(end.value)}${memoryOf(pool)}`);
  }

  /** @param {string} words */
  blame(words) {
    this.wrongCount += 1;
    if (this.wrong.length < WRONG_MAX) this.wrong.push(words);
  }

  /** What is over is forgotten, so that this grows with no run. */
  next() {
    this.#lost.length = 0;
    this.#exhausted = this.#exhausted.filter(({ to }) => to === Infinity);
    this.ends.clear();
    this.wrong.length = 0;
    this.wrongCount = this.settled = this.collateral = 0;
  }

  /** Whether it went down beside another job. One that may run again has no such excuse. */
  #isExcused(code, { from, to }, idempotent) {
    if (idempotent) return false;
    const lost = this.#lost.some((at) => at >= from && at <= to);
    const exhausted = this.#exhausted.some((span) => span.from <= to && span.to >= from);
    return (lost && code === "GenerationLost") || (exhausted && code === "MemoryExhausted");
  }
}

/** The code of a promise that has not settled in time. */
export const NEVER = "never";

/**
 * Calls, and waits for the end, at most so long. Never rejects.
 * @param {any} pool @param {import("./kinds.mjs").Call} call @param {number} limitMs
 * @returns {Promise<import("./kinds.mjs").End & { code: string }>} `code` also says `fulfilled`
 */
export async function endOf(pool, { task, argument, options = {}, abortAfter }, limitMs) {
  const abort = abortAfter === undefined ? undefined : new AbortController();
  if (abort) setTimeout(() => abort.abort(), abortAfter);
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(() => resolve({ code: NEVER }), limitMs)));
  const run = pool.run(task, argument, abort ? { ...options, signal: abort.signal } : options);
  const ended = run.then((value) => ({ value, code: "fulfilled" }), (error) => ({ error, code: codeOf(error) }));
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A `DOMException`'s code is an old number. */
const codeOf = (error) => (typeof error?.code === "string" ? error.code : (error?.name ?? "no code"));

/** What the pool held when that was heard. */
function memoryOf(pool) {
  const { generations } = pool.health();
  const told = ({ generation, phase, pressure, live, reserved, inFlight }) => {
    return `generation ${generation} ${phase}, ${pressure}, ${live} live of ${reserved} reserved, ${inFlight} in flight`;
  };
  return ` (${generations.map(told).join("; ")})`;
}

function shown(value) {
  return `gave ${typeof value === "object" ? `an object of ${value?.length ?? "no"} length` : String(value).slice(0, 60)}`;
}
