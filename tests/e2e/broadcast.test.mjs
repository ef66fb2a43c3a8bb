// `pool.broadcast`: a task once on every thread, as one job.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, page, setUp } from "./harness.mjs";

setUp();

test("each thread runs it once, also beside others and in a fresh generation", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 3, memory: { limit: "128MiB" } });
    const numbers = async () => (await pool.broadcast("thread_number", [1, null])).map(([number]) => number);
    const said = [await numbers()];
    // Several at once, among jobs that keep threads busy.
    const busy = Array.from({ length: 6 }, () => pool.run("work", 20));
    const many = await Promise.all(Array.from({ length: 10 }, numbers));
    const manyRight = many.every((numbers) => numbers.join() === "0,1,2");
    await Promise.all(busy);
    const large = await pool.broadcast("thread_number", [100_000, null]);
    const largeRight = large.every((bytes, thread) => bytes.length === 100_000 && bytes.every((byte) => byte === thread));
    const runs = (await pool.broadcast("count_run")).sort();
    await pool.recycle();
    said.push(await numbers());
    const { submitted, fulfilled, rejected } = pool.health().counters;
    await pool.exit();
    return { said, manyRight, largeRight, runs, open: submitted - fulfilled - rejected };
  });
  const all = [0, 1, 2];
  assert.deepEqual(answer, { said: [all, all], manyRight: true, largeRight: true, runs: [1, 2, 3], open: 0 });
});

test("it rejects as a run does, and the pool goes on", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const code = (promise) => promise.then(() => "fulfilled", (error) => error?.code ?? error);
    const said = {
      panic: await pool.broadcast("thread_number", [1, 1]).catch(({ code, message }) => [code, message]),
      unknown: await code(pool.broadcast("thread_numbe")), input: await code(pool.broadcast("thread_number", "x")),
      failed: await code(pool.broadcast("fail", "no")), exhausted: await code(pool.broadcast("thread_number", [1 << 26, null])),
      timeout: await code(pool.broadcast("work", 600_000, { timeout: 20 })),
    };
    const abort = new AbortController();
    const aborted = code(pool.broadcast("work", 600_000, { signal: abort.signal, onProgress: () => abort.abort("enough") }));
    said.aborted = await aborted;
    await pool.onIdle();
    said.generations = pool.health().generations.map(({ generation }) => generation);
    said.trap = await code(pool.broadcast("trap"));
    said.hang = await code(pool.broadcast("hang", undefined, { timeout: 50 }));
    // Until the threads that hang are gone.
    await pool.onIdle();
    said.after = (await pool.broadcast("thread_number", [1, null])).length;
    await pool.exit();
    said.exited = await code(pool.broadcast("nothing"));
    return said;
  });
  assert.deepEqual(answer, {
    panic: ["TaskPanicked", "told to panic on thread 1"], unknown: "UnknownTask", input: "BadInput", failed: "TaskFailed",
    exhausted: "MemoryExhausted", timeout: "TimedOut", aborted: "enough", generations: [1], trap: "GenerationLost", hang: "TimedOut",
    after: 2, exited: "PoolExited",
  });
});

test("a job that runs while a broadcast waits has its result beside, and once in the memory", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const abort = new AbortController();
    let began;
    const runs = new Promise((resolve) => (began = resolve));
    const waiting = pool.broadcast("give_way", undefined, { signal: abort.signal, onProgress: began }).catch((error) => error);
    await runs;
    // In line it would not fit.
    const back = await pool.run("echo_bytes", new Uint8Array(40 << 20)).then(({ length }) => length, ({ code }) => code);
    abort.abort("enough");
    const answer = [back, await waiting, pool.health().counters.lost];
    await pool.exit();
    return answer;
  });
  assert.deepEqual(answer, [40 << 20, "enough", 0]);
});
