// What a run does, in order: it depends on the seed and nothing else. Only what happens at the same time is the machine's.

import { randomFrom } from "../random.mjs";
import { DEADLY, KINDS } from "./kinds.mjs";

/** Ends by force for each job: each costs up to two seconds in Chromium. */
const FORCED = 40 / 3000;
const RECYCLES = 1 / 100;
const BUSY = 1 / 300;
const BUSY_MS = [300, 1500];
const EXITS = 1 / 1000;
/** Of jobs that end no generation. */
const IDEMPOTENT = 0.5;
const ABORTED = 0.03;
const ABORT_MS = 40;
/** Jobs whose caller goes on meanwhile. */
const UNAWAITED = 0.2;
const THREADS_MAX = 3;

/**
 * @typedef {{ do: "job", job: number, kind: string, seed: number, idempotent: boolean, awaited: boolean, abortAfter?: number }} Job
 *   `job`: from 0, in order; `seed`: of its argument; `idempotent`: where its kind leaves that open
 * @typedef {{ do: "kill a thread" | "kill a leader", thread: number, whom: typeof WHOM[number] }} Kill
 * @typedef {Job | Kill | { do: "recycle" } | { do: "exit and start again" } | { do: "keep the page busy", ms: number }} Step
 */

/** Which generation is hit: half of the time one that serves; else whatever it is about. */
const WHOM = /** @type {const} */ (["serving", "serving", "newest", "oldest"]);

/** From outside, they end one generation each. */
const KILLS = /** @type {const} */ (["kill a thread", "kill a leader"]);

/** The pool's shape. @param {number} seed */
export function shapeOf(seed) {
  const random = randomFrom(~seed);
  return { threads: 1 + Math.floor(random() * THREADS_MAX), overlap: random() < 0.25 ? "drain-first" : "blue-green" };
}

/** @param {number} seed @param {number} jobs @returns {Step[]} */
export function planOf(seed, jobs) {
  const random = randomFrom(seed);
  /** Steps before the job of that number. @type {Step[][]} */
  const before = Array.from({ length: jobs }, () => []);
  const put = (step) => before[Math.floor(random() * jobs)].push(step);
  /** @type {Map<number, string>} */
  const deaths = new Map();
  for (const deed of deedsOf(random, Math.round(jobs * FORCED))) {
    if (KILLS.includes(deed)) put({ do: deed, thread: Math.floor(random() * 8), whom: WHOM[Math.floor(random() * WHOM.length)] });
    else deaths.set(freePlace(random, jobs, deaths), deed);
  }
  for (let i = 0; i < Math.round(jobs * RECYCLES); i++) put({ do: "recycle" });
  for (let i = 0; i < Math.round(jobs * EXITS); i++) put({ do: "exit and start again" });
  const [least, most] = BUSY_MS;
  for (let i = 0; i < Math.round(jobs * BUSY); i++) put({ do: "keep the page busy", ms: Math.round(least + random() * (most - least)) });
  return before.flatMap((steps, job) => [...steps, jobOf(random, job, deaths.get(job))]);
}

/** Which generations end by force, and how: each way as often as the others. */
function deedsOf(random, ends) {
  const all = shuffled(random, [...Object.keys(DEADLY), ...KILLS]);
  const deeds = [];
  for (let left = ends, i = 0; left > 0; i++) {
    const deed = all[i % all.length];
    const takes = DEADLY[deed]?.ends ?? 1;
    if (takes > left) continue;
    deeds.push(deed);
    left -= takes;
  }
  return deeds;
}

function shuffled(random, list) {
  return list.map((item) => ({ item, at: random() })).sort((one, other) => one.at - other.at).map(({ item }) => item);
}

function freePlace(random, jobs, taken) {
  for (;;) {
    const place = Math.floor(random() * jobs);
    if (!taken.has(place)) return place;
  }
}

/** @returns {Job} */
function jobOf(random, job, deadly) {
  const seed = Math.floor(random() * 2 ** 32);
  const awaited = random() >= UNAWAITED;
  if (deadly !== undefined) return { do: "job", job, kind: deadly, seed, idempotent: false, awaited };
  const kind = ordinaryKind(random);
  const step = { do: /** @type {const} */ ("job"), job, kind, seed, idempotent: random() < IDEMPOTENT, awaited };
  return random() < ABORTED ? { ...step, abortAfter: Math.floor(random() * ABORT_MS) } : step;
}

function ordinaryKind(random) {
  const kinds = Object.entries(KINDS).filter(([, { weight }]) => weight !== undefined);
  let at = random() * kinds.reduce((sum, [, { weight }]) => sum + weight, 0);
  return kinds.find(([, { weight }]) => (at -= weight) < 0)?.[0] ?? kinds[0][0];
}
