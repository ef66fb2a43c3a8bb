// Options: each mistake is told with the field, the value, and what is accepted, and leaves nothing behind.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, openFixture, page, setUp, workersOf } from "./harness.mjs";

setUp(async (browser) => {
  const page = await openFixture(browser);
  await inPage(page, () => {
    window.told = (call) =>
      new Promise((resolve) => resolve(call())).then(
        () => "accepted",
        ({ code, field, value, accepted, message }) => (code === "BadConfig" ? `${field} | ${value} | ${accepted}` : `${code}: ${message}`),
      );
  });
  return page;
});

const MS = "milliseconds from 0 to 31536000000";
const MS_1 = "milliseconds from 1 to 31536000000";
const BYTES = 'bytes as a number, or as "512MiB" (B, KiB, MiB, GiB), from';
const START = "one of threads, stackSize, memory, recycle, restart, input, maxQueue, reportInterval, startTimeout, exitTimeout, workerUrl, userTiming";
const RUN = "one of signal, timeout, queueTimeout, priority, idempotent, memory, transfer, onProgress";
const STACK = `a multiple of 65536: ${BYTES} 131072 to 1073741824`;
const THROWS = "a getter that throws | a plain value";

/** The expected words by name, each next to a call that gives them. */
function check(answer, expected) {
  const lines = Object.entries(expected).filter(([name, words]) => answer[name] !== words);
  assert.deepEqual(lines.map(([name]) => `${name}: ${answer[name]}`), lines.map(([name, words]) => `${name}: ${words}`));
  assert.deepEqual(Object.keys(answer), Object.keys(expected));
}

test("options of Pool.start", async () => {
  const workers = await workersOf(page);
  const answer = await inPage(page, async (app) => {
    const detached = new ArrayBuffer(8);
    structuredClone(detached, { transfer: [detached] });
    const shrunk = new ArrayBuffer(16, { maxByteLength: 16 });
    const outrun = new DataView(shrunk, 8);
    shrunk.resize(4);
    class Options {
      threads = 1;
    }
    const throwing = new Proxy({}, { ownKeys() { throw new Error("no"); } });
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const options = {
      array: [], text: "fast", number: 4, instance: new Options(), map: new Map(), func: () => {}, signal: new AbortController().signal,
      throwing, revoked: revoked.proxy, getter: { get threads() { throw new Error("no"); } },
      getterInside: { memory: { get limit() { throw new Error("no"); } } },
      unknown: { thread: 2 }, unknownInside: { memory: { Limit: 1 } }, far: { colour: "red" }, proto: JSON.parse('{"__proto__": 1}'),
      threadsZero: { threads: 0 }, threadsFraction: { threads: 1.5 }, threadsNaN: { threads: NaN }, threadsBig: { threads: 3n },
      threadsMany: { threads: Infinity }, threadsText: { threads: "4" }, threadsArray: { threads: new Array(2 ** 32 - 1) },
      stackSmall: { stackSize: 65_536 }, stackUneven: { stackSize: 200_000 }, stackText: { stackSize: "2 MB" }, stackNaN: { stackSize: NaN },
      memoryText: { memory: "1GiB" }, memoryArray: { memory: [] }, memoryMap: { memory: new Map() },
      limit: { memory: { limit: "1 GB" } }, limitSmall: { memory: { limit: 1000 } }, limitNegative: { memory: { limit: -1 } },
      limitLong: { memory: { limit: "9".repeat(1e7) } }, limitObject: { memory: { limit: { bytes: 1 } } },
      budget: { memory: { limit: "128MiB", budget: "64MiB" } }, overlap: { memory: { overlap: "green-blue" } },
      recycleAt: { memory: { recycleAt: -1 } }, criticalAt: { memory: { criticalAt: NaN } }, maxAge: { recycle: { maxAge: 0 } },
      maxJobs: { recycle: { maxJobs: 1.5 } }, share: { recycle: { share: 2 } }, recycle: { recycle: true },
      restart: { restart: { max: -1 } }, within: { restart: { within: Infinity } },
      input: { input: "text" }, inputArray: { input: [1, 2] }, inputDetached: { input: detached }, inputOutrun: { input: outrun }, inputBlob: { input: new Blob() },
      maxQueue: { maxQueue: 0 }, userTiming: { userTiming: 1 }, reportInterval: { reportInterval: -5 }, startTimeout: { startTimeout: NaN }, exitTimeout: { exitTimeout: "soon" },
      symbol: { exitTimeout: Symbol("s") }, deep: { memory: { limit: { a: { b: { c: 1 } } } } },
      many: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`o${i}`, i])), longName: { ["x".repeat(1e7)]: 1 },
    };
    const answers = {};
    for (const [name, value] of Object.entries(options)) {
      answers[name] = await told(async () => (await app.Pool.start(value)).exit());
    }
    return answers;
  });
  const { recycleAt, criticalAt, maxAge, maxJobs, share, recycle, ...rest } = answer;
  assert.match(recycleAt, /^memory\.recycleAt \| -1 \| ./);
  assert.match(criticalAt, /^memory\.criticalAt \| NaN \| ./);
  assert.match(maxAge, /^recycle\.maxAge \| 0 \| milliseconds from 1 /);
  assert.match(maxJobs, /^recycle\.maxJobs \| 1\.5 \| a whole number from /);
  assert.deepEqual([share, recycle], ["recycle.share | 2 | a number from 0.001 to 1", "recycle | true | an object"]);
  check(rest, {
    array: "options | an array | a plain object", text: 'options | "fast" | a plain object', number: "options | 4 | a plain object",
    instance: "options | an Options | a plain object", map: "options | a Map | a plain object", func: "options | a function | a plain object",
    signal: "options | an AbortSignal | a plain object", throwing: `options | ${THROWS}`, revoked: `options | ${THROWS}`,
    getter: `threads | ${THROWS}`, getterInside: `memory.limit | ${THROWS}`,
    unknown: `thread | unknown | ${START}; did you mean \`threads\`?`,
    unknownInside: "memory.Limit | unknown | one of limit, budget, recycleAt, criticalAt, overlap; did you mean `limit`?", far: `colour | unknown | ${START}`,
    proto: `__proto__ | unknown | ${START}`,
    threadsZero: "threads | 0 | a whole number from 1 to 256", threadsFraction: "threads | 1.5 | a whole number from 1 to 256",
    threadsNaN: "threads | NaN | a whole number from 1 to 256", threadsBig: "threads | 3n | a whole number from 1 to 256",
    threadsMany: "threads | Infinity | a whole number from 1 to 256", threadsText: 'threads | "4" | a whole number from 1 to 256',
    threadsArray: "threads | an array | a whole number from 1 to 256",
    stackSmall: `stackSize | 65536 | ${STACK}`, stackUneven: `stackSize | 200000 | ${STACK}`, stackText: `stackSize | "2 MB" | ${STACK}`,
    stackNaN: `stackSize | NaN | ${STACK}`,
    memoryText: 'memory | "1GiB" | an object', memoryArray: "memory | an array | an object", memoryMap: "memory | a Map | an object",
    limit: `memory.limit | "1 GB" | ${BYTES} 1048576 to 4294967296`, limitSmall: `memory.limit | 1000 | ${BYTES} 1048576 to 4294967296`,
    limitNegative: `memory.limit | -1 | ${BYTES} 1048576 to 4294967296`,
    limitLong: `memory.limit | "${"9".repeat(40)}…" | ${BYTES} 1048576 to 4294967296`,
    limitObject: `memory.limit | an object | ${BYTES} 1048576 to 4294967296`,
    budget: `memory.budget | "64MiB" | ${BYTES} 134217728 to 4503599627370495`,
    overlap: 'memory.overlap | "green-blue" | "auto", "blue-green", "drain-first"',
    restart: "restart.max | -1 | a whole number from 0 to 1000", within: `restart.within | Infinity | ${MS_1}`,
    input: 'input | "text" | an ArrayBuffer or a typed array', inputArray: "input | an array | an ArrayBuffer or a typed array",
    inputDetached: "input | a detached buffer | one that was neither moved nor made smaller", inputOutrun: "input | a view beyond the end of its resized buffer | one that was neither moved nor made smaller",
    inputBlob: "input | a Blob | an ArrayBuffer or a typed array",
    maxQueue: "maxQueue | 0 | a whole number from 1 to 16777216", userTiming: "userTiming | 1 | true or false", reportInterval: "reportInterval | -5 | milliseconds from 10 to 31536000000",
    startTimeout: `startTimeout | NaN | ${MS_1}`, exitTimeout: `exitTimeout | "soon" | ${MS}`, symbol: `exitTimeout | a symbol | ${MS}`,
    deep: `memory.limit | an object | ${BYTES} 1048576 to 4294967296`, many: "options | an object of 100 fields | at most 64",
    longName: `${"x".repeat(64)}… | unknown | ${START}`,
  });
  assert.equal(await workersOf(page), workers, "no worker was started");
});

test("options that are nothing are the defaults", async () => {
  const answer = await inPage(page, async (app) => {
    const nothing = { threads: 1, memory: { limit: "64MiB", budget: null }, restart: undefined, input: null };
    const pool = await app.Pool.start(Object.assign(Object.create(null), nothing));
    const sums = [await pool.run("add", [1, 2], null), await pool.run("add", [1, 2], { signal: null, timeout: undefined, transfer: null, onProgress: null })];
    await pool.exit(undefined);
    await pool.init({});
    await pool.recycle(null);
    await pool.exit({});
    return sums;
  });
  assert.deepEqual(answer, [3, 3]);
});

test("options of run", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const detached = new ArrayBuffer(8);
    structuredClone(detached, { transfer: [detached] });
    const twice = new ArrayBuffer(8);
    const wasm = new WebAssembly.Memory({ initial: 2 }).buffer;
    const options = {
      array: [], signalItself: new AbortController().signal, instance: new (class Fast { timeout = 1; })(), unknown: { singal: 1 }, far: { retries: 3 },
      getter: { get timeout() { throw new Error("no"); } }, getterOwn: { get signal() { throw new Error("no"); } },
      signal: { signal: 5 }, signalLike: { signal: { aborted: false, addEventListener() {} } }, controller: { signal: new AbortController() },
      signalFake: { signal: Object.create(AbortSignal.prototype) }, bare: { signal: Object.create(null) },
      timeoutNegative: { timeout: -1 }, timeoutNaN: { timeout: NaN }, timeoutInfinite: { timeout: Infinity }, timeoutText: { timeout: "5s" },
      queueTimeout: { queueTimeout: -0.5 }, queueTimeoutBig: { queueTimeout: 5n },
      priorityNaN: { priority: NaN }, priorityFraction: { priority: 0.5 }, priorityHigh: { priority: 1e9 }, priorityText: { priority: "high" },
      memory: { memory: "much" }, idempotent: { idempotent: 1 }, onProgress: { onProgress: "log" },
      transfer: { transfer: twice }, transferTyped: { transfer: [twice, new Uint8Array(8)] }, transferNumber: { transfer: [1] },
      transferShared: { transfer: [new SharedArrayBuffer(8)] }, transferPort: { transfer: [new MessageChannel().port1] },
      transferTwice: { transfer: [twice, twice] }, transferDetached: { transfer: [detached] }, transferHoles: { transfer: new Array(2 ** 32 - 1) },
    };
    const answers = {};
    for (const [name, value] of Object.entries(options)) answers[name] = await told(() => pool.run("add", [1, 2], value));
    answers.transferWasm = await told(() => pool.run("echo_bytes", new Uint8Array(wasm), { transfer: [wasm] }));
    const health = pool.health();
    answers.well = `${await pool.run("add", [1, 2])} after ${health.counters.submitted} submitted, ${twice.byteLength} bytes`;
    await pool.exit();
    return answers;
  });
  check(answer, {
    array: "options | an array | a plain object", signalItself: "options | an AbortSignal | a plain object",
    instance: "options | a Fast | a plain object", unknown: `singal | unknown | ${RUN}; did you mean \`signal\`?`, far: `retries | unknown | ${RUN}`,
    getter: `timeout | ${THROWS}`, getterOwn: `signal | ${THROWS}`,
    signal: "signal | 5 | an AbortSignal", signalLike: "signal | an object | an AbortSignal", controller: "signal | an AbortController | an AbortSignal",
    signalFake: "signal | an AbortSignal | an AbortSignal", bare: "signal | an object | an AbortSignal",
    timeoutNegative: `timeout | -1 | ${MS}`, timeoutNaN: `timeout | NaN | ${MS}`, timeoutInfinite: `timeout | Infinity | ${MS}`,
    timeoutText: `timeout | "5s" | ${MS}`, queueTimeout: `queueTimeout | -0.5 | ${MS}`, queueTimeoutBig: `queueTimeout | 5n | ${MS}`,
    priorityNaN: "priority | NaN | a whole number from -1000000 to 1000000", priorityFraction: "priority | 0.5 | a whole number from -1000000 to 1000000",
    priorityHigh: "priority | 1000000000 | a whole number from -1000000 to 1000000", priorityText: 'priority | "high" | a whole number from -1000000 to 1000000',
    memory: `memory | "much" | ${BYTES} 0 to 4294967296`, idempotent: "idempotent | 1 | true or false", onProgress: 'onProgress | "log" | a function',
    transfer: "transfer | an ArrayBuffer | an array of ArrayBuffers", transferTyped: "transfer[1] | an Uint8Array | an ArrayBuffer: its `.buffer`",
    transferNumber: "transfer[0] | 1 | an ArrayBuffer", transferShared: "transfer[0] | a SharedArrayBuffer | an ArrayBuffer",
    transferPort: "transfer[0] | a MessagePort | an ArrayBuffer", transferTwice: "transfer[1] | a buffer that is there before | each ArrayBuffer once",
    transferDetached: "transfer[0] | a detached buffer | an ArrayBuffer that was not moved yet", transferHoles: "transfer[0] | undefined | an ArrayBuffer",
    transferWasm: "transfer | a buffer that cannot be moved | buffers that do not belong to a WebAssembly memory",
    well: "3 after 0 submitted, 8 bytes",
  });
});

test("a call that is refused moves nothing", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, maxQueue: 1 });
    const call = async (task, argument, options) => {
      const large = new Uint8Array(100_000).fill(1);
      const end = pool.run(task, argument(large), { transfer: [large.buffer], ...options });
      const moved = large.length === 0;
      return [await end.then(() => "fulfilled", (error) => error.code ?? error), moved];
    };
    const bytes = (large) => large;
    const answers = {
      unknown: await call("no_such_task", bytes), option: await call("echo_bytes", bytes, { timeout: NaN }),
      input: await call("echo_bytes", (large) => [large, () => {}]), aborted: await call("echo_bytes", bytes, { signal: AbortSignal.abort("no") }),
      good: await call("echo_bytes", bytes),
    };
    const working = [1, 2, 3].map(() => pool.run("work", 50));
    answers.full = await call("echo_bytes", bytes);
    await Promise.all(working);
    await pool.exit();
    answers.exited = await call("echo_bytes", bytes);
    return answers;
  });
  assert.deepEqual(answer, {
    unknown: ["UnknownTask", false], option: ["BadConfig", false], input: ["BadInput", false], aborted: ["no", false],
    good: ["fulfilled", true], full: ["QueueFull", false], exited: ["PoolExited", false],
  });
});

test("what takes no options says so", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const answers = {
      exit: await told(() => pool.exit({ timeout: 5 })), recycle: await told(() => pool.recycle({ reason: "x" })),
      init: await told(() => pool.init({ threads: 2 })), event: await told(() => pool.exit(new Event("click"))),
      constructor: await told(() => new app.Pool({ threads: 2 })),
      phase: pool.health().phase,
    };
    await pool.exit();
    return answers;
  });
  check(answer, {
    exit: "timeout | unknown | no option: exit takes none", recycle: "reason | unknown | no option: recycle takes none",
    init: "threads | unknown | no option: init takes none", event: "options | an Event | a plain object",
    constructor: "driver | an object | what `Pool.start` gives", phase: "serving",
  });
});

test("options of pageMemory", async () => {
  const answer = await inPage(page, async (app) => {
    const pages = (memory) => memory.buffer.byteLength;
    return {
      text: await told(() => app.pageMemory({ maximum: "64MiB" })), negative: await told(() => app.pageMemory({ initial: -1 })),
      nan: await told(() => app.pageMemory({ initial: NaN })), less: await told(() => app.pageMemory({ initial: 2 ** 20, maximum: 2 ** 16 })),
      much: await told(() => app.pageMemory({ maximum: 2 ** 33 })), unknown: await told(() => app.pageMemory({ max: 2 ** 26 })),
      instance: await told(() => app.pageMemory(new Map())), default: pages(app.pageMemory()),
      large: pages(app.pageMemory({ initial: 2 ** 27 })), uneven: pages(app.pageMemory({ initial: 65_537, maximum: 70_000 })),
    };
  });
  check(answer, {
    text: 'maximum | "64MiB" | bytes as a number, from 4194304 to 4294967296', negative: "initial | -1 | bytes as a number, from 65536 to 4294967296",
    nan: "initial | NaN | bytes as a number, from 65536 to 4294967296", less: "maximum | 65536 | bytes as a number, from 1048576 to 4294967296",
    much: "maximum | 8589934592 | bytes as a number, from 4194304 to 4294967296", unknown: "max | unknown | one of initial, maximum",
    instance: "options | a Map | a plain object", default: 2 ** 22, large: 2 ** 27, uneven: 131_072,
  });
});
