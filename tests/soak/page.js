// The load, as `window.soak`: two pools, one of them with tasks that misbehave, the other with proofs and leaks.

import initFixture, * as fixture from "/tests/fixture/pkg/perennial_fixture.js";
import initDemo, * as demo from "/pkg/perennial_demo.js";

import { randomFrom } from "../random.mjs";
import { Calls } from "./calls.mjs";
import { anyKind, DISASTERS } from "./kinds.mjs";

const MIB = 1 << 20;
const DEPTH = 4;
const LIMIT = 256 * MIB;
const OPTIONS = { threads: 2, memory: { limit: LIMIT } };
/** Calls under way at a time, beside the proofs. */
const USERS = 4;
const PROBE_MS = 50;
const RECYCLE_MS = 15_000;

await initFixture({ memory: fixture.pageMemory() });
await initDemo({ memory: demo.pageMemory() });

const calls = new Calls();
let random = Math.random;
let troubled;
let prover;
let keys;
/** The page's own events since the last window. */
let told;

window.soak = {
  /** @param {number} seed */
  async start(seed) {
    random = randomFrom(seed);
    const maker = await demo.Pool.start(OPTIONS);
    keys = await maker.run("setup", DEPTH);
    await maker.exit();
    troubled = await fixture.Pool.start(OPTIONS);
    prover = await demo.Pool.start({ ...OPTIONS, input: keys.provingKey });
    for (const pool of [troubled, prover]) listen(pool);
    calls.watch(troubled);
  },

  /** Load for so many ms, then nothing until all is settled. @param {number} ms */
  async window(ms) {
    calls.next();
    told = { recycles: {}, lost: 0, degraded: 0, failed: 0, reservedMax: 0, pauses: [] };
    const until = performance.now() + ms;
    const isOver = () => performance.now() >= until;
    const latencies = [];
    const loops = [
      ...Array.from({ length: USERS }, () => use(isOver)),
      ...Object.entries(DISASTERS).map(([kind, disaster]) => strike(kind, disaster, isOver)),
      prove(isOver),
      leakBesideProofs(isOver),
      probe(isOver, latencies),
      recycleNow(isOver),
    ];
    await Promise.all(loops);
    await Promise.all(calls.open);
    return {
      settled: calls.settled, collateral: calls.collateral, wrong: [...calls.wrong], wrongCount: calls.wrongCount,
      ends: Object.fromEntries([...calls.ends].sort()), latencies, ...told,
    };
  },

  /** Both pools with a fresh generation and nothing to do: the same state each time. */
  async rest() {
    await Promise.all([troubled.recycle(), prover.recycle()]);
    const unsettled = [troubled, prover].map((pool) => {
      const { counters, queue } = pool.health();
      return counters.submitted - counters.fulfilled - counters.rejected + queue.length;
    });
    return { unsettled: unsettled[0] + unsettled[1] };
  },

  /** What a window leaves to the garbage collector, and the locks that workers hold or wait for. */
  async left() {
    globalThis.gc?.();
    const { held, pending } = await navigator.locks.query();
    return { locks: held.length + pending.length, heap: performance.memory?.usedJSHeapSize ?? 0 };
  },

  async end() {
    await Promise.all([troubled.exit(), prover.exit()]);
  },
};

/** The cause of each pool's last death. @type {Map<any, string>} */
const lostBy = new Map();

/**
 * A recycle that comes to nothing. One may, by a job's deed: its new generation has died while the old one still drained,
 * which serves on. @param {any} pool @param {string} what @param {{ cause?: unknown, message?: string }} told
 */
function failed(pool, what, { cause, message }) {
  if (cause === lostBy.get(pool)) calls.collateral += 1;
  else calls.blame(`${what}: ${message ?? cause}`);
}

function listen(pool) {
  pool.addEventListener("recycleend", ({ detail: { reason, pauseMs } }) => {
    told.recycles[reason] = (told.recycles[reason] ?? 0) + 1;
    told.pauses.push(pauseMs);
  });
  pool.addEventListener("generationlost", ({ detail: { cause } }) => {
    told.lost += 1;
    lostBy.set(pool, cause);
  });
  pool.addEventListener("degraded", () => (told.degraded += 1));
  pool.addEventListener("recyclefailed", ({ detail }) => {
    told.failed += 1;
    failed(pool, "a recycle failed", detail);
  });
  pool.addEventListener("pressure", () => measure(pool));
  pool.addEventListener("recyclestart", () => measure(pool));
}

/** What the live generations hold together stays within the budget. */
function measure(pool) {
  const reserved = pool.health().generations.reduce((sum, generation) => sum + generation.reserved, 0);
  told.reservedMax = Math.max(told.reservedMax, reserved);
  if (reserved > 2 * LIMIT) calls.blame(`${reserved} bytes are reserved, more than the budget of ${2 * LIMIT}`);
}

async function use(isOver) {
  while (!isOver()) {
    const [kind, { call }] = anyKind(random);
    await calls.make(troubled, kind, call(random));
  }
}

async function strike(kind, { every, call }, isOver) {
  while (await passes(every * (0.5 + random()), isOver)) await calls.make(troubled, kind, call(random));
}

async function prove(isOver) {
  while (!isOver()) {
    const request = { leaf: Math.floor(random() * keys.members), seed: Math.floor(random() * 1e9) };
    let proof;
    const isRight = ({ value }) => (proof = value)?.leaf === request.leaf;
    await calls.make(prover, "a proof", { task: "prove", argument: request, isRight });
    if (!proof) continue;
    const argument = { verifyingKey: keys.verifyingKey, bytes: proof.bytes, publicInputs: proof.publicInputs };
    await calls.make(prover, "a verified proof", { task: "verify", argument, isRight: ({ value }) => value === true });
  }
}

async function leakBesideProofs(isOver) {
  const bytes = 5 * MIB;
  const isRight = ({ value }) => value === bytes;
  while (await passes(100, isOver)) await calls.make(prover, "a leak beside proofs", { task: "leak", argument: bytes, isRight });
}

/** What a caller with a small job waits, all along. */
async function probe(isOver, latencies) {
  const isRight = ({ value }) => value === 2;
  while (await passes(PROBE_MS, isOver)) {
    const begun = performance.now();
    await calls.make(troubled, "a probe", { task: "add", argument: [1, 1], options: { idempotent: true, priority: 10 }, isRight });
    latencies.push(performance.now() - begun);
  }
}

async function recycleNow(isOver) {
  while (await passes(RECYCLE_MS * (0.5 + random()), isOver)) {
    const pool = random() < 0.5 ? troubled : prover;
    try {
      await pool.recycle();
    } catch (error) {
      failed(pool, "recycle() by hand", error);
    }
  }
}

/** So many ms later; whether the window lasts still. */
async function passes(ms, isOver) {
  const until = performance.now() + ms;
  while (!isOver() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, Math.min(500, until - performance.now())));
  return !isOver();
}
