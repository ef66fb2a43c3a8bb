// A run of the plan in a browser, and its verdict.

import { ENGINE, inPage, launch, openPage } from "../e2e/harness.mjs";
import { rendererMemory, settles } from "../e2e/memory.mjs";
import { allowedAfter, judge } from "./verdict.mjs";

/** As few as the job with the largest record allows to send at once. */
const SLICE = 5_000;
const LOOK_MS = 500;
/** Longer than an engine takes to end a worker that spins. */
const ENDS_MS = 15_000;
/** No job for so long: nothing settles any more, not even by its limit. */
const STALLED_MS = 150_000;

/** What repeats a run. @param {{ seed: number, jobs: number }} options */
export function again({ seed, jobs }) {
  const engine = ENGINE === "chromium" ? "" : ` --engines ${ENGINE}`;
  return `the same plan again: cargo xtask soak chaos --jobs ${jobs} --seed ${seed}${engine}`;
}

/**
 * Rejects, where it cannot be judged, with what repeats it.
 * @param {{ seed: number, jobs: number, log?: (words: string) => void }} options `log`: told how far it is
 * @returns {Promise<{ figures: string[], found: string[], shape: string, kinds: string[], ms: number }>} `shape`: of the
 *   pool; `kinds`: how each kind's jobs ended
 */
export async function run(options) {
  try {
    return await runAndJudge(options);
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : cause}\n${again(options)}`, { cause });
  }
}

async function runAndJudge({ seed, jobs, log = () => {} }) {
  const browser = await launch();
  try {
    const begun = performance.now();
    const page = await openPage(browser, "/tests/chaos/");
    await page.waitForFunction(() => window.chaos !== undefined);
    const { limitMs, shape } = await inPage(page, (_, [seed, jobs]) => chaos.start(seed, jobs), [seed, jobs]);
    const { settled, processMax } = await watch(browser, page, jobs, log);
    const { reservedMax, budget, limit, gapMs, busyMs, failures, ...seen } = await inPage(page, () => chaos.end());
    const ms = performance.now() - begun;
    const locks = () => inPage(page, () => chaos.left());
    await settles(async () => (await locks()).length, (count) => count === 0, ENDS_MS);
    const left = await locks();
    const allowed = allowedAfter(seen.kills, limit);
    const afterwards = async () => (await inPage(page, () => globalThis.gc?.()), memoryOf(browser));
    const { value: processAfter } = await settles(afterwards, (bytes) => bytes <= allowed, ENDS_MS);
    const counted = [];
    for (let from = 0; from < jobs; from += SLICE) {
      counted.push(...(await inPage(page, (_, [from, to]) => chaos.runs(from, to), [from, Math.min(from + SLICE, jobs)])));
    }
    const records = settled.map((job) => ({ ...job, ...counted[job.job] }));
    const verdict = judge({
      ...seen, jobs: records, limitMs, memory: { reservedMax, budget, limit, processMax, processAfter },
      page: { gapMs, busyMs, failures: [...failures, ...page.failures] }, left,
    });
    return { ...verdict, shape, kinds: byKind(records), ms };
  } finally {
    await browser.close();
  }
}

/** Until all is settled. */
async function watch(browser, page, jobs, log) {
  const settled = [];
  let processMax = 0;
  let heardAt = performance.now();
  for (;;) {
    const seen = await inPage(page, () => chaos.look());
    settled.push(...seen.settled);
    processMax = Math.max(processMax, memoryOf(browser));
    if (seen.isOver) return { settled, processMax };
    if (seen.settled.length > 0) heardAt = performance.now();
    if (performance.now() - heardAt > STALLED_MS) {
      throw new Error(`nothing has settled for ${STALLED_MS} ms; ${settled.length} of ${jobs} jobs have; the pool: ${JSON.stringify(seen.health)}`);
    }
    log(`${settled.length} of ${jobs} jobs`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function memoryOf(browser) {
  try {
    return rendererMemory(browser);
  } catch {
    return 0;
  }
}

function byKind(jobs) {
  const ends = new Map();
  for (const { kind, code } of jobs) ends.set(`${kind}: ${code}`, (ends.get(`${kind}: ${code}`) ?? 0) + 1);
  return [...ends].sort().map(([words, count]) => `${String(count).padStart(8)}  ${words}`);
}
