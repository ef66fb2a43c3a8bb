// What the windows of a soak say together.

/**
 * @typedef {{ minutes: number, settled: number, collateral: number, wrong: string[], wrongCount: number, unsettled: number,
 *   ends: Record<string, number>, latencies: number[], recycles: Record<string, number>, lost: number, degraded: number,
 *   failed: number, reservedMax: number, pauses: number[], low: number, rest: number, heap: number, threads: number,
 *   workers: number, locks: number }} Window
 *   `low`: the least that the renderer held under load; `rest`: what it holds with two fresh generations and nothing to do
 */

const MIB = 2 ** 20;
/** What a page's own garbage and the engine's caches may move between two readings. */
const MEMORY_SLACK = 24 * MIB;
/** Engines keep a few helper threads more or less. */
const THREADS_SLACK = 3;
/** A busy machine makes a window slower; all of the last third slower than this is no chance. */
const SLOWER = { p50: { times: 1.5, ms: 3 }, p99: { times: 2, ms: 60 } };

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}

/** A row of the table. @param {Window} window */
export function row(window, number) {
  const recycles = Object.entries(window.recycles).map(([reason, count]) => `${count} ${reason}`).join(", ") || "none";
  const [p50, p99] = [0.5, 0.99].map((q) => quantile(window.latencies, q).toFixed(1));
  return [
    number, window.minutes.toFixed(1), window.settled, window.wrongCount, window.collateral, window.lost, recycles, p50, p99,
    mib(window.low), mib(window.rest), mib(window.heap), mib(window.reservedMax), window.threads, window.workers, window.locks,
  ];
}

export const HEAD = [
  "window", "minutes", "settled", "wrong", "with a neighbour", "lost", "recycles", "p50, ms", "p99, ms", "least MiB", "at rest",
  "JS heap", "reserved", "threads", "workers", "locks",
];

/** Words for all that must not be. The first window warms the engine up and is compared with none. @param {Window[]} windows */
export function violations(windows) {
  const found = [];
  windows.forEach((window, i) => {
    const at = `window ${i + 1}`;
    if (window.wrongCount > 0) found.push(`${at}: ${window.wrongCount} ends that must not be; the first: ${window.wrong.join("\n    ")}`);
    if (window.unsettled !== 0) found.push(`${at}: ${window.unsettled} jobs are counted as submitted and not as settled`);
  });
  const counted = windows.slice(1);
  if (counted.length < 3) return found;
  const third = Math.ceil(counted.length / 3);
  const [early, late] = [counted.slice(0, third), counted.slice(-third)];
  const least = (part, what) => Math.min(...part.map((window) => window[what]));
  for (const what of /** @type {const} */ (["rest", "low", "heap"])) {
    const grown = least(late, what) - least(early, what);
    if (grown > MEMORY_SLACK) found.push(`memory grows: ${NAMES[what]} rose from ${mib(least(early, what))} to ${mib(least(late, what))} MiB`);
  }
  for (const [name, q] of /** @type {const} */ ([["p50", 0.5], ["p99", 0.99]])) {
    const [before, after] = [early, late].map((part) => quantile(part.map(({ latencies }) => quantile(latencies, q)), 0.5));
    const { times, ms } = SLOWER[name];
    if (after > before * times && after > before + ms) found.push(`latency rises: ${name} from ${before.toFixed(1)} to ${after.toFixed(1)} ms`);
  }
  for (const [what, slack] of /** @type {const} */ ([["workers", 0], ["locks", 0], ["threads", THREADS_SLACK]])) {
    const [before, after] = [least(early, what), least(late, what)];
    if (after > before + slack) found.push(`${what} are left behind: ${before} at rest became ${after}`);
  }
  return found;
}

const NAMES = { rest: "the renderer at rest", low: "the least that the renderer held under load", heap: "the page's JavaScript heap" };
const mib = (bytes) => Math.round(bytes / MIB);

/** @param {(string | number)[][]} rows */
export function table(rows) {
  const widths = HEAD.map((head, i) => Math.max(head.length, ...rows.map((cells) => String(cells[i]).length)));
  const line = (cells) => `| ${cells.map((cell, i) => String(cell).padStart(widths[i])).join(" | ")} |`;
  return [line(HEAD), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
