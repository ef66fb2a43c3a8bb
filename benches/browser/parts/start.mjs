// a. How long a generation takes to start.

import { inBench } from "../lib/browser.mjs";
import { table } from "../lib/report.mjs";
import { median, middleHalf, quantile } from "../lib/stats.mjs";

const OPTIONS = { threads: 2, memory: { limit: "256MiB" } };

/** @param {{ quick: boolean }} options */
export async function start({ quick }) {
  const rounds = quick ? 5 : 60;
  const times = await inBench((page) => page.evaluate((rounds, options) => bench.starts(rounds, options), rounds, OPTIONS));
  const row = (what, aim, values) => [
    what, values.length, median(values).toFixed(1), quantile(values, 0.99).toFixed(1), middleHalf(values, 1),
    `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`, aim,
  ];
  return table(["2 threads, module compiled; ms", "n", "median", "p99", "middle half", "all", "aim"], [
    row("`Pool.start()` until it serves", "< 100", times.start),
    row("`recycle()` until the new generation serves", "< 100", times.ready),
    row("`recycle()` until the old one has ended too", "", times.recycle),
    row("`exit()`", "", times.exit),
  ]);
}
