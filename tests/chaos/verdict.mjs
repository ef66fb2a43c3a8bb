// What a run has shown: its figures, and all that must not be. Pure, so that it can be shown what no run should show.

import { NEVER } from "../soak/calls.mjs";
import { KINDS } from "./kinds.mjs";

/** As the README of the coordinator says: how often an idempotent job runs at the most. */
const RUNS_MAX = 3;
/** Far more than an engine's own pauses on a busy machine; far less than what people call dead. */
const GAP_MAX_MS = 5_000;
/** What is shown of a kind of violation. */
const SHOWN = 10;
/** What a page, its engine and workers that are just ending hold beside the pool's budget. */
const PROCESS_SLACK = 768 * 2 ** 20;
/** What a page holds after its pool has ended, and what has ended had the time to be gone. */
const PROCESS_AFTER = 256 * 2 ** 20;

/**
 * Times are in milliseconds of the page's clock, sizes in bytes.
 *
 * @typedef {{ job: number, kind: string, idempotent: boolean, from: number, to: number, code: string, right: boolean,
 *   generation?: number, told: string, runs: number, ranIn: number[] }} Job
 *   `code`: of its error, or `fulfilled`, or `never`; `generation`: that its error names; `told`: its error's words, or what
 *   it gave; `runs`: counted; `ranIn`: in which generations, 0 if that is not known
 * @typedef {{ at: number, generation: number, cause: string, rejected: number }} Loss
 * @typedef {{ at: number, generation: number, what: string, wasStarting: boolean }} Kill
 * @typedef {{ from: number, to: number, code: string, told: string, generation?: number }} Call
 *   Of `recycle()`, or of `exit()` and then `init()`; `generation`: which was not replaced
 *
 * @typedef {{ jobs: Job[], losses: Loss[], kills: Kill[], recycles: Call[], exits: Call[], troubles: string[], limitMs: number,
 *   counters: { submitted: number, fulfilled: number, rejected: number, lost: number, failedStarts: number },
 *   memory: { reservedMax: number, budget: number, limit: number, processMax: number, processAfter: number },
 *   page: { gapMs: number, busyMs: number, failures: string[] }, left: string[] }} Seen
 *   `troubles`: why recycles failed; `processMax`, `processAfter`: 0 where they cannot be read; `left`: locks of workers after the pool's exit
 */

/** @param {Seen} seen @returns {{ figures: string[], found: string[] }} */
export function judge(seen) {
  const findings = new Findings();
  const figures = [promises, runs, ends, losses, memory, page, left].map((look) => look(seen, findings));
  return { figures, found: findings.words() };
}

function promises({ jobs, recycles, exits, limitMs, counters }, findings) {
  const all = [...jobs, ...recycles, ...exits];
  for (const { job, kind, code } of jobs) if (code === NEVER) findings.add("unsettled", `job ${job} (${kind}) has not settled`);
  recycles.forEach(({ code }, i) => code === NEVER && findings.add("unsettled", `recycle() number ${i + 1} has not settled`));
  exits.forEach(({ code }, i) => code === NEVER && findings.add("unsettled", `exit() number ${i + 1} has not settled`));
  const { submitted, fulfilled, rejected } = counters;
  // What names no task is refused at the call.
  const taken = jobs.filter(({ code }) => code !== "UnknownTask").length;
  if (submitted !== taken || fulfilled + rejected !== submitted) {
    findings.add("unsettled", `of ${taken} calls the pool has counted ${submitted}, ${fulfilled} fulfilled and ${rejected} rejected`);
  }
  const unsettled = all.filter(({ code }) => code === NEVER).length;
  const slowest = all.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  const of = `${jobs.length} jobs, ${recycles.length} recycles and ${exits.length} exits`;
  return `promises unsettled: ${unsettled} of ${of}; the slowest took ${seconds(slowest)} of at most ${seconds(limitMs)}`;
}

function runs(seen, findings) {
  const { jobs } = seen;
  const excuses = new Excuses(seen);
  for (const one of jobs) {
    const { job, kind, idempotent, runs, ranIn, code } = one;
    const most = idempotent ? RUNS_MAX : 1;
    const where = `in generations ${ranIn.join(", ")}`;
    if (runs > most) findings.add("run too often", `job ${job} (${kind}) ran ${runs} times, ${where}; at most ${most} are allowed`);
    if (code === "fulfilled" && runs === 0) findings.add("not run", `job ${job} (${kind}) was fulfilled and never ran`);
    if (idempotent && runs > 1 && !excuses.runsAgain(one)) {
      findings.add("run again", `job ${job} (${kind}) ran ${runs} times, ${where}, and nothing has ended its earlier runs`);
    }
  }
  const most = (wanted) => jobs.filter(({ idempotent }) => idempotent === wanted).reduce((most, { runs }) => Math.max(most, runs), 0);
  const twice = jobs.filter(({ idempotent, runs }) => !idempotent && runs > 1).length;
  const again = jobs.filter(({ idempotent, runs }) => idempotent && runs > 1).length;
  return `non-idempotent jobs run twice: ${twice}, the most runs of one: ${most(false)}; idempotent ones run again: ${again}, the most runs of one: ${most(true)} of ${RUNS_MAX}`;
}

function ends(seen, findings) {
  const excuses = new Excuses(seen);
  const { jobs, recycles, kills, exits, losses } = seen;
  let [right, excused] = [0, 0];
  for (const job of jobs) {
    if (job.right) right += 1;
    else if (job.code === NEVER) continue;
    else if (excuses.has(job)) excused += 1;
    else findings.add("wrong end", wrong(job));
  }
  recycles.forEach((recycle, i) => {
    const { to, code, told, generation } = recycle;
    if (code === "fulfilled" || code === NEVER) return;
    if (code === "PoolExited" && exits.some((exit) => overlap(exit, recycle))) return;
    // Its successor may have been on its way before the call.
    if (code === "StartFailed" && kills.some((kill) => kill.wasStarting && kill.generation > generation && kill.at <= to)) return;
    // Its successor may have died, by a deed that its loss was judged for, while the old one still drained.
    if (code === "StartFailed" && losses.some((loss) => loss.generation > generation && loss.at <= to && told.includes(loss.cause))) return;
    findings.add("wrong end", `recycle() number ${i + 1} ended with ${code}: ${told}`);
  });
  exits.forEach(({ code, told }, i) => {
    if (code !== "fulfilled" && code !== NEVER) findings.add("wrong end", `exit() number ${i + 1}, or init() after it, ended with ${code}: ${told}`);
  });
  return `ends that must not be: ${findings.count("wrong end")}; right ${right}, gone down with a neighbour ${excused}`;
}

function wrong({ job, kind, idempotent, code, told, from, to, runs, ranIn }) {
  const way = `${idempotent ? "idempotent" : "not idempotent"}, ${runs} runs in generations ${ranIn.join(", ") || "none"}`;
  return `job ${job} (${kind}; ${way}) ended with ${code} at ${to.toFixed(0)}, ${(to - from).toFixed(0)} ms after its call: ${told}`;
}

/** Which end a job may have though it has done nothing for it. */
class Excuses {
  /** @param {Seen} seen */
  constructor({ jobs, losses, exits }) {
    this.losses = losses;
    this.exits = exits;
    this.exhausting = jobs.filter(({ kind }) => KINDS[kind]?.exhausts);
  }

  /** Each run but the last was ended by the loss of its generation, or found no memory. @param {Job} job */
  runsAgain(job) {
    const lost = new Set(this.losses.map(({ generation }) => generation));
    const ended = job.ranIn.slice(0, -1).filter((generation) => lost.has(generation) || generation === 0);
    const exhausted = KINDS[job.kind]?.exhausts || this.#exhausting(job);
    return ended.length + (exhausted ? 1 : 0) >= job.ranIn.length - 1;
  }

  #exhausting(job) {
    return this.exhausting.some((other) => other.job !== job.job && overlap(other, job) && meet(other, job));
  }

  /** @param {Job} job */
  has(job) {
    const { code, generation, from, to, idempotent } = job;
    if (code === "PoolExited") return this.exits.some((exit) => overlap(exit, job));
    const lost = this.losses.filter(({ at }) => at >= from && at <= to);
    const exhausting = this.#exhausting(job);
    // One that may run again is tried until its runs are used up: each was ended by a loss, or by memory that another used.
    if (idempotent && lost.length + (exhausting ? 1 : 0) < RUNS_MAX) return false;
    if (code === "GenerationLost") return lost.some((loss) => loss.generation === generation);
    return code === "MemoryExhausted" && exhausting;
  }
}

const overlap = (one, other) => one.from <= other.to && other.from <= one.to;

/** Whether they may have been in one generation: where one has not run, nobody knows. */
function meet({ ranIn: one }, { ranIn: other }) {
  const isUnknown = (ranIn) => ranIn.length === 0 || ranIn.includes(0);
  return isUnknown(one) || isUnknown(other) || one.some((generation) => other.includes(generation));
}

function losses({ jobs, losses, kills, counters, troubles }, findings) {
  const deadly = jobs.filter(({ kind }) => KINDS[kind]?.ends);
  const ranDeadly = new Set(deadly.flatMap(({ ranIn }) => ranIn));
  const killed = new Set(kills.map(({ generation }) => generation));
  for (const { generation, cause, rejected } of losses) {
    if (!ranDeadly.has(generation) && !ranDeadly.has(0) && !killed.has(generation)) {
      findings.add("unexplained loss", `generation ${generation} was lost, in which nothing deadly ran and which nobody killed: ${cause}`);
    }
    const told = jobs.filter((job) => job.code === "GenerationLost" && job.generation === generation).length;
    if (told !== rejected) {
      findings.add("miscounted loss", `the loss of generation ${generation} says that it rejected ${rejected} jobs; ${told} jobs say so`);
    }
  }
  if (counters.lost !== losses.length) findings.add("miscounted loss", `${losses.length} losses were told, ${counters.lost} are counted`);
  const killedStarting = kills.filter(({ wasStarting }) => wasStarting).length;
  if (counters.failedStarts > killedStarting) {
    findings.add("failed start", `${counters.failedStarts} starts failed, and only ${killedStarting} generations were killed meanwhile; of recycles that failed: ${troubles.join("; ") || "none"}`);
  }
  const runs = deadly.reduce((sum, { runs }) => sum + runs, 0);
  return `generations lost: ${losses.length}, and ${counters.failedStarts} failed to start; deadly runs ${runs}, workers killed ${kills.length}`;
}

function memory({ memory: { reservedMax, budget, limit, processMax, processAfter }, kills }, findings) {
  const after = allowedAfter(kills, limit);
  const most = budget + PROCESS_SLACK + after - PROCESS_AFTER;
  if (reservedMax > budget) findings.add("memory", `${mib(reservedMax)} were reserved, more than the budget of ${mib(budget)}`);
  if (processMax > most) findings.add("memory", `the process held ${mib(processMax)}; with a budget of ${mib(budget)}, ${mib(most)} are allowed`);
  if (processAfter > after) findings.add("memory", `the process holds ${mib(processAfter)} after the pool's exit; ${mib(after)} are allowed`);
  const process = processMax > 0
    ? `the process held at most ${mib(processMax)} of ${mib(most)}, after exit ${mib(processAfter)} of ${mib(after)}`
    : "that of the process cannot be read here";
  return `memory reserved: at most ${mib(reservedMax)} of the budget's ${mib(budget)}; ${process}`;
}

/**
 * What the process may hold after the exit. In Chromium a leader that is ended from outside may stay behind for good, with its
 * memory, and nobody can help it.
 * @param {Kill[]} kills @param {number} limit
 */
export function allowedAfter(kills, limit) {
  return PROCESS_AFTER + kills.filter(({ what }) => what === "kill a leader").length * limit;
}

function page({ page: { gapMs, busyMs, failures } }, findings) {
  if (gapMs > GAP_MAX_MS) findings.add("page", `the page stood still for ${seconds(gapMs)}, not counting when it was kept busy`);
  for (const failure of failures) findings.add("page", `the page reports an error of its own: ${failure}`);
  return `the page stood still for at most ${gapMs.toFixed(0)} ms, beside ${seconds(busyMs)} in which it was kept busy; errors of its own: ${failures.length}`;
}

function left({ left }, findings) {
  for (const name of left) findings.add("left", `${name} still lives after the pool's exit`);
  return `workers left after exit: ${left.length}`;
}

/** What must not be, by kind; of each the first few in words. */
class Findings {
  /** @type {Map<string, string[]>} */
  #kinds = new Map();

  add(kind, words) {
    this.#kinds.set(kind, [...(this.#kinds.get(kind) ?? []), words]);
  }

  count(kind) {
    return this.#kinds.get(kind)?.length ?? 0;
  }

  words() {
    return [...this.#kinds].flatMap(([kind, found]) => {
      const more = found.length - SHOWN;
      return [...found.slice(0, SHOWN).map((words) => `${kind}: ${words}`), ...(more > 0 ? [`${kind}: ${more} more`] : [])];
    });
  }
}

const mib = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
