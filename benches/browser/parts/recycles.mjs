// c. Recycles by the pool's own wish, under load.

import { inBench } from "../lib/browser.mjs";
import { table } from "../lib/report.mjs";
import { median, quantile } from "../lib/stats.mjs";

const MIB = 2 ** 20;
const LEAK = 5 * MIB;
/** 200 MiB a second: a memory is full in about one. */
const LEAK_EVERY_MS = 25;
const memory = (overlap) => ({ limit: "256MiB", budget: "512MiB", overlap });
const SMALL = 100_000;
const LOADS = [
  { what: "beside small jobs", leaks: 2000 },
  { what: "beside Mandelbrot", kernel: "mandelbrot", leaks: 600 },
  { what: "beside Groth16 proofs", kernel: "groth16", leaks: 400 },
];

/** @param {{ quick: boolean }} options */
export async function recycles({ quick }) {
  const [whole, noticed] = [[], []];
  for (const overlap of ["blue-green", "drain-first"]) {
    for (const { what, ...load } of LOADS) {
      const options = { threads: 2, maxQueue: 100_000, memory: memory(overlap) };
      const leaks = quick ? Math.ceil(load.leaks / 5) : load.leaks;
      const plan = { ...load, leaks, leak: LEAK, leakEvery: LEAK_EVERY_MS, every: 5, steps: SMALL, options };
      const seen = await inBench((page) => page.evaluate((plan) => bench.recycles(plan), plan));
      if (seen.failures.length > 0) throw new Error(`${overlap}, ${what}: ${seen.failures.length} calls failed; the first: ${seen.failures[0]}`);
      whole.push(wholeRow(`${overlap}, ${what}`, seen));
      noticed.push(...noticedRows(`${overlap}, ${what}`, seen));
    }
  }
  const wholeHead = [
    "2 threads, 256 MiB; 5 MiB leak a call", "s", "calls", "failed", "recycles", "`pauseMs`, p50", "p99", "`totalMs`, p50", "p99",
    "% of the time recycling", "most reserved, of the budget",
  ];
  const noticedHead = ["longest latency of a small job in a window; ms", "n", "quiet, p50", "p99", "recycle, p50", "p99", "added, p50", "p99"];
  return `${table(wholeHead, whole)}\n\n${table(noticedHead, noticed)}`;
}

function wholeRow(what, { ms, calls, failures, totalMs, pauseMs, reserved, budget }) {
  const pair = (values) => (values.length > 0 ? [0.5, 0.99].map((q) => quantile(values, q).toFixed(0)) : ["", ""]);
  const part = (totalMs.reduce((sum, value) => sum + value, 0) / ms) * 100;
  return [what, (ms / 1000).toFixed(0), calls, failures.length, totalMs.length, ...pair(pauseMs), ...pair(totalMs), part.toFixed(1), `${((reserved / budget) * 100).toFixed(0)} %`];
}

function noticedRows(what, { windows }) {
  if (windows.length === 0) return [];
  const [quiet, recycle] = ["quiet", "recycle"].map((kind) => windows.map((window) => window[kind].latency));
  const added = recycle.map((value, i) => value - quiet[i]);
  const pair = (values) => [median(values).toFixed(1), quantile(values, 0.99).toFixed(1)];
  return [[what, windows.length, ...pair(quiet), ...pair(recycle), ...pair(added)]];
}
