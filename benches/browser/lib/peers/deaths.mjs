// A worker is killed under its calls.

import { inPeers } from "../browser.mjs";
import { table } from "../report.mjs";
import { WORKERS } from "./rounds.mjs";

const CALLS = 4;
/** A thread that works lives on for up to 2 s after it was terminated: longer than that. */
const CALL_US = 1_200_000;
/** A case has killed by then; what it waits for meanwhile takes no processor. */
const NEXT_MS = 1_000;
const options = { workers: WORKERS };

const CASES = [
  { what: "perennial, a thread", peer: "perennial", options, whom: "thread" },
  { what: "perennial, a thread; calls are `idempotent`", peer: "perennial", options: { ...options, idempotent: true }, whom: "thread" },
  { what: "perennial, the leader", peer: "perennial", options, whom: "worker" },
  { what: "comlink, a worker", peer: "comlink", options, whom: "worker" },
  { what: "workerpool, a worker", peer: "workerpool", options, whom: "worker" },
  { what: "poolifier-web-worker, a worker", peer: "poolifier", options, whom: "worker" },
  { what: "bare wasm-bindgen-rayon, a thread, dead before the calls", peer: "rayon", options, whom: "thread", isDeaf: true },
  { what: "bare wasm-bindgen-rayon, the worker", peer: "rayon", options, whom: "worker" },
];

/** Whether poolifier-web-worker runs as it is published. @param {number} limitMs */
export async function asPublished(limitMs) {
  const options = { workers: WORKERS, asPublished: true };
  const { how, workers } = await inPeers((page) => page.evaluate((options, ms) => peers.attempt("poolifier", options, ms), options, limitMs));
  return `poolifier-web-worker as it is published: ${how}, and it had started ${workers} workers for a pool of ${WORKERS}.`;
}

/** @returns {Promise<{ text: string, failures: string[] }>} */
export async function deaths() {
  const failures = [];
  const begun = CASES.map(async ({ what, ...plan }, index) => {
    await sleep(index * NEXT_MS);
    const kill = (page) => page.evaluate((plan) => peers.death(plan), { ...plan, calls: CALLS, us: CALL_US });
    return inPeers(kill, false).catch((error) => void failures.push(`${what}: ${error.message}`));
  });
  const seen = await Promise.all(begun);
  const head = [
    "killed from outside", "calls under way", "resolved", "rejected", "never settled", "the last settled after, ms", "rejected with",
    "a call afterwards",
  ];
  return { text: table(head, CASES.map(({ what }, index) => row(what, seen[index]))), failures };
}

function row(what, seen) {
  if (!seen) return [what, "failed", "", "", "", "", "", ""];
  const { calls, next } = seen;
  const resolved = calls.filter(({ how }) => how === "resolved");
  const never = calls.filter(({ how }) => how === "never");
  const rejected = calls.filter((call) => !resolved.includes(call) && !never.includes(call));
  const settled = calls.filter(({ ms }) => ms !== undefined);
  const last = settled.length > 0 ? Math.max(...settled.map(({ ms }) => ms)).toFixed(0) : "";
  const reasons = [...new Set(rejected.map(({ how }) => `\`${how.replaceAll("|", "/").replaceAll("`", "'").split("\n")[0]}\``))].join("; ");
  const after = next.how === "resolved" ? `resolved, ${next.ms.toFixed(0)} ms` : next.how;
  return [what, calls.length, resolved.length, rejected.length, never.length > 0 ? `**${never.length}**` : 0, last, reasons, after];
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
