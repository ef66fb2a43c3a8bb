// How soon a death is told, and how soon the pool serves again.

import { Pool } from "../pkg/perennial_bench.js";

const LIMIT = 64 * 2 ** 20;
/** What has not happened by then never does. */
const LIMIT_MS = 30_000;
const TIMEOUT_MS = 200;
/** Rounds before the first counted one: the engine compiles meanwhile. */
const WARM_UP = 2;
/** A small job: some 0.1 ms. */
const STEPS = 100_000;
/** Results of the load that are waited for before and after a death. */
const RESULTS = 50;

const TRAP = { code: "GenerationLost", cause: /^RuntimeError: / };
const OVERFLOW = { code: "GenerationLost", cause: /^a stack overflow: / };
const pkg = new URL("../pkg/perennial_bench.js", import.meta.url).href;

/**
 * How each comes about: by a task that says when, or, beside a task that is under way, by an act from outside, whose time is
 * that of the call here, or, if it `tells`, what it says. And how it must end, so that nothing else is timed in its place.
 */
const DEATHS = {
  trap: { task: "trap", ...TRAP },
  leaderTrap: { act: ({ leader }) => killing.callIn(leader, pkg, "trap_here"), tells: true, ...TRAP },
  overflowMemory: { task: "overflow_memory", ...OVERFLOW },
  overflowBrowser: { task: "overflow_browser", ...OVERFLOW },
  exception: { task: "throw_across", code: "GenerationLost", cause: /thrown across Rayon/ },
  panic: { task: "panic_detached", code: "GenerationLost", cause: /in a detached closure/ },
  threadKilled: { act: ({ threads }) => killing.kill(threads[0]), code: "GenerationLost", cause: /^a thread has ended$/ },
  leaderKilled: { act: ({ leader }) => killing.kill(leader), code: "GenerationLost", cause: /^its leader has ended$/ },
  leaderSilent: { act: ({ leader }) => void killing.spin(leader), code: "GenerationLost", cause: /^its leader has not answered / },
  hang: { task: "hang", after: TIMEOUT_MS, options: { timeout: TIMEOUT_MS }, code: "TimedOut", cause: /outlived its timeout/ },
  exhausted: { task: "exhaust", argument: 2 * LIMIT, code: "MemoryExhausted" },
};

/** `kill.js`: in place before a pool starts, and only where workers are killed. */
let killing;
let deeds;

async function startPool(threads) {
  killing ??= await import("../../../tests/e2e/kill.js");
  deeds ??= new BroadcastChannel("perennial-bench-deed");
  // Deaths on purpose: no restart has to wait.
  return Pool.start({ threads, memory: { limit: LIMIT }, restart: { max: 1000, within: 1 } });
}

/**
 * One death after the other on a pool of one thread, each with an idempotent job right behind it, which can only be served
 * afterwards. Times are from the deed, in ms.
 * @param {keyof typeof DEATHS} name @param {number} rounds @param {string} hold the task that is under way where a worker is killed
 */
export async function deaths(name, rounds, hold) {
  const pool = await startPool(1);
  const seen = [];
  for (let round = -WARM_UP; round < rounds; round++) {
    let served;
    const behind = () => {
      const next = pool.run("small", STEPS, { idempotent: true });
      served = next.then(() => performance.now());
      served.catch(() => {});
    };
    const old = await killing.newest();
    const { at, told } = await within(die(pool, name, { hold, behind }), name);
    const next = await within(served, "the next job");
    if (round >= 0) seen.push({ told: told - at, served: next - at });
    await ended(pool, old, name);
  }
  await pool.exit();
  return seen;
}

/**
 * The same on a pool of two threads that has `inFlight` small jobs all the time, every other of them idempotent: what becomes
 * of those.
 * @param {keyof typeof DEATHS} name @param {number} rounds @param {number} inFlight
 */
export async function neighbours(name, rounds, inFlight) {
  const pool = await startPool(2);
  const failures = [];
  // Not a variable of its own: in WebKitGTK 2.50 a loop of some 100 000 turns does not see it change any more.
  const load = { streams: true };
  let rejected = 0;
  let last = performance.now();
  let gap = 0;
  const waiting = [];
  const hear = () => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
    if (waiting.length > 0 && --waiting[0].left === 0) waiting.shift().resolve();
  };
  const results = (left) => within(new Promise((resolve) => waiting.push({ left, resolve })), "the load's results");
  const flow = async (_, index) => {
    const options = index % 2 === 0 ? { idempotent: true } : {};
    while (load.streams) {
      try {
        await pool.run("small", STEPS, options);
        hear();
      } catch (error) {
        if (error.code !== "GenerationLost" || options.idempotent) failures.push(String(error));
        rejected += 1;
      }
    }
  };
  const flows = Array.from({ length: inFlight }, flow);
  const seen = [];
  for (let round = -WARM_UP; round < rounds; round++) {
    await results(RESULTS);
    const old = await killing.newest();
    rejected = gap = 0;
    const { rerun } = await within(die(pool, name), name);
    await results(RESULTS);
    if (round >= 0) seen.push({ rejected, rerun, gap });
    await ended(pool, old, name);
  }
  load.streams = false;
  await within(Promise.all(flows), "the load's end");
  await pool.exit();
  if (failures.length > 0) throw new Error(`beside ${name}: ${failures[0]}; ${failures.length} such`);
  return seen;
}

/**
 * Lets it happen. Resolves when it is told: by `generationlost`, or, of what is no death, by the job's own rejection.
 * @param {{ hold?: string, behind?: () => void }} [beside] `behind`: called when the job that dies, or `hold`, beside which is
 *   killed, is called
 */
async function die(pool, name, { hold, behind } = {}) {
  const { task, argument, options, act, tells, after = 0, code, cause } = DEATHS[name];
  const isDeath = code !== "MemoryExhausted";
  const lost = new Promise((resolve) => {
    const hear = ({ detail }) => resolve({ ...detail, told: performance.now() });
    if (isDeath) pool.addEventListener("generationlost", hear, { once: true });
  });
  // From outside nobody need be in the generation, unless the next job is to find its thread taken.
  const called = task ?? hold;
  let deed = called ? telling() : undefined;
  const dying = called && pool.run(`deaths::${called}`, argument, options).then((value) => ({ code: `fulfilled: ${value}` }), (error) => error);
  const settled = dying?.then((error) => ({ error, told: performance.now() }));
  behind?.();
  let at = await deed;
  if (act) {
    const { leader, threads } = await killing.newest();
    deed = tells ? telling() : undefined;
    at = performance.now();
    act({ leader, threads });
    at = (await deed) ?? at;
  }
  const seen = isDeath ? await lost : { rerun: 0, told: (await settled).told };
  if (isDeath && !cause.test(seen.cause)) throw new Error(`${name} was to be told as ${cause}, but was: ${seen.cause}`);
  const ending = settled && (await settled).error.code;
  if (settled && ending !== code) throw new Error(`${name} was to reject with ${code}, but: ${ending}`);
  return { at: at + after, told: seen.told, rerun: seen.rerun };
}

/** The next word of a worker that does it, on this page's clock. @returns {Promise<number>} */
function telling() {
  return new Promise((resolve) => {
    deeds.onmessage = ({ data }) => resolve(data - performance.timeOrigin);
  });
}

/** Until the workers of the old generation are really dead, so that they take nothing from the next round. */
async function ended(pool, { leader, threads }, name) {
  const gone = [leader, ...threads].map((worker) => navigator.locks.request(worker, () => {}));
  if (DEATHS[name].code !== "MemoryExhausted") await within(Promise.all(gone), "the end of the old workers");
  else while (pool.health().phase !== "serving") await rest();
  await rest();
}

const rest = () => new Promise((resolve) => setTimeout(resolve, 50));

/** @template T @param {Promise<T>} promise @param {string} what @returns {Promise<T>} */
function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
