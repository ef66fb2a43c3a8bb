// The pool as its user sees it: values in and out, errors, events, start, exit.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser, has, inPage, openFixtureAt, page, setUp } from "./harness.mjs";
import { ISOLATED, serve } from "./server.mjs";

setUp();

test("values of every kind arrive as they were", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "128MiB" } });
    const sent = {
      text: "äöü €🦀", flag: true, list: [1, -2, 3], maybe: null, bytes: new Uint8Array([1, 2, 3]),
      floats: new Float32Array([0.5, -1.5]), big: 2n ** 63n, shape: { Circle: { radius: 2.5 } },
    };
    const got = await pool.run("echo", sent);
    const sum = await pool.run("sum_of_roots", [1, 4, 9]);
    const typed = await pool.run("sum_of_roots", new Float64Array([1, 4, 9]));
    const nothing = await pool.run("nothing");
    await pool.exit();
    return {
      text: got.text, flag: got.flag, list: [...got.list], maybe: got.maybe === undefined, bytes: [...got.bytes],
      bytesType: got.bytes.constructor.name, floats: [...got.floats], floatsType: got.floats.constructor.name,
      big: String(got.big), shape: got.shape, sum, typed, nothing: nothing === undefined,
    };
  });
  assert.deepEqual(answer, {
    text: "äöü €🦀", flag: true, list: [1, -2, 3], maybe: true, bytes: [1, 2, 3], bytesType: "Uint8Array",
    floats: [0.5, -1.5], floatsType: "Float32Array", big: "9223372036854775808", shape: { Circle: { radius: 2.5 } },
    sum: 6, typed: 6, nothing: true,
  });
});

test("a large buffer is taken at the call: copied, or moved", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "256MiB" } });
    const large = new Uint8Array(20_000_000).map((_, i) => i % 251);
    const copied = pool.run("echo_bytes", large);
    large.fill(0);
    const right = (back) => back.length === 20_000_000 && back.every((byte, i) => byte === i % 251);
    const wasCopied = right(await copied);
    const again = new Uint8Array(20_000_000).map((_, i) => i % 251);
    const moved = pool.run("echo_bytes", again, { transfer: [again.buffer] });
    const detached = again.length === 0;
    const wasMoved = right(await moved);
    await pool.exit();
    return { wasCopied, detached, wasMoved };
  });
  assert.deepEqual(answer, { wasCopied: true, detached: true, wasMoved: true });
});

test("mistakes are told in words", async () => {
  const answer = await inPage(page, async (app) => {
    const told = async (promise) => {
      try {
        return `fulfilled: ${await promise}`;
      } catch (error) {
        return `${error instanceof Error} ${error.code}: ${error.message}`;
      }
    };
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const cycle = {};
    cycle.self = { again: cycle };
    const detached = new ArrayBuffer(8);
    structuredClone(detached, { transfer: [detached] });
    const answers = {
      unknown: await told(pool.run("provee")),
      argument: await told(pool.run("echo", { text: 7 })),
      func: await told(pool.run("add", [1, () => 2])),
      cycle: await told(pool.run("add", cycle)),
      detached: await told(pool.run("echo_bytes", { data: detached })),
      getter: await told(pool.run("add", { get a() { throw new Error("no"); } })),
      option: await told(pool.run("add", [1, 2], { timeOut: 5 })),
      timeout: await told(pool.run("add", [1, 2], { timeout: NaN })),
      signal: await told(pool.run("add", [1, 2], { signal: 5 })),
      failed: await told(pool.run("fail", "words of its own")),
      start: await told(app.Pool.start({ memory: { limit: "1 GB" } })),
      refused: await told(app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, input: new TextEncoder().encode("refuse") })),
      well: await told(pool.run("add", [1, 2])),
    };
    await pool.exit();
    answers.exited = await told(pool.run("add", [1, 2]));
    answers.recycle = await told(pool.recycle());
    return answers;
  });
  assert.match(answer.unknown, /^true UnknownTask: no task is called "provee"; there are .*\badd\b.*\bsum_of_roots\b/);
  assert.equal(answer.argument, "true BadInput: text: invalid type: integer `7`, expected a string");
  assert.equal(answer.func, "true BadInput: [1] is a function, which cannot be sent to a task");
  assert.equal(answer.cycle, "true BadInput: self.again is a reference to what holds it, which cannot be sent to a task");
  assert.equal(answer.detached, "true BadInput: data is a detached buffer, which cannot be sent to a task");
  assert.equal(answer.getter, "true BadInput: a is a getter that throws, which cannot be sent to a task");
  assert.match(answer.option, /^true BadConfig: the option `timeOut` is unknown; accepted: one of .*; did you mean `timeout`\?$/);
  assert.match(answer.timeout, /^true BadConfig: the option `timeout` is NaN; accepted: milliseconds/);
  assert.equal(answer.signal, "true BadConfig: the option `signal` is 5; accepted: an AbortSignal");
  assert.equal(answer.failed, "true TaskFailed: words of its own");
  assert.match(answer.start, /^true BadConfig: the option `memory.limit` is "1 GB"; accepted: bytes as a number, or as "512MiB"/);
  assert.equal(answer.refused, "true StartFailed: the pool did not start: on_start failed: told to refuse");
  assert.equal(answer.well, "fulfilled: 3");
  assert.match(answer.exited, /^true PoolExited/);
  assert.match(answer.recycle, /^true PoolExited/);
});

test("a panic rejects its job alone, with its place, and is reported once", async () => {
  page.log.length = 0;
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const errors = [];
    for (const inside of ["ParIter", "Join", "Scope"]) {
      const error = await pool.run("panic_inside", inside).catch((error) => error);
      errors.push({ code: error.code, message: error.message, file: error.file.split("/").pop(), line: error.line > 0 });
    }
    const { generations, counters } = pool.health();
    const sum = await pool.run("sum_to", 1000);
    await pool.exit();
    return { errors, generation: generations.map(({ generation }) => generation), lost: counters.lost, sum };
  });
  const errors = ["element 7777", "in the second half", "in the scope"].map((message) => ({
    code: "TaskPanicked", message, file: "panics.rs", line: true,
  }));
  assert.deepEqual(answer, { errors, generation: [1], lost: 0, sum: 499500 });
  if (!has("consoleOfWorkers")) return;
  for (const { message } of errors) {
    const reports = page.log.filter((line) => line.includes(message));
    assert.equal(reports.length, 1, `console_error_panic_hook reports ${message} once:\n${page.log.join("\n")}`);
  }
});

test("progress comes out, cancellation goes in", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const progress = [];
    await pool.run("work", 100, { onProgress: (value) => progress.push(value) });
    const abort = new AbortController();
    const begun = performance.now();
    const aborted = pool.run("work", 600_000, { signal: abort.signal, onProgress: () => abort.abort(new Error("enough")) });
    const reason = await aborted.catch((error) => error.message);
    const timedOut = await pool.run("work", 600_000, { timeout: 50 }).catch((error) => error.code);
    const tired = await Promise.allSettled([
      pool.run("work", 300), pool.run("work", 1), pool.run("work", 1, { queueTimeout: 20 }),
    ]);
    const early = await pool.run("nothing", undefined, { signal: AbortSignal.abort("at once") }).catch((reason) => reason);
    await pool.exit();
    const rising = progress.every((value, i) => i === 0 || value >= progress[i - 1]);
    return { rising, last: progress.at(-1), several: progress.length > 2, reason, timedOut, tired: tired[2].reason?.code, early, quick: performance.now() - begun < 60_000 };
  });
  assert.deepEqual(answer, {
    rising: true, last: 1, several: true, reason: "enough", timedOut: "TimedOut", tired: "QueueTimedOut", early: "at once", quick: true,
  });
});

test("events tell what happens, health what is", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, reportInterval: 20 });
    const seen = [];
    for (const type of ["recyclestart", "recycleend", "exit"]) {
      pool.addEventListener(type, ({ detail }) => seen.push([type, detail.from, detail.to, detail.reason]));
    }
    const reported = new Promise((resolve) => {
      pool.addEventListener("report", ({ detail }) => detail.busy.length > 0 && resolve(detail));
    });
    const working = pool.run("work", 200);
    const report = await reported;
    const health = pool.health();
    await working;
    await pool.recycle();
    await pool.exit();
    const busy = health.threads.flatMap(({ busy }) => busy);
    return {
      seen, live: report.live > 0 && report.live <= report.reserved, generation: report.generation,
      phase: health.phase, tasks: busy.map(({ task }) => task), for: busy[0]?.forMs >= 0,
      limit: health.generations[0].limit, after: pool.health().phase, left: pool.health().generations.length,
    };
  });
  assert.deepEqual(answer, {
    seen: [["recyclestart", 1, 2, "requested"], ["recycleend", 1, 2, "requested"], ["exit", null, null, null]],
    live: true, generation: 1, phase: "serving", tasks: ["work"], for: true, limit: 64 << 20, after: "exited", left: 0,
  });
});

test("on_start gets the input in every generation", async () => {
  const answer = await inPage(page, async (app) => {
    const input = new Uint8Array(5_000_000).fill(9);
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, input });
    input.fill(0);
    const right = async () => {
      const got = await pool.run("input");
      return got.length === 5_000_000 && got.every((byte) => byte === 9);
    };
    const first = await right();
    await pool.recycle();
    const second = await right();
    await pool.exit();
    await pool.init();
    const third = await right();
    await pool.exit();
    return [first, second, third];
  });
  assert.deepEqual(answer, [true, true, true]);
});

test("what a trap takes is told, and replaced", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const lost = new Promise((resolve) => pool.addEventListener("generationlost", ({ detail }) => resolve(detail)));
    const trapped = await pool.run("trap").catch((error) => error);
    const { generation, rejected } = await lost;
    const sum = await pool.run("sum_to", 1000);
    const neighbours = [];
    const settled = await Promise.all([
      pool.run("trap").catch((error) => error.code),
      pool.run("work", 50, { idempotent: true }).catch((error) => error.code),
    ]);
    await pool.exit();
    return { code: trapped.code, generation, rejected, sum, neighbours, settled, from: trapped.generation };
  });
  assert.deepEqual(answer, {
    code: "GenerationLost", generation: 1, rejected: 1, sum: 499500, neighbours: [], settled: ["GenerationLost", 50], from: 1,
  });
});

test("an endless loop times out and its neighbours finish", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const hung = pool.run("hang", undefined, { timeout: 100 }).catch((error) => error.code);
    const neighbour = await pool.run("work", 300);
    const code = await hung;
    const replaced = new Promise((resolve) => pool.addEventListener("generationlost", resolve));
    const after = await pool.run("sum_to", 1000);
    await replaced;
    await pool.exit();
    return { code, neighbour, after };
  });
  assert.deepEqual(answer, { code: "TimedOut", neighbour: 300, after: 499500 });
});

test("the two ways to recycle lose nothing", async () => {
  const answer = await inPage(page, async (app) => {
    const answers = {};
    for (const overlap of ["blue-green", "drain-first"]) {
      const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB", overlap } });
      let most = 0;
      const watch = setInterval(() => (most = Math.max(most, pool.health().generations.length)), 1);
      const runs = [];
      for (let i = 0; i < 200; i++) runs.push(pool.run("sum_to", i));
      const { from, to } = await pool.recycle();
      for (let i = 200; i < 400; i++) runs.push(pool.run("sum_to", i));
      const sums = await Promise.all(runs);
      clearInterval(watch);
      await pool.exit();
      answers[overlap] = { from, to, right: sums.every((sum, i) => sum === (i * (i - 1)) / 2), most };
    }
    return answers;
  });
  assert.deepEqual(answer["blue-green"], { from: 1, to: 2, right: true, most: 2 });
  assert.deepEqual(answer["drain-first"], { from: 1, to: 2, right: true, most: 1 });
});

test("two pools live side by side, and one in a worker of the page", async () => {
  const answer = await inPage(page, async (app) => {
    const source = `
      import init, { Pool, pageMemory } from "${new URL("./pkg/perennial_fixture.js", location.href)}";
      await init({ memory: pageMemory() });
      const pool = await Pool.start({ threads: 1, memory: { limit: "64MiB" } });
      const panicked = await pool.run("panic", "in a worker").catch((error) => error.code);
      await pool.recycle();
      const sum = await pool.run("sum_to", 1000);
      await pool.exit();
      postMessage({ panicked, sum });
    `;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(url, { type: "module" });
    const inWorker = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
    const start = () => app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const [one, other] = await Promise.all([start(), start()]);
    const sums = await Promise.all([other.run("sum_to", 10), one.run("trap").catch((error) => error.code)]);
    sums.push(await one.run("sum_to", 100));
    const lost = [one, other].map((pool) => pool.health().counters.lost);
    await Promise.all([one.exit(), other.exit()]);
    const there = await inWorker;
    worker.terminate();
    return { sums, lost, there };
  });
  assert.deepEqual(answer, {
    sums: [45, "GenerationLost", 4950], lost: [1, 0], there: { panicked: "TaskPanicked", sum: 499500 },
  });
});

test("exit and init in any order settle", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const code = (promise) => promise.then((value) => value ?? "done", (error) => error.code);
    const working = code(pool.run("work", 100));
    const recycling = code(pool.recycle().then(() => "recycled"));
    const exits = [code(pool.exit()), code(pool.exit())];
    const late = code(pool.run("nothing"));
    const again = code(pool.init());
    const first = await Promise.all([working, recycling, ...exits, late, again]);
    const sum = await pool.run("sum_to", 10);
    const starting = [code(pool.exit()), code(pool.init()), code(pool.exit())];
    const second = await Promise.all(starting);
    const { phase } = pool.health();
    await pool.exit();
    return { first, sum, second, phase };
  });
  assert.deepEqual(answer.first, [100, "PoolExited", "done", "done", "PoolExited", "done"]);
  assert.equal(answer.sum, 45);
  assert.deepEqual([answer.second, answer.phase], [["done", "done", "done"], "serving"]);
});

test("a stop that comes while the argument is copied in is heard", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "512MiB" } });
    const ended = new Promise((resolve) => pool.addEventListener("report", ({ detail }) => detail.jobsDone === 1 && resolve()));
    const abort = new AbortController();
    const stopped = pool.run("echo_bytes", new Uint8Array(64 << 20), { signal: abort.signal });
    abort.abort("enough");
    const reason = await stopped.catch((reason) => reason);
    await ended;
    // The whole argument would come back as the result, and so be live twice.
    const { peak } = pool.health().generations[0];
    await pool.exit();
    return { reason, copiedOut: peak > 120 << 20 };
  });
  assert.deepEqual(answer, { reason: "enough", copiedOut: false });
});

test("a busy page finds nobody late who has spoken", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, reportInterval: 20 });
    const spin = () => {
      const begun = performance.now();
      while (performance.now() - begun < 800) pool.health();
    };
    const working = pool.run("work", 100, { timeout: 400 });
    const started = new Promise((resolve) => pool.addEventListener("report", ({ detail }) => detail.busy.length > 0 && resolve()));
    await started;
    spin();
    const got = [await working.catch((error) => error.code)];
    // More progress and its end, of which the page hears only afterwards.
    let told;
    const progress = new Promise((onProgress) => (told = pool.run("work", 200, { timeout: 400, onProgress })));
    await progress;
    spin();
    got.push(await told.catch((error) => error.code));
    await pool.exit();
    return got;
  });
  assert.deepEqual(answer, [100, 200]);
});

test("aborted or not, a job that outlives its timeout loses its thread to nobody", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const abort = new AbortController();
    const hung = [1, 2].map(() => pool.run("hang", undefined, { timeout: 200, signal: abort.signal }).catch((reason) => reason));
    setTimeout(() => abort.abort("enough"), 50);
    const reasons = await Promise.all(hung);
    const sum = await pool.run("sum_to", 10);
    await pool.exit();
    return { reasons, sum };
  });
  assert.deepEqual(answer, { reasons: ["enough", "enough"], sum: 45 });
});

test("text with a byte order mark, a buffer that is there twice, and what cannot be sent", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "128MiB" } });
    const told = (promise) => promise.then((value) => value, (error) => `${error.code}: ${error.message}`);
    const everything = { text: "\uFEFFhi", flag: true, list: [], bytes: new Uint8Array(), floats: [], big: 0n, shape: "Point" };
    const { text } = await pool.run("echo", everything);
    const large = new Uint8Array(100_000).fill(3);
    const twice = await told(pool.run("echo", { ...everything, bytes: large, floats: large }, { transfer: [large.buffer] }));
    const answers = {
      text: text === "\uFEFFhi", twice: twice.bytes?.length, kept: large.length,
      promise: await told(pool.run("add", [Promise.resolve(1), 2])),
      ignored: await told(app.Pool.start({ recycles: { maxAge: 5 } })),
      small: await told(app.Pool.start({ threads: 1, memory: { limit: "1MiB" } })),
      crowded: await told(app.Pool.start({ threads: 4, memory: { limit: "8MiB" } })),
      signal: await told(pool.run("add", [1, 2], { signal: null })),
      words: await pool.run("panic", "x".repeat(16 << 20)).catch((error) => [error.code, error.message.length]),
    };
    const { lost } = pool.health().counters;
    await pool.exit();
    return { ...answers, lost };
  });
  const { ignored, small, crowded, ...rest } = answer;
  assert.deepEqual(rest, {
    text: true, twice: 100_000, kept: 100_000, promise: "BadInput: [0] is a Promise, which cannot be sent to a task", signal: 3,
    words: ["TaskPanicked", 4097], lost: 0,
  });
  assert.match(ignored, /^BadConfig: the option `recycles` is unknown/);
  assert.match(small, /^StartFailed: .*memory\.limit is 1048576 bytes, and this module begins with \d+: raise it$/);
  assert.match(crowded, /^StartFailed: .*4 threads/);
});

test("what is called in one turn is one post", async () => {
  const posts = await inPage(page, async (app) => {
    // As many as a pool of two threads gives out of a task that it does not know yet.
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const { postMessage } = Worker.prototype;
    const posts = [];
    Worker.prototype.postMessage = function (message, ...rest) {
      if (message.kind === "run" || message.kind === "batch") posts.push(message.count ?? 1);
      return postMessage.call(this, message, ...rest);
    };
    await Promise.all([1, 2, 3].map((n) => pool.run("sum_to", n)));
    Worker.prototype.postMessage = postMessage;
    await pool.exit();
    return posts;
  });
  assert.deepEqual(posts, [3]);
});

test("every promise of a recycle that exit cuts short settles", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, exitTimeout: 5 });
    const recycled = pool.recycle().then(() => "recycled", (error) => error.code);
    await new Promise((resolve) => pool.addEventListener("report", ({ detail }) => detail.generation === 2 && resolve()));
    await pool.exit();
    return await recycled;
  });
  assert.match(answer, /^(recycled|PoolExited)$/);
});

test("a leader that ends by itself is noticed, and replaced", async () => {
  const server = await serve({
    headers: ISOLATED,
    change: (path, text) => (path.endsWith("/leader.js") ? `${text}\nif (leads) new BroadcastChannel("end").onmessage = () => self.close();` : text),
  });
  const other = await openFixtureAt(browser, server.url);
  const answer = await inPage(other, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const lost = new Promise((resolve) => pool.addEventListener("generationlost", ({ detail }) => resolve(detail.cause)));
    const working = pool.run("work", 60_000).catch((error) => error.code);
    new BroadcastChannel("end").postMessage(null);
    const answer = { code: await working, cause: await lost, sum: await pool.run("sum_to", 10) };
    await pool.exit();
    return answer;
  });
  assert.deepEqual(answer, { code: "GenerationLost", cause: "its leader has ended", sum: 45 });
  server.close();
  await other.close();
});
