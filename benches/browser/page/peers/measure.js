// What is timed of one peer, in one round: it starts, warms up, is measured, and ends, while no other is there.

import { collect, within, words } from "./limit.js";
import { peers } from "./list.js";
import { endWorkers } from "./workers.js";

/** Every step of a peer ends within it, or has failed. */
const LIMIT_MS = 15_000;
/** Readings are kept by steps of the browser's clock. */
const STEP_US = 5;

/**
 * @typedef {{ peer: string, workers: number, warmMs: number, flights: number[], noopMs: number,
 *   echoes: { bytes: number, count: number, kinds: string[] }[], jobs: number, jobUs: number }} Plan
 */

/** @param {Plan} plan @returns {Promise<{ results: Record<string, any>, failures: Record<string, string> }>} */
export async function measure(plan) {
  const [results, failures] = [{}, {}];
  /** A step that fails does not take the others along. */
  const step = async (name, body) => {
    collect();
    try {
      results[name] = await within(body(), LIMIT_MS, name);
    } catch (thrown) {
      failures[name] = words(thrown);
    }
    return name in results;
  };
  const { start } = await peers[plan.peer]();
  let peer;
  const isUp = await step("start", async () => {
    const begun = performance.now();
    peer = await start({ workers: plan.workers });
    await expectNoop(peer);
    return performance.now() - begun;
  });
  if (isUp && (await step("warm-up", () => warmUp(peer, plan)))) {
    for (const flight of plan.flights) await step(`noop ${flight}`, () => flow(peer.noop, flight, plan.noopMs));
    for (const { bytes, count, kinds } of plan.echoes) {
      for (const kind of kinds.filter((kind) => peer[kind])) await step(`${kind} ${bytes}`, () => roundTrips(peer[kind], bytes, count));
    }
    await step("jobs", () => burst(peer.spin, plan.jobs, plan.jobUs));
    if (peer.spinAll) await step("jobs at once", () => timed(() => peer.spinAll(plan.jobs, plan.jobUs)));
  }
  await step("end", async () => peer?.end());
  endWorkers();
  return { results, failures };
}

/** The first result of all, with the scripts loaded and compiled for it. @param {string} name @param {number} workers */
export async function first(name, workers) {
  const begun = performance.now();
  const { start } = await peers[name]();
  const peer = await within(start({ workers }), LIMIT_MS, "start");
  await within(expectNoop(peer), LIMIT_MS, "the first call");
  return { ms: performance.now() - begun, peer };
}

async function expectNoop(peer) {
  const answer = await peer.noop(7);
  if (answer !== 7) throw new Error(`a call that gives back its argument gave ${answer} for 7`);
}

async function warmUp(peer, { warmMs, echoes, jobUs }) {
  await flow(peer.noop, 16, warmMs);
  await burst(peer.spin, 100, jobUs);
  for (const { bytes, kinds } of echoes) {
    for (const kind of kinds.filter((kind) => peer[kind])) await roundTrips(peer[kind], bytes, 1);
  }
  return true;
}

/** So many calls at a time, each followed at once by the next, for so long. */
async function flow(call, flight, ms) {
  const counts = new Map();
  let done = 0;
  let last = 0;
  const begun = performance.now();
  const until = begun + ms;
  const one = async () => {
    for (let from = begun; from < until; ) {
      await call(1);
      const now = performance.now();
      const steps = Math.round(((now - from) * 1000) / STEP_US);
      counts.set(steps, (counts.get(steps) ?? 0) + 1);
      done += 1;
      from = last = now;
    }
  };
  await Promise.all(Array.from({ length: flight }, one));
  // As pairs of microseconds and how many took them.
  return { rate: (done / (last - begun)) * 1000, latencies: [...counts].map(([steps, count]) => [steps * STEP_US, count]) };
}

/** There and back, moved, not cloned, wherever the peer can. */
async function roundTrips(call, length, count) {
  const times = [];
  let bytes = new Uint8Array(length);
  bytes[0] = bytes[length - 1] = 7;
  for (let n = 0; n < count; n++) {
    const begun = performance.now();
    bytes = await call(bytes);
    times.push(performance.now() - begun);
    if (bytes.length !== length || bytes[0] !== 7 || bytes[length - 1] !== 7) throw new Error("other bytes came back");
  }
  return times;
}

/** All called at once. */
const burst = (call, count, argument) => timed(() => Promise.all(Array.from({ length: count }, () => call(argument))));

async function timed(body) {
  const begun = performance.now();
  await body();
  return performance.now() - begun;
}
