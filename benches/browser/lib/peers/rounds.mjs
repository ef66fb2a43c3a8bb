// The rounds that all peers take part in, in turns, in one page.

import { inPeers } from "../browser.mjs";

export const WORKERS = 2;
export const FLIGHTS = [1, 16, 1000];
export const MIB = 2 ** 20;
export const JOBS = 10_000;
export const JOB_US = 100;

/** By the names that the page has, what each is. */
export const PEERS = {
  perennial: "perennial", comlink: "comlink", workerpool: "workerpool", poolifier: "poolifier-web-worker",
  "one hop": "bare `postMessage`, one hop", "two hops": "bare `postMessage`, two hops", rayon: "bare wasm-bindgen-rayon",
};

/** Of so many rounds a peer that does not start is left out of the rest: each costs half a minute. */
const FAILED_STARTS_MAX = 2;

/**
 * @param {{ rounds: number, noopMs: number, warmMs: number, echoes: [number, number] }} plan
 *   `echoes`: round trips a round, of 1 MiB and of 64 MiB
 * @returns {Promise<{ results: Record<string, Record<string, any>[]>, failures: Record<string, string[]> }>}
 *   by peer: by round what it measured, nothing where it failed; and what failed
 */
export function measureRounds({ rounds, noopMs, warmMs, echoes: [small, large] }) {
  const kinds = ["echo", "copied"];
  const plan = {
    workers: WORKERS, warmMs, flights: FLIGHTS, noopMs, jobs: JOBS, jobUs: JOB_US,
    echoes: [{ bytes: MIB, count: small, kinds }, { bytes: 64 * MIB, count: large, kinds }],
  };
  const names = Object.keys(PEERS);
  const results = Object.fromEntries(names.map((name) => [name, Array.from({ length: rounds }, () => ({}))]));
  const failures = Object.fromEntries(names.map((name) => [name, []]));
  return inPeers(async (page) => {
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < names.length; turn++) {
        const peer = names[(turn + round) % names.length];
        if (failures[peer].filter((words) => words.startsWith("start: ")).length >= FAILED_STARTS_MAX) continue;
        const seen = await page.evaluate((plan) => peers.measure(plan), { ...plan, peer });
        results[peer][round] = seen.results;
        failures[peer].push(...Object.entries(seen.failures).map(([step, words]) => `${step}: ${words}`));
      }
    }
    return { results, failures };
  });
}
