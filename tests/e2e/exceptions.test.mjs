// Exceptions of JavaScript that a task lets through, and panics that nobody catches: who is told, and who goes on.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, page, setUp } from "./harness.mjs";

setUp();

test("an exception that reaches the job's root rejects its job alone, with the exception as its cause", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const told = (error) => [error.code, error.message, error.cause instanceof Error, error.cause?.name, error.cause?.message];
    const thrown = async (kind) => pool.run("throw_at_root", kind).then(() => "fulfilled", (error) => error);
    const neighbour = pool.run("work", 300);
    const answers = {};
    for (const kind of ["error", "odd", "uncloneable"]) answers[kind] = told(await thrown(kind));
    for (const kind of ["text", "object", "unspeakable"]) {
      const error = await thrown(kind);
      answers[kind] = [error.code, error.message, "cause" in error, error.cause instanceof Error ? error.cause.message : error.cause];
    }
    answers.words = told(await pool.run("throw_words", "words of its own").catch((error) => error));
    answers.unwrapped = (await pool.run("throw_unwrapped").catch((error) => error)).code;
    answers.caught = await pool.run("throw_and_catch");
    answers.neighbour = await neighbour;
    answers.lost = pool.health().counters.lost;
    answers.sum = await pool.run("sum_to", 1000);
    await pool.exit();
    return answers;
  });
  const said = (words) => `a JavaScript exception: ${words}`;
  assert.deepEqual(answer, {
    error: ["TaskFailed", said("TypeError: thrown on purpose"), true, "TypeError", "thrown on purpose"],
    odd: ["TaskFailed", said("OddError: of a class of one's own"), true, "OddError", "of a class of one's own"],
    uncloneable: ["TaskFailed", said("Error: with a function"), true, "Error", answer.uncloneable[4]],
    text: ["TaskFailed", said("only a text"), true, "only a text"],
    object: ["TaskFailed", said("[object Object]"), true, { why: [1, 2] }],
    unspeakable: ["TaskFailed", said("something that has no words"), true, said("something that has no words")],
    words: ["TaskFailed", said("Error: words of its own"), true, "Error", "words of its own"],
    unwrapped: "TaskFailed", caught: true, neighbour: 300, lost: 0, sum: 499500,
  });
});

test("what an exception leaves behind does no harm to later jobs: stack, reserve, a memory that is full", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, recycle: { share: 0.001 } });
    const codes = {};
    const count = async (name, run) => {
      const code = await run.then(() => "fulfilled", (error) => error.code);
      codes[`${name} ${code}`] = (codes[`${name} ${code}`] ?? 0) + 1;
    };
    // The first is renewed for its exception, whenever that is; the next one rests long.
    const renewed = new Promise((resolve) => pool.addEventListener("recycleend", resolve, { once: true }));
    await pool.run("throw_at_root", "error").catch(() => {});
    await renewed;
    // Each has a frame of 64 KiB: kept, the stack of 2 MiB would end after 32.
    for (let i = 0; i < 100; i++) await count("frame", pool.run("throw_at_root", "error"));
    for (let i = 0; i < 100; i++) await count("reserve", pool.run("throw_in_reserve"));
    // With the reserve still lent, this would fill it.
    await count("exhaust", pool.run("exhaust", { block: 40, allThreads: false }));
    const { generations: [{ generation, jobsDone }], threads: [{ busy }] } = pool.health();
    await count("full", pool.run("throw_when_full"));
    // What that job has left in the memory goes with it, at once.
    await pool.recycle();
    const sum = await pool.run("add", [1, 2]);
    const { lost } = pool.health().counters;
    await pool.exit();
    return { codes, sum, lost, generation, jobsDone, busy };
  });
  assert.deepEqual(answer, {
    codes: { "frame TaskFailed": 100, "reserve TaskFailed": 100, "exhaust MemoryExhausted": 1, "full TaskFailed": 1 },
    sum: 3, lost: 0, generation: 2, jobsDone: 201, busy: [],
  });
});

test("a panic in a closure that JavaScript calls rejects its job, with its place", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const { code, message, file, line } = await pool.run("panic_in_callback", "called back").catch((error) => error);
    const sum = await pool.run("sum_to", 1000);
    const { lost } = pool.health().counters;
    await pool.exit();
    return { code, message, file: file?.split("/").pop(), line: line > 0, sum, lost };
  });
  assert.deepEqual(answer, {
    code: "TaskPanicked", message: "called back", file: "exceptions.rs", line: true, sum: 499500, lost: 0,
  });
});

for (const [across, threads] of [["ParIter", 1], ["ParIter", 2], ["Join", 1], ["Join", 2], ["Scope", 1], ["Scope", 2], ["Stolen", 2]]) {
  test(`an exception that crosses Rayon takes the generation and says so: ${across}, threads: ${threads}`, async () => {
    const answer = await inPage(
      page,
      async (app, [across, threads]) => {
        const pool = await app.Pool.start({ threads, memory: { limit: "64MiB" } });
        const lost = new Promise((resolve) => pool.addEventListener("generationlost", ({ detail }) => resolve(detail.cause)));
        const [error, waiting] = await Promise.all([
          pool.run("throw_across", across).catch((error) => error),
          pool.run("sum_to", 1000, { idempotent: true }),
        ]);
        const sum = await pool.run("sum_to", 1000);
        const { counters } = pool.health();
        await pool.exit();
        return { code: error.code, generation: error.generation, cause: error.cause, told: await lost, waiting, sum, lost: counters.lost };
      },
      [across, threads],
    );
    const { cause, told, ...rest } = answer;
    assert.deepEqual(rest, { code: "GenerationLost", generation: 1, waiting: 499500, sum: 499500, lost: 1 });
    assert.equal(cause, told);
    assert.match(cause, /Error: thrown beside others/);
    // A thread that has taken a piece knows no job of it.
    if (threads === 1 || across === "Stolen") assert.match(cause, /job \d+, task "throw_across"/);
    assert.match(cause, /#\[wasm_bindgen\(catch\)\]/);
  });
}

test("an exception at the job's root is told from one that crosses Rayon, also after jobs that use it", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, recycle: { share: 0.001 } });
    const codes = {};
    for (let round = 0; round < 50; round++) {
      await pool.run("sum_to", 10_000);
      for (const [task, argument] of [["throw_unwrapped"], ["throw_at_root", "error"]]) {
        const { code } = await pool.run(task, argument).catch((error) => error);
        codes[code] = (codes[code] ?? 0) + 1;
      }
    }
    const { lost } = pool.health().counters;
    await pool.exit();
    return { codes, lost };
  });
  assert.deepEqual(answer, { codes: { TaskFailed: 100 }, lost: 0 });
});

test("an exception in a detached `rayon::spawn` takes the generation, and what was thrown is told", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const lost = new Promise((resolve) => pool.addEventListener("generationlost", ({ detail }) => resolve(detail.cause)));
    await pool.run("throw_across", "Spawn").catch(() => {});
    const cause = await lost;
    const sum = await pool.run("sum_to", 1000);
    await pool.exit();
    return { cause, sum };
  });
  assert.equal(answer.sum, 499500);
  assert.match(answer.cause, /after the JavaScript exception "Error: thrown beside others"/);
});

test("a panic in a detached `rayon::spawn` takes the generation; its cause has the message, the place and what to do", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const caught = await pool.run("panic_detached_caught");
    const [error, neighbour] = await Promise.all([
      pool.run("panic_detached", "nobody waits for me").catch((error) => error),
      pool.run("work", 100, { idempotent: true }),
    ]);
    const sum = await pool.run("sum_to", 1000);
    const { counters } = pool.health();
    await pool.exit();
    return { caught, code: error.code, cause: error.cause, neighbour, sum, lost: counters.lost };
  });
  const { cause, ...rest } = answer;
  assert.deepEqual(rest, { caught: true, code: "GenerationLost", neighbour: 100, sum: 499500, lost: 1 });
  assert.match(cause, /after the panic "nobody waits for me" at .*exceptions\.rs:\d+/);
  assert.match(cause, /`catch_unwind`.*`rayon::scope`/);
});
