// Does what the plan says, as `window.chaos`, and writes down what came of it.

import init, * as app from "/tests/fixture/pkg/perennial_fixture.js";

import { endOf, NEVER } from "../soak/calls.mjs";
import { randomFrom } from "../random.mjs";
import { callOf } from "./kinds.mjs";
import { makeLedger, runsOf } from "./ledger.mjs";
import { planOf, shapeOf } from "./plan.mjs";
import { adoptWorkers, strike } from "./workers.js";

const LIMIT = 128 * 2 ** 20;
const OPTIONS = {
  // As many deaths as the plan has: what they do to the pool is what is looked at, not whether it gives up.
  restart: { max: 1000, within: 1_000 },
  // Longer than a sound one takes on a machine that does much else.
  startTimeout: 60_000,
  exitTimeout: 10_000,
};
/** Calls under way at a time. */
const USERS = 6;
/** Longer than any job waits and runs, whatever dies beside it. */
const SETTLES_MS = 120_000;
const PULSE_MS = 50;
const STARTS_MAX = 5;

const state = {
  /** Settled since they were asked for. @type {object[]} */
  settled: [],
  losses: [],
  kills: [],
  recycles: [],
  exits: [],
  /** Why recycles failed. */
  troubles: [],
  reservedMax: 0,
  gapMs: 0,
  busyMs: 0,
  failures: [],
  isOver: false,
};
let pool;
let ledger;
let lastPulse;
/** Resolves when the pool takes calls again. @type {Promise<void> | undefined} */
let exiting;

addEventListener("error", ({ message }) => state.failures.push(message));
addEventListener("unhandledrejection", ({ reason }) => state.failures.push(`unhandled rejection: ${reason}`));

await init({ memory: app.pageMemory() });

window.chaos = {
  /** Begins; the rest is asked for by `look`. @param {number} seed @param {number} jobs */
  async start(seed, jobs) {
    ledger = makeLedger(jobs);
    adoptWorkers(ledger);
    const { threads, overlap } = shapeOf(seed);
    pool = await app.Pool.start({ ...OPTIONS, threads, memory: { limit: LIMIT, overlap } });
    pool.addEventListener("generationlost", ({ detail: { generation, cause, rejected } }) => {
      state.losses.push({ at: performance.now(), generation, cause, rejected });
    });
    pool.addEventListener("recyclefailed", ({ detail: { cause } }) => state.troubles.push(cause));
    pool.addEventListener("recyclestart", measure);
    lastPulse = performance.now();
    const pulse = setInterval(beat, PULSE_MS);
    const steps = planOf(seed, jobs).values();
    const open = new Set();
    const user = async () => {
      for (const step of steps) {
        await exiting;
        const done = take(step).finally(() => open.delete(done));
        open.add(done);
        if (isAwaited(step)) await done;
      }
    };
    Promise.all(Array.from({ length: USERS }, user))
      .then(() => Promise.all(open))
      .catch((error) => state.failures.push(`chaos itself: ${error.stack}`))
      .finally(() => {
        clearInterval(pulse);
        state.isOver = true;
      });
    return { limitMs: SETTLES_MS, shape: `${threads} threads, ${overlap}` };
  },

  /** What has settled since the last call, and whether all has. */
  look() {
    return { settled: state.settled.splice(0), isOver: state.isOver, health: state.isOver ? undefined : brief(pool.health()) };
  },

  /** Ends the pool. */
  async end() {
    const { counters, memory } = pool.health();
    const { losses, kills, recycles, exits, troubles, reservedMax, gapMs, busyMs, failures } = state;
    await pool.exit();
    return { counters, budget: memory.budget, limit: LIMIT, losses, kills, recycles, exits, troubles, reservedMax, gapMs, busyMs, failures };
  },

  /** How often jobs ran, of those from one number to before another. */
  runs: (from, to) => Array.from({ length: to - from }, (_, i) => runsOf(ledger, from + i)),

  /** The locks that workers hold for as long as they live. */
  async left() {
    const { held = [], pending = [] } = await navigator.locks.query();
    return [...held, ...pending].map(({ name }) => name);
  },
};

/** @param {import("./plan.mjs").Step} step */
async function take(step) {
  switch (step.do) {
    case "job":
      return run(step);
    case "recycle":
      return recycle();
    case "exit and start again":
      return exitAndStart();
    case "keep the page busy":
      return keepBusy(step.ms);
    default:
      return kill(step);
  }
}

const isAwaited = (step) => (step.do === "job" ? step.awaited : step.do !== "recycle");

async function run(job) {
  const call = callOf(job, randomFrom(job.seed));
  const from = performance.now();
  const { code, value, error } = await endOf(pool, call, SETTLES_MS);
  const right = code !== NEVER && call.isRight({ value, error });
  const told = right ? "" : (error?.message ?? `it gave ${shown(value)}`);
  state.settled.push({
    job: job.job, kind: job.kind, idempotent: call.options.idempotent === true, from, to: performance.now(), code, right,
    generation: error?.generation, told,
  });
}

async function recycle() {
  const from = performance.now();
  const { code, error } = await endOf({ run: () => pool.recycle() }, {}, SETTLES_MS);
  state.recycles.push({ from, to: performance.now(), code, told: error?.message ?? "", generation: error?.from });
}

/** Nobody calls meanwhile: what is under way ends, or is refused. */
async function exitAndStart() {
  const from = performance.now();
  const exit = async () => {
    await pool.exit();
    // One that is killed while it starts is a first start that fails.
    for (let tries = 0; tries < STARTS_MAX; tries++) {
      const isUp = await pool.init().then(() => true, () => false);
      if (isUp) return;
    }
    throw new Error(`the pool did not start in ${STARTS_MAX} tries`);
  };
  exiting = exit().finally(() => (exiting = undefined));
  const { code, error } = await endOf({ run: () => exiting }, {}, SETTLES_MS);
  state.exits.push({ from, to: performance.now(), code, told: error?.message ?? "" });
}

/** Until there was somebody to be struck. @param {import("./plan.mjs").Kill} step */
async function kill(step) {
  const until = performance.now() + SETTLES_MS;
  while (performance.now() < until) {
    const { generations } = pool.health();
    const serving = generations.find(({ phase }) => phase === "serving");
    const found = { serving, newest: generations.at(-1), oldest: generations[0] }[step.whom];
    if (found && (await strike(step, found.generation))) {
      const { generation, phase } = found;
      state.kills.push({ at: performance.now(), generation, what: step.do, wasStarting: phase === "starting" });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, PULSE_MS));
  }
  throw new Error(`there was nobody to be struck for ${SETTLES_MS} ms`);
}

function keepBusy(ms) {
  const from = performance.now();
  beat();
  while (performance.now() < from + ms);
  state.busyMs += performance.now() - from;
  lastPulse = performance.now();
}

/** The page lives, and its pool keeps to its budget. */
function beat() {
  const now = performance.now();
  state.gapMs = Math.max(state.gapMs, now - lastPulse);
  lastPulse = now;
  measure();
}

function measure() {
  const reserved = pool.health().generations.reduce((sum, generation) => sum + generation.reserved, 0);
  state.reservedMax = Math.max(state.reservedMax, reserved);
}

const brief = ({ phase, generations, queue, counters }) => ({ phase, generations, queue: queue.length, counters });
const shown = (value) => (typeof value === "object" ? `an object of ${value?.length ?? "no"} length` : String(value).slice(0, 60));
