// `pool.map`: one call per item, never more than allowed, and nothing left over when it ends.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, inPageUncaught, openFixture, page, setUp } from "./harness.mjs";

setUp(async (browser) => {
  const page = await openFixture(browser);
  await inPage(page, () => {
    /** A source that counts what was taken from it, and whether it was closed. */
    window.sourceOf = (next, { until = Infinity, ...further } = {}) => ({
      taken: 0, closed: 0,
      [Symbol.iterator]() { return this; },
      next() { return this.taken < until ? { done: false, value: next(this.taken++) } : { done: true, value: undefined }; },
      return() { this.closed++; return {}; },
      ...further,
    });
    window.told = (promise) => promise.then(({ value, done }) => (done ? "done" : value), (error) => error?.code ?? error?.message ?? error);
  });
  return page;
});

test("a list longer than maxQueue, in order, with at most `concurrency` calls open", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, maxQueue: 2 });
    const submitted = () => pool.health().counters.submitted;
    let most = 0;
    const open = () => {
      const { submitted, fulfilled, rejected } = pool.health().counters;
      most = Math.max(most, submitted - fulfilled - rejected);
      return [1, 1];
    };
    const few = [];
    for await (const sum of pool.map("add", sourceOf((i) => (open(), [i, 1]), { until: 5000 }), { concurrency: 3 })) few.push(sum);
    const mostOpen = most + 1;
    // More calls than the queue takes, and others beside them.
    const many = [];
    for await (const sum of pool.map("add", sourceOf((i) => [i, 1], { until: 5000 }), { concurrency: 1000 })) many.push(sum);
    const isRight = (sums) => sums.length === 5000 && sums.every((sum, i) => sum === i + 1);
    const { rejected } = pool.health().counters;
    const before = submitted();
    const results = pool.map("add", []);
    const empty = [await told(results.next()), await told(results.next()), submitted() - before];
    await pool.exit();
    return { few: isRight(few), many: isRight(many), rejected, mostOpen, empty };
  });
  assert.deepEqual(answer, { few: true, many: true, rejected: 0, mostOpen: 3, empty: ["done", "done", 0] });
});

test("an item that comes when others have taken its place waits for another", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, maxQueue: 1 });
    let open;
    const gate = new Promise((resolve) => (open = resolve));
    const source = async function* () {
      await gate;
      yield* [[1, 1], [2, 2]];
    };
    const others = async function* () {
      await gate;
      yield [3, 3];
    };
    const results = [pool.map("add", source()), pool.map("add", others())];
    const sums = results.flatMap((results) => [told(results.next()), told(results.next())]);
    // The generation's two credits, and the queue.
    const full = [300, 1, 1].map((count) => pool.run("work", count));
    const refused = await pool.run("work", 1).catch(({ code }) => code);
    open();
    const answer = { refused, sums: await Promise.all(sums), full: await Promise.all(full) };
    await pool.exit();
    return answer;
  });
  assert.deepEqual(answer, { refused: "QueueFull", sums: [2, 4, 6, "done"], full: [300, 1, 1] });
});

test("nothing is taken before the first `next()`, and no more than fits while nobody asks", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const source = sourceOf((i) => [i, 0]);
    const results = pool.map("add", source);
    const taken = [source.taken];
    const first = await told(results.next());
    await pool.onIdle();
    // Twice the threads are open at once, and as many kept.
    taken.push(source.taken);
    const second = await told(results.next());
    await pool.onIdle();
    taken.push(source.taken);
    const returned = await results.return("so");
    const after = await told(results.next());
    await pool.exit();
    return { first, second, taken, returned, after, closed: source.closed };
  });
  assert.deepEqual(answer, {
    first: 0, second: 1, taken: [0, 9, 10], returned: { done: true, value: "so" }, after: "done", closed: 1,
  });
});

test("results as they come, and in the order of their items", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const collect = async (options, items) => {
      const got = [];
      for await (const ms of pool.map("work", items, options)) got.push(ms);
      return got;
    };
    const abort = new AbortController();
    // The first goes on until the others have come.
    const unordered = pool.map("work", [600_000, 1, 2], { ordered: false, concurrency: 2, signal: abort.signal });
    const came = [await told(unordered.next()), await told(unordered.next())];
    const last = told(unordered.next());
    abort.abort("enough");
    came.push(await last, await told(unordered.next()));
    const ordered = await collect({ ordered: true }, [100, 1, 2]);
    await pool.exit();
    return { came, ordered };
  });
  assert.deepEqual(answer, { came: [1, 2, "enough", "done"], ordered: [100, 1, 2] });
});

test("leaving the loop aborts what is open and closes the source", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const endings = {};
    const leave = {
      break: async (results) => { for await (const _ of results) break; },
      throw: async (results) => { for await (const _ of results) throw new Error("left"); },
      return: async (results) => { await results.next(); await results.return(); },
      throws: async (results) => { await results.next(); await results.throw(new Error("thrown")); },
      returnFirst: (results) => results.return(),
    };
    for (const [name, how] of Object.entries(leave)) {
      const source = sourceOf((i) => (i === 0 ? 1 : 600_000));
      const results = pool.map("work", source);
      const said = await how(results).then(() => "left well", (error) => error.message);
      // Not in ten minutes: the tasks have heard it.
      await pool.onIdle();
      endings[name] = [said, source.closed, await told(results.next())];
    }
    // One who asks while it is left is answered.
    const results = pool.map("work", [600_000]);
    const asked = [told(results.next()), told(results.next())];
    await results.return();
    endings.asked = await Promise.all(asked);
    const { recycles, lost } = pool.health().counters;
    await pool.exit();
    return { endings, recycles, lost };
  });
  assert.deepEqual(answer, {
    endings: {
      break: ["left well", 1, "done"], throw: ["left", 1, "done"], return: ["left well", 1, "done"], throws: ["thrown", 1, "done"],
      returnFirst: ["left well", 1, "done"], asked: ["done", "done"],
    },
    recycles: 0, lost: 0,
  });
});

test("a call leaves at the end of its turn, whatever is asked of the coordinator in it", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const { postMessage } = Worker.prototype;
    let left = 0;
    Worker.prototype.postMessage = function (message, ...rest) {
      if (message.kind === "batch") left += message.count;
      return postMessage.call(this, message, ...rest);
    };
    const unknown = () => pool.run("ad").catch(() => {});
    const ways = [() => {}, () => pool.map("add", []), () => pool.onIdle(), () => pool.ready(), unknown];
    const seen = [];
    try {
      for (const ask of ways) {
        const call = pool.run("add", [1, seen.length]);
        ask();
        // The turn's end: microtasks before it.
        await new Promise((resolve) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = resolve;
          port2.postMessage(null);
        });
        seen.push([left, await call]);
      }
    } finally {
      Worker.prototype.postMessage = postMessage;
    }
    await pool.exit();
    return seen;
  });
  assert.deepEqual(answer, [[1, 1], [2, 2], [3, 3], [4, 4], [5, 5]]);
});

test("an error of an item comes in its turn and ends the rest", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const run = async (task, item, options) => {
      const source = sourceOf(item);
      const results = pool.map(task, source, options);
      const steps = [];
      while (steps.at(-1) !== "done") steps.push(await told(results.next()));
      await pool.onIdle();
      return [...steps, source.closed];
    };
    const ordered = await run("work", (i) => (i < 2 ? 20 : i === 2 ? "wrong" : 600_000));
    const unordered = await run("work", (i) => (i === 0 ? "wrong" : 600_000), { ordered: false });
    const one = pool.map("fail", ["no"]);
    const both = await Promise.all([told(one.next()), told(one.next())]);
    await pool.exit();
    const exited = await told(pool.map("add", [[1, 2]]).next());
    return { ordered, unordered, both, exited };
  });
  assert.deepEqual(answer, {
    ordered: [20, 20, "BadInput", "done", 1], unordered: ["BadInput", "done", 1], both: ["TaskFailed", "done"], exited: "PoolExited",
  });
});

test("a signal ends it, whatever it waits for", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const aborted = await told(pool.map("add", [[1, 2]], { signal: AbortSignal.abort("before") }).next());
    const ends = {};
    const never = new Promise(() => {});
    for (const [name, source] of Object.entries({
      call: sourceOf(() => 600_000),
      source: sourceOf(() => never),
      asyncSource: { [Symbol.asyncIterator]: () => ({ next: () => never, return: async () => ({}) }) },
      generator: (async function* () { yield await never; })(),
    })) {
      const abort = new AbortController();
      const results = pool.map("work", source, { signal: abort.signal });
      const next = told(results.next());
      abort.abort("while");
      ends[name] = [await next, await told(results.next())];
    }
    await pool.onIdle();
    await pool.exit();
    return { aborted, ends };
  });
  const ended = ["while", "done"];
  assert.deepEqual(answer, { aborted: "before", ends: { call: ended, source: ended, asyncSource: ended, generator: ended } });
});

test("async sources, promises as items, and sources that fail", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const collect = async (source, options) => {
      const got = [];
      try {
        for await (const sum of pool.map("add", source, options)) got.push(sum);
      } catch (error) {
        got.push(error?.code ?? error.message);
      }
      return got;
    };
    let closed = 0;
    async function* items(error) {
      try {
        for (let i = 0; i < 5; i++) yield [i, 1];
        if (error) throw new Error(error);
      } finally {
        closed++;
      }
    }
    function* failing() {
      yield [1, 1];
      throw new Error("empty");
    }
    const answers = {
      async: await collect(items()), asyncFails: await collect(items("dry")), syncFails: await collect(failing()),
      promises: await collect([Promise.resolve([1, 2]), [3, 4]]), rejected: await collect([[1, 2], Promise.reject(new Error("late"))]),
    };
    for await (const _ of pool.map("add", items(), { concurrency: 1 })) break;
    answers.closed = closed;
    const bytes = new Uint8Array(1 << 17);
    const moved = [];
    for await (const { length } of pool.map("echo_bytes", [bytes], { transfer: ({ buffer }) => [buffer] })) moved.push(length, bytes.length);
    const progress = new Set();
    for await (const _ of pool.map("work", [1, 1], { onProgress: (part, index) => part >= 1 && progress.add(index) }));
    await pool.exit();
    return { ...answers, moved, progress: [...progress].sort() };
  });
  assert.deepEqual(answer, {
    async: [1, 2, 3, 4, 5], asyncFails: [1, 2, 3, 4, 5, "dry"], syncFails: [2, "empty"], promises: [3, 7], rejected: [3, "late"],
    closed: 3, moved: [1 << 17, 0], progress: [0, 1],
  });
});

test("a source that breaks the rules of iterators is told so, and closed when `for await` closes it", async () => {
  const { answer, uncaught } = await inPageUncaught(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const collect = async (source) => {
      const got = [];
      try {
        for await (const sum of pool.map("add", source)) got.push(sum);
      } catch (error) {
        got.push(error.name, error.message);
      }
      return got;
    };
    const thrower = (words) => () => {
      throw new Error(words);
    };
    const answers = {};
    for (const [name, source] of Object.entries({
      noObject: sourceOf(undefined, { next: () => 4 }),
      noObjectAsync: { closed: 0, [Symbol.asyncIterator]() { return this; }, next: () => 4, return() { this.closed++; } },
      nextThrows: sourceOf(undefined, { next: thrower("empty") }),
      thenThrows: sourceOf(() => Object.defineProperty([1, 2], "then", { get: thrower("no then") })),
      rejects: sourceOf((i) => (i === 0 ? [1, 2] : Promise.reject(new Error("late")))),
      closingThrows: sourceOf(() => Promise.reject(new Error("late")), { return() { this.closed++; throw new Error("closing"); } }),
    })) {
      answers[name] = [...(await collect(source)), source.closed];
    }
    // It is left while an item is on its way, which then rejects.
    let reject;
    const source = sourceOf(() => new Promise((_, no) => (reject = no)));
    const results = pool.map("add", source);
    const next = told(results.next());
    await results.return();
    reject(new Error("too late"));
    answers.left = [await next, source.closed];
    await pool.exit();
    answers.left.push(source.closed);
    return answers;
  });
  const noObject = ["TypeError", "the iterator's next() gave 4, which is no object", 0];
  assert.deepEqual(answer, {
    noObject, noObjectAsync: noObject, nextThrows: ["Error", "empty", 0], thenThrows: ["Error", "no then", 1],
    rejects: [3, "Error", "late", 1], closingThrows: ["Error", "late", 1], left: ["done", 1, 1],
  });
  assert.deepEqual(uncaught, ["too late"]);
});

test("results come through a recycle and through a lost generation", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    let sum = 0;
    for await (const result of pool.map("add", sourceOf((i) => [i, 0], { until: 400 }), { idempotent: true })) {
      if (result === 100) pool.recycle();
      if (result === 200) pool.run("trap").catch(() => {});
      sum += result;
    }
    await pool.exit();
    return sum;
  });
  assert.equal(answer, (400 * 399) / 2);
});

test("options of map", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const told = (iterable, options, task = "add") => {
      try {
        pool.map(task, iterable, options);
        return "accepted";
      } catch ({ code, field, value, accepted }) {
        return code === "BadConfig" ? `${field} | ${value} | ${accepted}` : code;
      }
    };
    const answers = {
      nothing: told([], null), nulls: told([], { concurrency: null, ordered: null, transfer: null, onProgress: null, signal: null }),
      number: told(4), none: told(), text: told([], "fast"), zero: told([], { concurrency: 0 }), many: told([], { concurrency: Infinity }),
      ordered: told([], { ordered: 1 }), transfer: told([], { transfer: [] }), timeout: told([], { timeout: "soon" }),
      signal: told([], { signal: {} }), task: told([], {}, "ad"),
    };
    await pool.exit();
    return answers;
  });
  assert.deepEqual(answer, {
    nothing: "accepted", nulls: "accepted", number: "iterable | 4 | an iterable or an async iterable",
    none: "iterable | undefined | an iterable or an async iterable", text: 'options | "fast" | a plain object',
    zero: "concurrency | 0 | a whole number from 1 to 16777216", many: "concurrency | Infinity | a whole number from 1 to 16777216",
    ordered: "ordered | 1 | true or false", transfer: "transfer | an array | a function that gives the buffers of an item",
    timeout: 'timeout | "soon" | milliseconds from 0 to 31536000000', signal: "signal | an object | an AbortSignal", task: "UnknownTask",
  });
});
