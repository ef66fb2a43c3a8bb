// What is called again and again, and how each call must end.

const MIB = 1 << 20;
/** Calls whose only way to end is their result. */
const fulfils = (wanted) => ({ value }) => value === wanted;
const rejects = (code, words = "") => ({ error }) => error?.code === code && error.message.includes(words);

/**
 * `weight`: how often, beside the others. `call` makes one: the task, its argument and options, and whether an end is the
 * right one.
 * @type {Record<string, { weight: number, call: (random: () => number) => Call }>}
 *
 * @typedef {{ value?: any, error?: any }} End
 * @typedef {{ task: string, argument?: any, options?: any, isRight: (end: End) => boolean, abortAfter?: number }} Call
 */
export const KINDS = {
  add: { weight: 10, call: () => ({ task: "add", argument: [20, 22], isRight: fulfils(42) }) },
  "add, idempotent": {
    weight: 10, call: () => ({ task: "add", argument: [20, 22], options: { idempotent: true }, isRight: fulfils(42) }),
  },
  sum: {
    weight: 10,
    call: (random) => {
      const to = whole(random, 1_000_000);
      return { task: "sum_to", argument: to, isRight: fulfils((to * (to - 1)) / 2) };
    },
  },
  "bytes of every size": {
    weight: 6,
    call: (random) => {
      const bytes = patterned(Math.floor(2 ** (random() * 22)));
      const isRight = ({ value }) => value instanceof Uint8Array && isSame(value, bytes);
      return { task: "echo_bytes", argument: bytes, options: { idempotent: random() < 0.5 }, isRight };
    },
  },
  "bytes, moved": {
    weight: 2,
    call: () => {
      const bytes = patterned(MIB);
      const isRight = ({ value }) => value instanceof Uint8Array && isSame(value, patterned(MIB));
      return { task: "echo_bytes", argument: bytes, options: { transfer: [bytes.buffer] }, isRight };
    },
  },
  numbers: {
    weight: 4,
    call: (random) => {
      const count = whole(random, 20_000);
      return { task: "sum_of_roots", argument: new Float64Array(count).fill(4), isRight: fulfils(2 * count) };
    },
  },
  "a long text": {
    weight: 2,
    call: (random) => {
      const length = whole(random, 200_000);
      return { task: "large_text", argument: length, isRight: ({ value }) => value === "x".repeat(length) };
    },
  },
  "memory, given back": {
    weight: 4,
    call: (random) => {
      const bytes = whole(random, 8 * MIB);
      return { task: "hold", argument: [bytes, whole(random, 20)], isRight: fulfils(bytes) };
    },
  },
  "memory, stated": {
    weight: 2,
    // Its neighbours state nothing, and may take what it was told to have: then it may run again, alone.
    call: () => ({
      task: "hold", argument: [16 * MIB, 10], options: { memory: "17MiB", idempotent: true }, isRight: fulfils(16 * MIB),
    }),
  },
  "a leak": { weight: 6, call: () => ({ task: "leak", argument: 2 * MIB, isRight: fulfils(2 * MIB) }) },
  "an error": { weight: 3, call: () => ({ task: "fail", argument: "told to", isRight: rejects("TaskFailed", "told to") }) },
  "a panic": { weight: 3, call: () => ({ task: "panic", argument: "told to", isRight: rejects("TaskPanicked", "told to") }) },
  "a panic inside": {
    weight: 3,
    call: (random) => ({
      task: "panic_inside", argument: pick(random, ["ParIter", "Join", "Scope"]), isRight: rejects("TaskPanicked"),
    }),
  },
  progress: {
    weight: 2,
    call: () => {
      let last = -1;
      const isRight = ({ value }) => value === 30 && last === 1;
      return { task: "work", argument: 30, options: { onProgress: (progress) => (last = progress) }, isRight };
    },
  },
  "a timeout": {
    weight: 2, call: () => ({ task: "work", argument: 5_000, options: { timeout: 20 }, isRight: rejects("TimedOut") }),
  },
  "an abort": {
    weight: 2,
    call: (random) => {
      const isRight = ({ error }) => error?.name === "AbortError";
      return { task: "work", argument: 5_000, isRight, abortAfter: whole(random, 30) };
    },
  },
  "a wait that is too long": {
    weight: 1,
    call: () => {
      const isRight = (end) => end.value === 3 || rejects("QueueTimedOut")(end);
      return { task: "add", argument: [1, 2], options: { queueTimeout: 1, priority: -10 }, isRight };
    },
  },
  "an unknown task": { weight: 1, call: () => ({ task: "nobody", isRight: rejects("UnknownTask", "nobody") }) },
  "a wrong argument": { weight: 1, call: () => ({ task: "add", argument: "two", isRight: rejects("BadInput") }) },
};

/** What happens now and then: `every` so many ms, give or take a half. @type {Record<string, { every: number, call: (random: () => number) => Call }>} */
export const DISASTERS = {
  exhaustion: {
    every: 10_000,
    call: (random) => ({
      task: "exhaust", argument: { block: pick(random, [64, 4096, MIB]), allThreads: random() < 0.5 }, isRight: rejects("MemoryExhausted"),
    }),
  },
  trap: { every: 25_000, call: () => ({ task: "trap", isRight: rejects("GenerationLost") }) },
  hang: { every: 45_000, call: () => ({ task: "hang", options: { timeout: 100 }, isRight: rejects("TimedOut") }) },
};

/** @param {() => number} random */
export function anyKind(random) {
  const kinds = Object.entries(KINDS);
  let at = random() * kinds.reduce((sum, [, { weight }]) => sum + weight, 0);
  return kinds.find(([, { weight }]) => (at -= weight) < 0) ?? kinds[0];
}

/** From 1 to `most`. */
const whole = (random, most) => 1 + Math.floor(random() * most);
const pick = (random, list) => list[Math.floor(random() * list.length)];
const patterned = (length) => Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
const isSame = (left, right) => left.length === right.length && left.every((byte, i) => byte === right[i]);
