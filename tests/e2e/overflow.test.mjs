// Stacks that overflow, and how large they are.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, page, setUp } from "./harness.mjs";

setUp();

const WITHOUT_END = 0xffff_fff0;

/** Runs a task that takes its generation, beside one that runs again. */
async function lose(app, { task, argument, options }) {
  const pool = await app.Pool.start({ threads: 2, memory: { limit: "128MiB" }, ...options });
  const [error, neighbour] = await Promise.all([
    pool.run(task, argument).then((value) => ({ code: `fulfilled: ${value}` }), (error) => error),
    pool.run("work", 100, { idempotent: true }).catch((error) => error.code),
  ]);
  const sum = await pool.run("sum_to", 1000);
  const { lost } = pool.health().counters;
  await pool.exit();
  return { code: error.code, cause: error.cause, neighbour, sum, lost };
}

const LOST = { code: "GenerationLost", neighbour: 100, sum: 499500, lost: 1 };

for (const task of ["recurse", "recurse_inside"]) {
  test(`recursion in large frames that does not end: ${task}`, async () => {
    const { cause, ...rest } = await inPage(page, lose, { task, argument: { frame: "Large", depth: WITHOUT_END } });
    assert.deepEqual(rest, LOST);
    // By whom it is told is open: another thread, or the leader, may trap first on what was written over.
    assert.match(cause, /^a stack overflow: a thread has used more than its stack of 2097152 bytes\. .*`stackSize`/);
  });
}

test("recursion in small frames that does not end", async () => {
  const { cause, ...rest } = await inPage(page, lose, { task: "recurse", argument: { frame: "Small", depth: WITHOUT_END } });
  assert.deepEqual(rest, LOST);
  // The browser's own stack ends first, or the one in the memory.
  assert.match(cause, /^a stack overflow: .*\(in job \d+, task "recurse"\)/);
});

for (const stackSize of [2 << 20, 192 << 10]) {
  test(`an overflow that does not trap is found at the job's end: ${stackSize} bytes`, async () => {
    const argument = stackSize;
    const options = { stackSize };
    const { cause, ...rest } = await inPage(page, lose, { task: "reach_the_end", argument, options });
    assert.deepEqual(rest, LOST);
    assert.match(cause, new RegExp(`^a stack overflow: a thread has used more than its stack of ${stackSize} bytes\\. .*task "reach_the_end"`));
  });
}

for (const neighbour of ["nobody", "small results", "large results"]) {
  test(`an overflow in a job that goes on for long is found before its end, beside ${neighbour}`, async () => {
    const answer = await inPage(
      page,
      async (app, neighbour) => {
        const pool = await app.Pool.start({ threads: 2, stackSize: "2MiB", memory: { limit: "128MiB" }, reportInterval: 50 });
        let isOver = false;
        const lost = new Promise((resolve) => pool.addEventListener("generationlost", ({ detail }) => resolve(detail.cause), { once: true }));
        const flow = async () => {
          const call = {
            "small results": () => pool.run("sum_to", 1000, { idempotent: true }),
            "large results": () => pool.run("thread_number", [100_000, null], { idempotent: true }),
          }[neighbour];
          for (; call && !isOver; ) await call();
          return "each fulfilled";
        };
        const flowing = flow();
        const { code } = await pool.run("reach_the_end_and_work", [2 << 20, 600_000]).catch((error) => error);
        const cause = await lost;
        isOver = true;
        const answer = { code, cause, flow: await flowing, sum: await pool.run("sum_to", 1000), lost: pool.health().counters.lost };
        await pool.exit();
        return answer;
      },
      neighbour,
    );
    const { cause, ...rest } = answer;
    assert.deepEqual(rest, { code: "GenerationLost", flow: "each fulfilled", sum: 499500, lost: 1 });
    assert.match(cause, /^a stack overflow: a thread has used more than its stack of 2097152 bytes\./);
  });
}

test("`stackSize` is as large as it says, in every generation", async () => {
  const answer = await inPage(page, async (app) => {
    const deep = { frame: "Large", depth: 400 };
    const pool = await app.Pool.start({ threads: 2, stackSize: "8MiB", memory: { limit: "128MiB" } });
    const answers = [await pool.run("recurse", deep), await pool.run("recurse_inside", deep)];
    await pool.recycle();
    answers.push(await pool.run("recurse", deep));
    const { lost } = pool.health().counters;
    await pool.exit();
    const standard = await app.Pool.start({ threads: 2, memory: { limit: "128MiB" } });
    answers.push(await standard.run("recurse", { frame: "Large", depth: 100 }));
    answers.push(await standard.run("recurse", deep).catch((error) => error.code));
    await standard.exit();
    return { answers, lost };
  });
  assert.deepEqual(answer, { answers: [400, 400, 400, 100, "GenerationLost"], lost: 0 });
});

test("stacks that do not fit the memory are a failed start, in words", async () => {
  const answer = await inPage(page, async (app) => {
    const start = { threads: 2, stackSize: "64MiB", memory: { limit: "64MiB" } };
    const { code, message } = await app.Pool.start(start).then((pool) => pool.exit(), (error) => error);
    return { code, message };
  });
  assert.equal(answer.code, "StartFailed");
  assert.match(answer.message, /2 threads .* a stack of 67108864 bytes, the option stackSize.* memory\.limit is 67108864 bytes/);
});
