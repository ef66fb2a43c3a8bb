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

const CASES = [
  { what: "perennial, long on one thread", peer: "perennial", options, ...WHOLE },
  { what: "perennial, long on all threads", peer: "perennial", options, ...ON_ALL },
  {
    what: "perennial, a reserve thread: one more than the long call has pieces", peer: "perennial",
    options: { workers: WORKERS + 1 }, pieces: WORKERS, pieceUs: LONG_US,
  },
  { what: "comlink, each call's worker chosen by hand", peer: "comlink", options, ...WHOLE },
  { what: "workerpool", peer: "workerpool", options, ...WHOLE },
  { what: "poolifier-web-worker, by turns (its default)", peer: "poolifier", options, ...WHOLE },
  { what: "poolifier-web-worker, the least used worker", peer: "poolifier", options: { ...options, strategy: "LEAST_USED" }, ...WHOLE },
  { what: "bare `postMessage`, one hop, chosen by hand", peer: "one hop", options, ...WHOLE },
  { what: "bare wasm-bindgen-rayon, long on all threads", peer: "rayon", options, ...ON_ALL },
];

/** @param {{ rounds: number, longs: number }} plan @returns {Promise<{ text: string, failures: string[] }>} */
export async function besideLong({ rounds, longs }) {
  const seen = CASES.map(() => []);
  const failures = [];
  await inPeers(async (page) => {
    for (let round = 0; round < rounds; round++) {
      for (const [index, { what, ...plan }] of CASES.entries()) {
        try {
          seen[index].push(await page.evaluate((plan) => peers.beside(plan), { ...plan, longs, every: EVERY_MS }));
        } catch (error) {
          failures.push(`${what}: ${error.message}`);
        }
      }
    }
  });
  const rows = CASES.map(({ what }, index) => row(what, seen[index]));
  const head = [`a short call each ${EVERY_MS} ms beside one of 1 s after the other; ms`, "n", "p50", "p99", "worst", "p99 of each round", "a long call took"];
  return { text: table(head, rows), failures };
}

function row(what, rounds) {
  if (rounds.length === 0) return [what, 0, "failed", "", "", "", ""];
  const all = rounds.flatMap(({ latencies }) => latencies);
  const p99 = rounds.map(({ latencies }) => quantile(latencies, 0.99).toFixed(1));
  return [
    what, all.length, quantile(all, 0.5).toFixed(2), `**${quantile(all, 0.99).toFixed(1)}**`, Math.max(...all).toFixed(1), p99.join(", "),
    median(rounds.flatMap(({ longs }) => longs)).toFixed(0),
  ];
}
