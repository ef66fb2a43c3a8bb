// A verdict that finds nothing proves nothing: each thing that must not be is forged, and has to be found.

import assert from "node:assert/strict";
import { test } from "node:test";

import { randomFrom } from "../random.mjs";
import { callOf, KINDS } from "./kinds.mjs";
import { countRun, makeLedger, runsOf } from "./ledger.mjs";
import { planOf, shapeOf } from "./plan.mjs";
import { judge } from "./verdict.mjs";

const MIB = 2 ** 20;

/** A job that was right, or differs in something. */
const job = (number, more = {}) => ({
  job: number, kind: "sum", idempotent: false, from: 0, to: 100, code: "fulfilled", right: true, told: "", runs: 1, ranIn: [1], ...more,
});
const lost = { code: "GenerationLost", right: false, told: "generation 1 was lost", generation: 1 };
const trap = { kind: "trap", code: "GenerationLost", generation: 1 };

/** What a run has seen in which nothing is wrong, or with something that is. */
function seen(jobs, more = {}) {
  const rejected = jobs.filter(({ code }) => code === "GenerationLost").length;
  const losses = rejected > 0 ? [{ at: 50, generation: 1, cause: "unreachable", rejected }] : [];
  const fulfilled = jobs.filter(({ code }) => code === "fulfilled").length;
  return {
    jobs, losses, kills: [], recycles: [{ from: 0, to: 100, code: "fulfilled", told: "" }],
    exits: [{ from: 200, to: 300, code: "fulfilled", told: "" }], troubles: [], limitMs: 1000,
    counters: { submitted: jobs.length, fulfilled, rejected: jobs.length - fulfilled, lost: losses.length, failedStarts: 0 },
    memory: { reservedMax: 200 * MIB, budget: 256 * MIB, limit: 128 * MIB, processMax: 400 * MIB, processAfter: 100 * MIB },
    page: { gapMs: 60, busyMs: 0, failures: [] }, left: [], ...more,
  };
}

function finds(record, ...words) {
  const { found } = judge(record);
  assert.equal(found.length, words.length, found.join("\n"));
  words.forEach((word, i) => assert.match(found[i], word));
}

test("a run in which nothing is wrong", () => {
  finds(seen([job(0), job(1, { kind: "a panic", code: "TaskPanicked" })]));
  finds(seen([job(0, trap), job(1, lost), job(2, { idempotent: true, runs: 2, ranIn: [1, 2] })]));
  const { figures } = judge(seen([job(0, trap), job(1, lost)]));
  assert.equal(figures.length, 7);
  for (const figure of figures) assert.match(figure, /: .*\d|\d+ ms/);
});

test("a lost promise", () => {
  const never = { code: "never", right: false, to: 5000 };
  finds(seen([job(0), job(1, never)]), /^unsettled: job 1 \(sum\)/);
  finds(seen([job(0)], { recycles: [{ from: 0, to: 100, code: "never", told: "" }] }), /^unsettled: recycle\(\) number 1/);
  const counters = { submitted: 2, fulfilled: 1, rejected: 0, lost: 0, failedStarts: 0 };
  finds(seen([job(0), job(1)], { counters }), /^unsettled: of 2 calls/);
});

test("a run that nothing has made necessary", () => {
  const again = { idempotent: true, runs: 2, ranIn: [1, 2] };
  finds(seen([job(0, again)]), /^run again: job 0 .* ran 2 times, in generations 1, 2/);
  finds(seen([job(0, { ...again, ranIn: [2, 3] }), job(1, trap)]), /^run again: job 0/);
  finds(seen([job(0, again), job(1, { kind: "exhaustion", code: "MemoryExhausted" })]));
  const thrice = { ...again, runs: 3, ranIn: [1, 2, 3] };
  finds(seen([job(0, thrice), job(1, { kind: "exhaustion", code: "MemoryExhausted" })]), /^run again: job 0/);
});

test("a double run", () => {
  finds(seen([job(0, { runs: 2, ranIn: [1, 2] })]), /^run too often: job 0 .* ran 2 times, in generations 1, 2; at most 1/);
  const often = { idempotent: true, runs: 4, ranIn: [1, 2, 3, 4] };
  finds(seen([job(0, often)]), /^run too often: job 0 .* at most 3/, /^run again/);
  finds(seen([job(0, { runs: 0, ranIn: [] })]), /^not run/);
});

test("a wrong result, and an error that nothing excuses", () => {
  finds(seen([job(0, { right: false, told: "it gave 5" })]), /^wrong end: job 0 .* fulfilled .*it gave 5/);
  finds(seen([job(0, trap), job(1, { ...lost, right: false, code: "TimedOut" })]), /^wrong end: job 1 .* TimedOut/);
  // Lost with its generation, but it says another one, or was called later.
  const other = seen([job(0, trap), job(1, { ...lost, generation: 2 })]);
  finds(other, /^wrong end: job 1/, /^miscounted loss/);
  finds(seen([job(0, trap), job(1, { ...lost, from: 60 })]), /^wrong end: job 1/);
});

test("an idempotent job is lost only when its runs are used up", () => {
  finds(seen([job(0, trap), job(1, { ...lost, idempotent: true })]), /^wrong end: job 1 \(sum; idempotent/);
  const at = (generation) => ({ at: 10 * generation, generation, cause: "unreachable", rejected: generation === 3 ? 2 : 0 });
  const ran = { ranIn: [1, 2, 3], runs: 3, generation: 3 };
  const counters = { submitted: 2, fulfilled: 0, rejected: 2, lost: 3, failedStarts: 0 };
  const jobs = [job(0, { ...trap, ...ran, idempotent: true }), job(1, { ...lost, ...ran, idempotent: true })];
  finds(seen(jobs, { losses: [at(1), at(2), at(3)], counters }));
});

test("memory is exhausted only beside a job that exhausts it", () => {
  const exhausted = { code: "MemoryExhausted", right: false };
  const exhausting = job(0, { kind: "exhaustion", code: "MemoryExhausted" });
  finds(seen([exhausting, job(1, exhausted)]));
  finds(seen([exhausting, job(1, { ...exhausted, idempotent: true })]), /^wrong end: job 1/);
  finds(seen([exhausting, job(1, { ...exhausted, ranIn: [2] })]), /^wrong end: job 1/);
  finds(seen([exhausting, job(1, { ...exhausted, from: 101, to: 120 })]), /^wrong end: job 1/);
  finds(seen([job(1, exhausted)]), /^wrong end: job 1/);
});

test("a generation that is lost for no reason, or miscounted", () => {
  finds(seen([job(1, lost)]), /^unexplained loss: generation 1/);
  const kills = [{ at: 40, generation: 1, what: "kill a thread", wasStarting: false }];
  finds(seen([job(1, lost)], { kills }));
  finds(seen([job(0, trap)], { losses: [{ at: 50, generation: 1, cause: "", rejected: 2 }] }), /^miscounted loss/);
  const counters = { submitted: 1, fulfilled: 1, rejected: 0, lost: 0, failedStarts: 1 };
  finds(seen([job(0)], { counters }), /^failed start/);
  finds(seen([job(0)], { counters, kills: [{ ...kills[0], wasStarting: true }] }));
});

test("a recycle that fails", () => {
  const recycles = [{ from: 60, to: 100, code: "StartFailed", told: "its leader has ended", generation: 1 }];
  finds(seen([job(0)], { recycles }), /^wrong end: recycle\(\) number 1/);
  const kill = { at: 50, generation: 2, what: "kill a leader", wasStarting: true };
  finds(seen([job(0)], { recycles, kills: [kill] }));
  for (const other of [{ at: 101 }, { generation: 1 }, { wasStarting: false }]) {
    finds(seen([job(0)], { recycles, kills: [{ ...kill, ...other }] }), /^wrong end: recycle\(\) number 1/);
  }
});

test("an exit that fails, and one that refuses what it must not", () => {
  finds(seen([job(0)], { exits: [{ from: 0, to: 9, code: "PoolLost", told: "" }] }), /^wrong end: exit\(\) number 1/);
  finds(seen([job(0)], { exits: [{ from: 0, to: 9, code: "never", told: "" }] }), /^unsettled: exit\(\) number 1/);
  const refused = { code: "PoolExited", right: false, runs: 0, ranIn: [] };
  finds(seen([job(0, { ...refused, from: 150, to: 250 })]));
  finds(seen([job(0, refused)]), /^wrong end: job 0 .* PoolExited/);
  finds(seen([job(0)], { recycles: [{ from: 0, to: 250, code: "PoolExited", told: "" }] }));
  finds(seen([job(0)], { recycles: [{ from: 0, to: 150, code: "PoolExited", told: "" }] }), /^wrong end: recycle/);
});

test("memory without bound, a page that stands still, errors of its own, workers that are left", () => {
  const memory = { reservedMax: 300 * MIB, budget: 256 * MIB, limit: 128 * MIB, processMax: 3000 * MIB, processAfter: 900 * MIB };
  finds(seen([job(0)], { memory }), /^memory: 300 MiB/, /^memory: the process held 3000 MiB/, /^memory: the process holds 900/);
  const left = { ...memory, reservedMax: 0, processMax: 0, processAfter: 300 * MIB };
  finds(seen([job(0)], { memory: left }), /^memory: the process holds 300 MiB .*; 256 MiB are allowed/);
  finds(seen([job(0)], { memory: left, kills: [{ at: 40, generation: 1, what: "kill a leader", wasStarting: false }] }));
  const page = { gapMs: 9_000, busyMs: 0, failures: ["it broke"] };
  finds(seen([job(0)], { page }), /^page: .* 9\.0 s/, /^page: .* it broke/);
  finds(seen([job(0)], { left: ["perennial-thread-1-0-x"] }), /^left: perennial-thread-1-0-x/);
});

test("of many only the first are told, with the count of the others", () => {
  const { found } = judge(seen(Array.from({ length: 30 }, (_, i) => job(i, { right: false }))));
  assert.deepEqual([found.length, found.at(-1)], [11, "wrong end: 20 more"]);
});

test("runs are counted with their generations", () => {
  const ledger = makeLedger(3);
  for (const [job, generation] of [[0, 1], [2, 1], [2, 7]]) countRun(ledger, job, generation);
  assert.deepEqual([0, 1, 2].map((job) => runsOf(ledger, job)), [
    { runs: 1, ranIn: [1] }, { runs: 0, ranIn: [] }, { runs: 2, ranIn: [1, 7] },
  ]);
  for (let generation = 1; generation < 20; generation++) countRun(ledger, 1, generation);
  assert.deepEqual(runsOf(ledger, 1), { runs: 19, ranIn: [1, 2, 3, 4, 5] });
  assert.equal(runsOf(ledger, 2).runs, 2);
});

test("the plan depends on the seed alone, and has its share of everything", () => {
  const plan = planOf(7, 3000);
  assert.deepEqual(planOf(7, 3000), plan);
  assert.notDeepEqual(planOf(8, 3000), plan);
  const jobs = plan.filter((step) => step.do === "job");
  assert.deepEqual(jobs.map(({ job }) => job), Array.from({ length: 3000 }, (_, i) => i));
  const count = (wanted) => plan.filter((step) => step.do === wanted).length;
  const deaths = jobs.reduce((sum, { kind }) => sum + (KINDS[kind].ends ?? 0), 0);
  assert.equal(deaths + count("kill a thread") + count("kill a leader"), 40);
  assert.deepEqual([count("recycle"), count("keep the page busy"), count("exit and start again")], [30, 10, 3]);
  const shapes = new Set(Array.from({ length: 100 }, (_, seed) => JSON.stringify(shapeOf(seed))));
  assert.equal(shapes.size, 6);
  for (const kind of Object.keys(KINDS)) assert.ok(jobs.some((job) => job.kind === kind), kind);
});

test("the same job is the same call, and no wrong end is right", () => {
  for (const kind of Object.keys(KINDS)) {
    const step = { do: "job", job: 5, kind, seed: 3, idempotent: true };
    const [one, other] = [0, 1].map(() => callOf(step, randomFrom(step.seed)));
    assert.deepEqual([one.task, one.argument], [other.task, other.argument], kind);
    assert.equal(one.argument[0], 5);
    assert.ok(one.task.startsWith("counted_"), kind);
    assert.equal(one.isRight({ error: Object.assign(new Error("x"), { code: "PoolLost" }) }), false, kind);
    if (kind !== "a detached panic, too late") assert.equal(one.isRight({ value: -1 }), false, kind);
  }
});

test("a recycle fails with its successor's death, and with no other", () => {
  const trapInNew = job(0, { ...trap, generation: 2, ranIn: [2], to: 60 });
  const losses = [{ at: 50, generation: 2, cause: "unreachable", rejected: 1 }];
  const recycle = { from: 0, to: 100, code: "StartFailed", told: "the recycle came to nothing: unreachable", generation: 1 };
  finds(seen([trapInNew], { losses, recycles: [recycle] }));
  finds(seen([trapInNew], { losses, recycles: [{ ...recycle, told: "the recycle came to nothing: late" }] }), /recycle\(\) number 1/);
  finds(seen([trapInNew], { losses, recycles: [{ ...recycle, generation: 2 }] }), /recycle\(\) number 1/);
});
