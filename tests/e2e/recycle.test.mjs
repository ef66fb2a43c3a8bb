// A recycle gives the memory back, and leaves nothing behind.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser, has, inPage, needs, page, setUp, workersOf } from "./harness.mjs";
import { rendererMemory, rendererThreads, settles } from "./memory.mjs";

const MIB = 1 << 20;

setUp();

for (const overlap of ["blue-green", "drain-first"]) {
  test(`500 MB come back, ${overlap}`, async () => {
    await inPage(
      page,
      async (app, overlap) => {
        window.pool = await app.Pool.start({ threads: 2, memory: { limit: "768MiB", overlap } });
        await pool.run("sum_to", 1000);
        await pool.recycle();
      },
      overlap,
    );
    // What the first recycle has left has to be gone before this one is measured.
    const before = (await settles(() => rendererMemory(browser), () => false, 3000)).value;
    await inPage(page, () => pool.run("touch", 500_000_000));
    const risen = rendererMemory(browser) - before;
    assert.ok(risen > 450 * MIB, `touching 500 MB shows in the process: ${risen}`);
    const { bytesFreed } = await inPage(page, () => pool.recycle());
    const most = before + risen * 0.05;
    const { value, ms } = await settles(() => rendererMemory(browser), (bytes) => bytes <= most, 30_000);
    assert.ok(value <= most, `after ${ms.toFixed(0)} ms ${value - before} of ${risen} bytes are still held`);
    assert.ok(bytesFreed >= 500_000_000, `it says so: ${bytesFreed}`);
    await inPage(page, () => pool.exit());
  });
}

test("300 recycles: no start fails, and nothing is left behind", async () => {
  const state = async () => {
    const { held, pending } = await inPage(page, () => navigator.locks.query());
    await inPage(page, () => window.gc?.());
    return {
      workers: await workersOf(page), threads: rendererThreads(browser), locks: held.length + pending.length,
      memory: rendererMemory(browser),
    };
  };
  const recycle = (count) =>
    inPage(
      page,
      async (app, count) => {
        for (let i = 0; i < count; i++) {
          const running = pool.run("sum_to", 10_000);
          await pool.recycle();
          if ((await running) !== 49995000) throw new Error("a wrong sum");
        }
        return pool.health();
      },
      count,
    );
  await inPage(page, async (app) => (window.pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } })) && 0);
  await recycle(10);
  // What ends takes a moment to be gone: a leader and its two threads stay.
  // Each holds a lock, and somebody waits for it.
  const gone = async () => {
    await settles(() => workersOf(page), (workers) => workers === 3, 10_000);
    await settles(async () => (await state()).locks, (locks) => locks === 6, 10_000);
  };
  await gone();
  const early = await state();
  let health;
  // A part at a time: the page's answer to each has a limit.
  for (let part = 0; part < 6; part++) health = await recycle(50);
  const { recycles, lost, failedStarts, submitted, fulfilled } = health.counters;
  assert.deepEqual({ recycles, lost, failedStarts }, { recycles: 310, lost: 0, failedStarts: 0 });
  assert.equal(submitted, fulfilled);
  assert.deepEqual(health.generations.map(({ generation }) => generation), [311]);
  await gone();
  await settles(() => rendererThreads(browser), (threads) => threads <= early.threads + 2, 10_000);
  await settles(() => rendererMemory(browser), (memory) => memory <= early.memory + 8 * MIB, 10_000);
  const late = await state();
  const back = late.workers <= early.workers && late.threads <= early.threads + 2;
  assert.ok(back, `${JSON.stringify(early)} became ${JSON.stringify(late)}`);
  assert.equal(late.locks, early.locks);
  const grown = late.memory - early.memory;
  // Where nothing makes it collect garbage, some stays; 300 generations that were left behind would be a gigabyte.
  assert.ok(grown < (has("collection") ? 16 : 64) * MIB, `${(grown / MIB).toFixed(1)} MiB more than after the first ten`);
  await inPage(page, () => pool.exit());
  const ended = await settles(() => workersOf(page), (workers) => workers === 0, 10_000);
  assert.equal(ended.value, 0, "after exit no worker is left");
});

test("generations that die or end by force leave nothing behind", needs("forcedEnds"), async () => {
  const workers = () => workersOf(page);
  await inPage(page, async (app) => {
    // Deaths on purpose: no restart has to wait.
    window.pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, restart: { max: 1000, within: 1 } });
  });
  for (let round = 0; round < 4; round++) {
    const codes = await inPage(page, async () => {
      const beside = () => [1, 2, 3].map(() => pool.run("sum_to", 1_000_000, { idempotent: true }));
      const codes = [];
      for (let i = 0; i < 4; i++) {
        const jobs = beside();
        codes.push(await pool.run("trap").catch(({ code }) => code));
        await Promise.all(jobs);
      }
      const lost = new Promise((resolve) => pool.addEventListener("generationlost", resolve, { once: true }));
      codes.push(await pool.run("hang", null, { timeout: 30 }).catch(({ code }) => code));
      await lost;
      await Promise.all(beside());
      return codes;
    });
    assert.deepEqual(codes, [...Array(4).fill("GenerationLost"), "TimedOut"]);
    const { value } = await settles(workers, (count) => count === 3, 10_000);
    assert.equal(value, 3, "a leader and its two threads");
  }
  await inPage(page, () => pool.exit());
  assert.equal((await settles(workers, (count) => count === 0, 10_000)).value, 0, "after exit no worker is left");
});
