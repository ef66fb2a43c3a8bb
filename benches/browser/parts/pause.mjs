// b. What a steady stream of small jobs notices of a recycle.

import { inBench } from "../lib/browser.mjs";
import { table } from "../lib/report.mjs";
import { median, quantile } from "../lib/stats.mjs";

const memory = (overlap) => ({ limit: "256MiB", budget: "512MiB", overlap });
/** Some 0.1 ms of work, and some 1 ms. */
const [SMALL, LARGER] = [100_000, 1_000_000];
const STREAMS = [
  { what: "blue-green, a job every 2 ms", stream: "paced", every: 2, steps: SMALL, overlap: "blue-green", windows: 100 },
  { what: "blue-green, 2 jobs always in flight", stream: "closed", inFlight: 2, steps: LARGER, overlap: "blue-green", windows: 100 },
  { what: "drain-first, a job every 2 ms", stream: "paced", every: 2, steps: SMALL, overlap: "drain-first", windows: 40 },
];

/** @param {{ quick: boolean }} options */
export async function pause({ quick }) {
  const rows = [];
  for (const { what, overlap, ...plan } of STREAMS) {
    const options = { threads: 2, maxQueue: 100_000, memory: memory(overlap) };
    const windows = quick ? 5 : plan.windows;
    const seen = await inBench((page) => page.evaluate((plan) => bench.pauses(plan), { ...plan, windows, options }));
    if (seen.failures.length > 0) throw new Error(`${seen.failures.length} jobs were lost; the first: ${seen.failures[0]}`);
    for (const [measure, words] of [["latency", "longest latency"], ["gap", "longest gap"], ["late", "of it: the page's own delay"]]) {
      const quiet = seen.windows.map((pair) => pair.quiet[measure]);
      const recycle = seen.windows.map((pair) => pair.recycle[measure]);
      const added = seen.windows.map((pair) => pair.recycle[measure] - pair.quiet[measure]);
      const aim = overlap === "blue-green" && measure !== "late" ? "< 16" : "";
      rows.push([`${what}: ${words}`, windows, ...[quiet, recycle, added].flatMap((values) => [median(values).toFixed(1), quantile(values, 0.99).toFixed(1)]), aim]);
    }
    const [pauses, totals] = [seen.pauseMs, seen.totalMs];
    rows.push([`${what}: the pool's own \`pauseMs\``, windows, "", "", median(pauses).toFixed(1), quantile(pauses, 0.99).toFixed(1), "", "", ""]);
    rows.push([`${what}: a whole recycle`, windows, "", "", median(totals).toFixed(1), quantile(totals, 0.99).toFixed(1), "", "", ""]);
  }
  const head = ["in a window; ms", "n", "quiet, p50", "quiet, p99", "recycle, p50", "recycle, p99", "added, p50", "added, p99", "aim for p99"];
  return table(head, rows);
}
