// A memory that is full is an error of the job that met it, and of nobody else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, page, setUp } from "./harness.mjs";

setUp();

for (const allThreads of [false, true]) {
  for (const [name, block] of [["40 bytes", 40], ["4 KiB", 4096], ["1 MiB", 1 << 20]]) {
    test(`blocks of ${name} on ${allThreads ? "all threads" : "one thread"}`, async () => {
      const answer = await inPage(
        page,
        async (app, how) => {
          const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
          const errors = [];
          for (let i = 0; i < 10; i++) errors.push(await pool.run("exhaust", how).catch((error) => error));
          const sum = await pool.run("sum_to", 1000);
          const { lost } = pool.health().counters;
          const codes = errors.map(({ code }) => code);
          const { requested, live, limit, message } = errors[0];
          await pool.exit();
          return { codes, requested, live, limit, message, sum, lost };
        },
        { block, allThreads },
      );
      assert.deepEqual(answer.codes, Array(10).fill("MemoryExhausted"));
      assert.equal(answer.limit, 64 << 20);
      assert.ok(answer.requested >= block, `${answer.requested}`);
      // The list of the blocks doubles, so up to a half of the memory may be free in one piece that is too small.
      assert.ok(answer.live > 16 << 20 && answer.live <= 64 << 20, `${answer.live}`);
      assert.match(answer.message, /^the memory has no room: \d+ bytes requested with \d+ of 67108864 in use$/);
      assert.deepEqual([answer.sum, answer.lost], [499500, 0]);
    });
  }
}

test("an argument or a result that is too large", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const told = (promise) => promise.then((value) => value, (error) => error.code);
    const answers = {
      bytes: await told(pool.run("echo_bytes", new Uint8Array(100 << 20))),
      text: await told(pool.run("length", "x".repeat(100 << 20))),
      numbers: await told(pool.run("sum_of_roots", new Float64Array(20 << 20))),
      list: await told(pool.run("sum_of_roots", Array(10 << 20).fill(0.5))),
      // It leaves the memory without a copy in it, so it needs no more than itself.
      result: (await told(pool.run("large_result", 40 << 20))).length,
      larger: await told(pool.run("large_result", 70 << 20)),
      words: await told(pool.run("large_text", 40 << 20)),
      well: await told(pool.run("length", "x".repeat(10 << 20))),
    };
    const { lost } = pool.health().counters;
    await pool.exit();
    return { ...answers, lost };
  });
  const no = "MemoryExhausted";
  assert.deepEqual(answer, {
    bytes: no, text: no, numbers: no, list: no, result: 40 << 20, larger: no, words: no, well: 10 << 20, lost: 0,
  });
});

test("1000 jobs that panic, exhaust the memory, or are good: each settles as said, and no generation is lost", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, maxQueue: 2000 });
    const kinds = [
      ["sum", () => pool.run("sum_to", 5000), 12497500],
      ["panic", () => pool.run("panic", "as asked"), "TaskPanicked"],
      ["inside", (i) => pool.run("panic_inside", ["ParIter", "Join", "Scope"][i % 3]), "TaskPanicked"],
      ["fail", () => pool.run("fail", "as asked"), "TaskFailed"],
      ["40", (i) => pool.run("exhaust", { block: 40, allThreads: i % 2 === 0 }), "MemoryExhausted"],
      ["4096", (i) => pool.run("exhaust", { block: 4096, allThreads: i % 2 === 0 }), "MemoryExhausted"],
      ["1 MiB", (i) => pool.run("exhaust", { block: 1 << 20, allThreads: i % 2 === 0 }), "MemoryExhausted"],
      ["argument", () => pool.run("echo_bytes", new Uint8Array(70 << 20)), "MemoryExhausted"],
      ["result", () => pool.run("large_result", 70 << 20), "MemoryExhausted"],
      ["add", (i) => pool.run("add", [i, 1]), (i) => i + 1],
    ];
    const outcomes = {};
    let settled = 0;
    for (let round = 0; round < 20; round++) {
      const calls = [];
      for (let i = 0; i < 50; i++) {
        const [name, call, expected] = kinds[i % kinds.length];
        const want = typeof expected === "function" ? expected(i) : expected;
        calls.push(call(i).then((value) => value, (error) => error.code).then((got) => {
          settled++;
          const key = `${name}: ${got === want ? "as said" : got}`;
          outcomes[key] = (outcomes[key] ?? 0) + 1;
        }));
      }
      await Promise.all(calls);
    }
    const { lost } = pool.health().counters;
    await pool.exit();
    return { settled, outcomes, lost };
  });
  assert.equal(answer.settled, 1000);
  const { outcomes } = answer;
  // One that only needs a little may meet the memory while a neighbour has filled it: then it says so, and nothing else.
  const allowed = /: as said$|^(sum|panic|inside|fail|add): MemoryExhausted$/;
  assert.deepEqual(Object.keys(outcomes).filter((key) => !allowed.test(key)), [], JSON.stringify(outcomes));
  for (const name of ["40", "4096", "1 MiB", "argument", "result"]) assert.equal(outcomes[`${name}: as said`], 100, name);
  for (const name of ["sum", "panic", "inside", "fail", "add"]) assert.ok(outcomes[`${name}: as said`] > 0, name);
  assert.equal(answer.lost, 0);
});

test("a rejection beside a neighbour that fills the memory takes nobody with it", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 3, memory: { limit: "24MiB" }, maxQueue: 10_000 });
    const codes = {};
    const calls = [];
    for (let i = 0; i < 2000; i++) {
      const call = i % 40 === 0 ? pool.run("exhaust", { block: i % 80 === 0 ? 16 : 40, allThreads: false }) : pool.run(i % 2 ? "fail" : "length", i);
      calls.push(call.then(() => "fulfilled", (error) => error.code).then((code) => (codes[code] = (codes[code] ?? 0) + 1)));
    }
    await Promise.all(calls);
    const { lost } = pool.health().counters;
    await pool.exit();
    return { codes: Object.keys(codes).sort(), lost, settled: Object.values(codes).reduce((sum, n) => sum + n, 0) };
  });
  assert.deepEqual([answer.lost, answer.settled], [0, 2000]);
  assert.deepEqual(answer.codes.filter((code) => !["BadInput", "MemoryExhausted", "TaskFailed"].includes(code)), []);
});
