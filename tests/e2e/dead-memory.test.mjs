// Nothing calls into a memory once a worker of it has died (invariant 3): in a leader whose script notes each call that does.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser, inPage, openFixture, openFixtureAt, setUp } from "./harness.mjs";
import { arm } from "./kill.mjs";
import { changed, ISOLATED, serve } from "./server.mjs";

setUp(openFixture);

const LOOK = "return callable && Atomics.load(ended, ENDED.isEnded) === 0;";
const IS_ALIVE = "callable && Atomics.load(ended, ENDED.isEnded) === 0";
/** A memory may die between a look and the call behind it: whoever has looked in the same turn has done what can be done. */
const NOTING = `
  let hasLooked = false;
  const noted = new BroadcastChannel("calls into a dead memory");
  function looked(isAlive) {
    hasLooked = isAlive;
    if (isAlive) queueMicrotask(() => (hasLooked = false));
  }
  const noting = (app) =>
    new Proxy({}, {
      get: (_, name) => (...given) => {
        const isDead = Atomics.load(ended, ENDED.isEnded) !== 0;
        if (isDead && !hasLooked && name.startsWith("__perennial")) noted.postMessage(name);
        return app[name](...given);
      },
    });
`;

/**
 * The calls into dead memories beside a stream of jobs, while generations died in each way.
 * @param {string} look what the leader asks before a call
 * @param {{ rounds: number, isEnough: boolean }} plan `rounds`: of each way; `isEnough`: whether one call ends it
 */
async function noted(look, plan) {
  const change = changed("/leader.js", [
    [LOOK, `looked(${IS_ALIVE}); return ${look};`],
    ["app = instance.app;", "app = noting(instance.app);"],
    ["function isCallable() {", `${NOTING}\n$&`],
  ]);
  const server = await serve({ headers: ISOLATED, change });
  try {
    const own = await openFixtureAt(browser, server.url);
    await arm(own);
    const answer = await inPage(own, hearOfCalls, plan);
    assert.deepEqual(own.failures, []);
    await own.close();
    return answer;
  } finally {
    server.close();
  }
}

async function hearOfCalls(app, { rounds, isEnough }) {
  const name = "calls into a dead memory";
  const calls = [];
  const heard = new BroadcastChannel(name);
  let flushed = () => {};
  heard.onmessage = ({ data }) => (data === "flush" ? flushed() : calls.push(data));
  const ways = {
    trap: (pool) => void pool.run("trap").catch(() => {}),
    kill: async () => killing.kill((await killing.newest()).threads[0]),
    overflow: (pool) => void pool.run("recurse", { frame: "Large", depth: 0xffff_fff0 }).catch(() => {}),
  };
  const lost = {};
  for (const [way, die] of Object.entries(ways)) {
    // Samples call into the memory too.
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, restart: { max: 1000, within: 1 }, reportInterval: 10 });
    const load = { streams: true };
    const flow = async () => {
      while (load.streams) await pool.run("sum_to", 1000).catch(() => {});
    };
    const flows = Array.from({ length: 8 }, flow);
    for (let round = 0; round < rounds && !(isEnough && calls.length > 0); round++) {
      await pool.run("sum_to", 1000, { idempotent: true });
      const wasLost = new Promise((resolve) => pool.addEventListener("generationlost", resolve, { once: true }));
      await die(pool);
      await wasLost;
    }
    load.streams = false;
    await Promise.all(flows);
    lost[way] = pool.health().counters.lost;
    await pool.exit();
    // Those of the next pool are numbered from 1 again.
    while ((await killing.workers()).length > 0);
  }
  // What was said by then comes before it.
  const told = new Promise((resolve) => (flushed = resolve));
  new BroadcastChannel(name).postMessage("flush");
  await told;
  return { calls: [...new Set(calls)], lost };
}

test("nothing calls into a dead memory, after a trap, a kill and an overflow beside a stream of jobs", async () => {
  const { calls, lost } = await noted(IS_ALIVE, { rounds: 3, isEnough: false });
  assert.deepEqual(calls, []);
  assert.deepEqual(lost, { trap: 3, kill: 3, overflow: 3 });
});

test("a leader that did not look would be found", async () => {
  const { calls } = await noted("true", { rounds: 50, isEnough: true });
  assert.ok(calls.length > 0);
});
