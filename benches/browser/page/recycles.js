// Recycles that nobody asks for: a task leaks beside other work.

import { Pool } from "../pkg/perennial_bench.js";
import { within } from "./pause.js";

/** What a stream notices of a recycle also after it has ended. */
const AFTER_MS = 20;
const MEASURE_MS = 20;

/**
 * @param {{ leaks: number, leak: number, leakEvery: number, kernel?: string, every: number, steps: number, options: Record<string, unknown> }} plan
 *   `leaks` calls that keep `leak` bytes each, one each `leakEvery` ms or when the last is done; beside them one `kernel` after the other, if there is
 *   one; and a small job of so many `steps` each `every` ms
 */
export async function recycles({ leaks, leak, leakEvery, kernel, every, steps, options }) {
  const pool = await Pool.start(options);
  const budget = pool.health().generations[0].limit * 2;
  const failures = [];
  const run = (task, argument) => pool.run(task, argument).catch((error) => failures.push(`${task}: ${error}`));
  if (kernel) await run("kernel", kernel);

  const started = [];
  const ended = [];
  let reserved = 0;
  pool.addEventListener("recyclestart", () => started.push(performance.now()));
  pool.addEventListener("recycleend", ({ detail }) => ended.push({ ...detail, at: performance.now() }));
  const measuring = setInterval(() => {
    reserved = Math.max(reserved, pool.health().generations.reduce((sum, generation) => sum + generation.reserved, 0));
  }, MEASURE_MS);

  const jobs = [];
  const open = new Set();
  const pacer = new Worker(new URL("./pacer.js", import.meta.url), { type: "module" });
  pacer.onmessage = ({ data }) => {
    const job = { due: data - performance.timeOrigin, heard: performance.now(), done: NaN };
    const small = run("small", steps).then(() => {
      job.done = performance.now();
      jobs.push(job);
      open.delete(small);
    });
    open.add(small);
  };
  pacer.postMessage({ every });

  const begun = performance.now();
  let leaking = true;
  let kernels = 0;
  const beside = async () => {
    while (kernel && leaking) {
      await run("kernel", kernel);
      kernels += 1;
    }
  };
  const working = beside();
  for (let n = 0; n < leaks; n++) await Promise.all([run("leak", leak), sleep(leakEvery)]);
  leaking = false;
  await working;
  const ms = performance.now() - begun;
  pacer.terminate();
  clearInterval(measuring);
  await Promise.all(open);
  await pool.exit();

  jobs.sort((a, b) => a.done - b.done);
  const windows = [];
  for (const { at, totalMs } of ended) {
    const recycle = { from: at - totalMs, to: at + AFTER_MS };
    const quiet = { from: recycle.from - (recycle.to - recycle.from), to: recycle.from };
    // Only beside a time in which no other recycle is.
    const isQuiet = quiet.from > begun && ended.every((other) => other.at === at || other.at + AFTER_MS < quiet.from || other.at - other.totalMs > quiet.to);
    if (isQuiet) windows.push({ quiet: within(jobs, quiet), recycle: within(jobs, recycle) });
  }
  const reasons = ended.map(({ reason }) => reason);
  return {
    calls: leaks + kernels + jobs.length, kernels, failures, ms, windows, reasons, reserved, budget,
    pauseMs: ended.map(({ pauseMs }) => pauseMs), totalMs: ended.map(({ totalMs }) => totalMs), unended: started.length - ended.length,
  };
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
