// What the pool does of its own accord: it recycles in time, holds back what does not fit, and hands on what it should.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, page, setUp } from "./harness.mjs";

setUp();

test("a leak is recycled away before any call meets the limit", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const reasons = [];
    pool.addEventListener("recyclestart", ({ detail }) => reasons.push(detail.reason));
    const calls = Array.from({ length: 100 }, () => pool.run("leak", 2 << 20));
    const settled = await Promise.allSettled(calls);
    const { counters } = pool.health();
    await pool.exit();
    return { failed: settled.filter(({ status }) => status === "rejected").map(({ reason }) => reason.message), counters, reasons };
  });
  assert.deepEqual(answer.failed, []);
  assert.ok(answer.reasons.length >= 3 && answer.reasons.every((reason) => reason === "pressure" || reason === "admission"), `${answer.reasons}`);
  assert.equal(answer.counters.lost, 0);
});

test("jobs that say what they take run one after the other where they do not fit together", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const options = { memory: "40MiB" };
    const jobs = Array.from({ length: 6 }, () => pool.run("hold", [40 << 20, 20], options));
    const settled = await Promise.allSettled(jobs);
    const never = await pool.run("nothing", null, { memory: "64MiB" }).catch(({ code, requested }) => [code, requested]);
    const bad = await pool.run("nothing", null, { memory: "lots" }).catch(({ code, field }) => [code, field]);
    await pool.exit();
    return { settled: settled.map(({ status }) => status), never, bad };
  });
  assert.deepEqual(answer, {
    settled: Array(6).fill("fulfilled"), never: ["MemoryExhausted", 64 << 20], bad: ["BadConfig", "memory"],
  });
});

test("an idempotent job that finds no memory runs once more, alone in a fresh generation", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const started = [];
    pool.addEventListener("recyclestart", ({ detail }) => started.push(detail.reason));
    // 36 MiB beside 36 do not fit, and what they take is not known beforehand.
    const jobs = [1, 2].map(() => pool.run("hold", [36 << 20, 200], { idempotent: true }));
    const held = await Promise.all(jobs);
    const hopeless = await pool.run("exhaust", { block: 1 << 20, allThreads: false }, { idempotent: true }).catch(({ code }) => code);
    await pool.exit();
    return { held, hopeless, started };
  });
  assert.deepEqual(answer.held, [36 << 20, 36 << 20]);
  assert.equal(answer.hopeless, "MemoryExhausted");
  assert.ok(answer.started.includes("exhausted"), `${answer.started}`);
});

test("maxJobs and maxAge renew the generation, within their share", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, recycle: { maxJobs: 20, share: 0.5 } });
    const reasons = new Set();
    const ended = new Promise((resolve) => {
      let count = 0;
      pool.addEventListener("recycleend", ({ detail }) => {
        reasons.add(detail.reason);
        if (++count === 3) resolve(undefined);
      });
    });
    let over = false;
    let served = 0;
    ended.then(() => (over = true));
    while (!over) served += (await pool.run("add", [1, 1])) === 2 ? 1 : 0;
    const { counters } = pool.health();
    await pool.exit();

    const aged = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, recycle: { maxAge: 300 } });
    const { reason } = await new Promise((resolve) => aged.addEventListener("recycleend", ({ detail }) => resolve(detail), { once: true }));
    await aged.exit();
    return { reasons: [...reasons], served, fulfilled: counters.fulfilled, rejected: counters.rejected, reason };
  });
  assert.deepEqual([answer.reasons, answer.rejected, answer.reason], [["jobs"], 0, "age"]);
  assert.equal(answer.served, answer.fulfilled);
  assert.ok(answer.served >= 60, `${answer.served}`);
});

test("a queue that fills is told, and that it has emptied", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, maxQueue: 8 });
    const told = [];
    for (const type of ["backpressure", "drain"]) pool.addEventListener(type, ({ detail }) => told.push([type, detail]));
    await Promise.all(Array.from({ length: 8 }, () => pool.run("nothing")));
    await pool.exit();
    return told;
  });
  const [pressed, [type, { length, max }], ...more] = answer;
  assert.deepEqual([pressed, type, max, more], [["backpressure", { length: 6, max: 8 }], "drain", 8, []]);
  // From a quarter down: the ends of several jobs may come as one message.
  assert.ok(length <= 2, length);
});

for (const overlap of ["blue-green", "drain-first"]) {
  test(`a snapshot is handed on, and what fails, panics, is too large or poisons is told and done without, ${overlap}`, async () => {
    const answer = await inPage(
      page,
      async (app, overlap) => {
        const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB", overlap }, restart: { max: 10 } });
        const failed = [];
        pool.addEventListener("snapshotfailed", ({ detail }) => failed.push(detail.cause));
        const notes = [await pool.run("note")];
        const hand = async (note) => {
          await pool.run("set_note", note);
          const recycled = await pool.recycle().catch(({ code }) => code);
          notes.push(typeof recycled === "string" ? recycled : await pool.run("note"));
        };
        await hand("one");
        await hand("two");
        for (const bad of ["fail", "panic", "large"]) await hand(bad);
        await hand("three");
        if (overlap === "blue-green") {
          await hand("poison");
          notes.push(await pool.run("note"));
          // The poisoned one is dropped: what starts next starts with what it is given then.
          await hand("four");
        }
        await pool.exit();
        await pool.init();
        const fresh = await pool.run("note");
        await pool.exit();
        return { notes, failed, fresh };
      },
      overlap,
    );
    // Done without means: with the last one that there is.
    const notes = ["", "one", "two", "two", "two", "two", "three"];
    assert.deepEqual(answer.notes, overlap === "blue-green" ? [...notes, "StartFailed", "poison", "four"] : notes);
    assert.equal(answer.fresh, "", "exit frees it");
    assert.match(answer.failed[0], /^snapshot failed: told to fail$/);
    assert.match(answer.failed[1], /^snapshot panicked: told to panic, at /);
    assert.match(answer.failed[2], /^the snapshot has 20971520 bytes; at most a quarter of memory.limit, 16777216, is handed on$/);
    assert.equal(answer.failed.length, 3);
  });
}
