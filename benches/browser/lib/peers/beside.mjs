// Short calls beside long ones.

import { inPeers } from "../browser.mjs";
import { table } from "../report.mjs";
import { median, quantile } from "../stats.mjs";
import { WORKERS } from "./rounds.mjs";

const EVERY_MS = 5;
const LONG_US = 1_000_000;
const WHOLE = { pieces: 0, pieceUs: LONG_US };
/** As an iterator over many things: every thread takes part until nothing is left. */
const ON_ALL = { pieces: 100 * WORKERS, pieceUs: LONG_US / 100 };
const options = { workers: WORKERS };

/** `isPool`: of those that perennial is to be no worse than. */
const CASES = [
  { what: "perennial, long on one thread", peer: "perennial", options, ...WHOLE },
  { what: "perennial, long on all threads", peer: "perennial", options, ...ON_ALL },
  {
    what: "perennial, a reserve thread: one more than the long call has pieces", peer: "perennial",
    options: { workers: WORKERS + 1 }, pieces: WORKERS, pieceUs: LONG_US,
  },
  { what: "comlink, each call's worker chosen by hand", peer: "comlink", options, ...WHOLE, isPool: true },
  { what: "workerpool", peer: "workerpool", options, ...WHOLE, isPool: true },
  { what: "poolifier-web-worker, by turns (its default)", peer: "poolifier", options, ...WHOLE, isPool: true },
  { what: "poolifier-web-worker, the least used worker", peer: "poolifier", options: { ...options, strategy: "LEAST_USED" }, ...WHOLE, isPool: true },
  { what: "bare `postMessage`, one hop, chosen by hand", peer: "one hop", options, ...WHOLE },
  { what: "bare `postMessage`, two hops, chosen by hand", peer: "two hops", options, ...WHOLE },
  { what: "bare wasm-bindgen-rayon, long on all threads", peer: "rayon", options, ...ON_ALL },
];

/**
 * @param {{ rounds: number, longs: number }} plan
 * @returns {Promise<{ text: string, failures: string[], own: number[], best: { what: string, p99: number[] } | undefined }>}
 *   `own` and `best`: the p99 of each round, of perennial as the other pools do it, and of the best of those
 */
export async function besideLong({ rounds, longs }) {
  const seen = CASES.map(() => []);
  const failures = [];
  await inPeers(async (page) => {
    for (let round = 0; round < rounds; round++) {
      for (const [index, { what, isPool, ...plan }] of CASES.entries()) {
        try {
          seen[index].push(await page.evaluate((plan) => peers.beside(plan), { ...plan, longs, every: EVERY_MS }));
        } catch (error) {
          failures.push(`${what}: ${error.message}`);
        }
      }
    }
  });
  const rows = CASES.map(({ what }, index) => row(what, seen[index]));
  const head = [
    `a short call each ${EVERY_MS} ms beside one of 1 s after the other; ms`, "n", "p50", "p99", "worst", "p99 of each round", "a long call took",
  ];
  const each = CASES.map(({ what, isPool }, index) => ({ what, isPool, p99: seen[index].map(p99) }));
  const pools = each.filter(({ isPool, p99 }) => isPool && p99.length > 0).sort((a, b) => median(a.p99) - median(b.p99));
  return { text: table(head, rows), failures, own: each[0].p99, best: pools[0] };
}

const p99 = ({ latencies }) => quantile(latencies, 0.99);

function row(what, rounds) {
  if (rounds.length === 0) return [what, 0, "failed", "", "", "", ""];
  const all = rounds.flatMap(({ latencies }) => latencies);
  return [
    what, all.length, quantile(all, 0.5).toFixed(2), `**${quantile(all, 0.99).toFixed(1)}**`, Math.max(...all).toFixed(1),
    rounds.map((round) => p99(round).toFixed(1)).join(", "),
    median(rounds.flatMap(({ longs }) => longs)).toFixed(0),
  ];
}
