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
  const tables = [];
  for (const { what, overlap, ...plan } of STREAMS) {
    const options = { threads: 2, maxQueue: 100_000, memory: memory(overlap) };
    const windows = quick ? 5 : plan.windows;
    const seen = await inBench((page) => page.evaluate((plan) => bench.pauses(plan), { ...plan, windows, options }));
    if (seen.failures.length > 0) throw new Error(`${seen.failures.length} jobs were lost; the first: ${seen.failures[0]}`);
    tables.push(streamTable(`${what}; ms`, seen, overlap === "blue-green" ? "< 16" : ""));
  }
  return tables.join("\n\n");
}

function streamTable(what, { windows, pauseMs, totalMs }, aim) {
  const pair = (values) => [median(values).toFixed(1), quantile(values, 0.99).toFixed(1)];
  const compared = (words, measure, aim) => {
    const [quiet, recycle] = ["quiet", "recycle"].map((kind) => windows.map((window) => window[kind][measure]));
    const added = recycle.map((value, i) => value - quiet[i]);
    return [words, windows.length, ...pair(quiet), ...pair(recycle), ...pair(added), aim];
  };
  const alone = (words, values) => [words, values.length, "", "", ...pair(values), "", "", ""];
  const head = [what, "n", "quiet, p50", "p99", "recycle, p50", "p99", "added, p50", "p99", "aim for added p99"];
  return table(head, [
    compared("longest latency of a job in a window", "latency", aim),
    compared("longest gap between two results", "gap", aim),
    compared("longest delay before the page heard that a job is due", "late", ""),
    alone("the pool's own `pauseMs`", pauseMs),
    alone("the whole recycle, `totalMs`", totalMs),
  ]);
}
