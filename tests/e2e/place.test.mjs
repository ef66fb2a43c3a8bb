// Where code runs: roles, statics and start functions; a page that may not share memory; a device that grants little of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { inPage, launch, needs, openAt, openFixture, openFixtureAt, workersOf } from "./harness.mjs";
import { ISOLATED, serve } from "./server.mjs";

let browser;

/** A name that is no secure context without https. */
const HOST = "perennial.test";

before(async () => {
  browser = await launch({ hosts: [HOST] });
});

after(() => browser?.close());

test("a start function runs once in each instance, and a static is one of each instance", async () => {
  const page = await openFixture(browser);
  const answer = await inPage(page, async (app) => {
    const here = () => JSON.parse(app.place_here(1));
    here();
    const pool = await app.Pool.start({ threads: 3, memory: { limit: "64MiB" } });
    const [first, second] = [await pool.run("place", 5), await pool.run("place", 6)];
    const own = [await pool.run("own_notes", 7), await pool.run("own_notes", 8)];
    await pool.recycle();
    const next = await pool.run("place", 9);
    const ownNext = await pool.run("own_notes", 9);
    await pool.exit();
    return { page: here(), first, second, own, next, ownNext };
  });
  const inTask = { role: "Thread", startedAs: ["Leader"] };
  assert.deepEqual(answer, {
    page: { role: "Coordinator", startedAs: ["Coordinator"], note: 1 },
    first: { ...inTask, note: 0 }, second: { ...inTask, note: 5 },
    own: [Array(3).fill(["Thread", 0]), Array(3).fill(["Thread", 7])],
    next: { ...inTask, note: 0 }, ownNext: Array(3).fill(["Thread", 0]),
  });
  await page.close();
});

test("a worker of the page is a coordinator too", async () => {
  const page = await openFixture(browser);
  const answer = await inPage(page, async () => {
    const source = `
      import init, { place_here, pageMemory } from "${new URL("./pkg/perennial_fixture.js", location.href)}";
      await init({ memory: pageMemory() });
      postMessage(JSON.parse(place_here(0)));
    `;
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
    const answer = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
    worker.terminate();
    return answer;
  });
  assert.deepEqual(answer, { role: "Coordinator", startedAs: ["Coordinator"], note: 0 });
  await page.close();
});

test("a pool inside a task is NotHere, and the task goes on", async () => {
  const page = await openFixture(browser);
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const words = await pool.run("pool_in_a_task");
    const sum = await pool.run("add", [1, 2]);
    const { lost } = pool.health().counters;
    await pool.exit();
    return { words, sum, lost };
  });
  assert.match(answer.words, /^NotHere: this is a thread of a generation, where no pool can be used/);
  assert.deepEqual([answer.sum, answer.lost], [3, 0]);
  // The leader's realm loads the module too.
  const server = await serve({
    headers: ISOLATED,
    change: (path, text) => (path.endsWith("/src/place.js") ? `${text}\nif (self.name.startsWith("perennial-leader")) throw new Error(startPool());` : text),
  });
  const other = await openFixtureAt(browser, server.url);
  const inLeader = await inPage(other, (app) => app.Pool.start({ threads: 1, memory: { limit: "64MiB" } }).catch((error) => `${error.code}: ${error.message}`));
  assert.match(inLeader, /^StartFailed: .*NotHere: this is a leader of a generation, where no pool can be used/);
  server.close();
  await Promise.all([page, other].map((page) => page.close()));
});

test("without the headers it is NotIsolated, with the two lines to add", async () => {
  const server = await serve();
  const page = await openAt(browser, server.url);
  const answer = await inPage(page, async () => {
    const app = await import("./pkg/perennial_fixture.js");
    const told = (call) => new Promise((resolve) => resolve(call())).then(() => "accepted", ({ code, message, headers }) => ({ code, message, headers }));
    return { isolated: crossOriginIsolated, memory: await told(() => app.pageMemory()), start: await told(() => app.Pool.start()) };
  });
  const error = {
    code: "NotIsolated",
    message:
      "this page may not share memory between threads; serve it with the headers\n" +
      "Cross-Origin-Opener-Policy: same-origin\nCross-Origin-Embedder-Policy: require-corp",
    headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
  };
  assert.deepEqual(answer, { isolated: false, memory: error, start: error });
  assert.equal(await workersOf(page), 0);
  server.close();
  await page.close();
});

test("over plain http it is NotIsolated even with the headers, and https is named", needs("hosts"), async () => {
  const server = await serve({ headers: ISOLATED });
  const page = await openAt(browser, server.url.replace("127.0.0.1", HOST));
  const answer = await inPage(page, async () => {
    const app = await import("./pkg/perennial_fixture.js");
    return app.Pool.start().catch(({ code, message }) => `${code}: ${message}`);
  });
  assert.match(answer, /^NotIsolated: .* serve it over https, or from localhost, with the headers\nCross-Origin-Opener-Policy/);
  server.close();
  await page.close();
});

test("without SharedArrayBuffer it is NotIsolated too", async () => {
  const page = await openFixture(browser);
  const answer = await inPage(page, async (app) => {
    const { SharedArrayBuffer } = globalThis;
    delete globalThis.SharedArrayBuffer;
    const code = await app.Pool.start({ threads: 1 }).catch((error) => error.code);
    globalThis.SharedArrayBuffer = SharedArrayBuffer;
    return code;
  });
  assert.equal(answer, "NotIsolated");
  await page.close();
});

/** The fixture on a device that grants no memory of more than this. Only the device is made up: it refuses as a phone does. */
async function openOnSmallDevice(granted) {
  const device = `
    WebAssembly.Memory = class extends WebAssembly.Memory {
      constructor(descriptor) {
        if (descriptor.maximum * 65536 > ${granted}) throw new RangeError("could not allocate memory");
        super(descriptor);
      }
    };
  `;
  const server = await serve({ headers: ISOLATED, change: (path, text) => (path.endsWith("/leader.js") ? text + device : text) });
  const page = await openFixtureAt(browser, server.url);
  return { page, server };
}

test("a limit that the device refuses is halved until it is granted, and reported", async () => {
  const { page, server } = await openOnSmallDevice(200 << 20);
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "1000MiB" } });
    const told = [];
    pool.addEventListener("limitreduced", ({ detail }) => told.push(detail));
    const { limit, limitAsked } = pool.health().generations[0];
    const exhausted = await pool.run("exhaust", { block: 1 << 20, allThreads: false }).catch(({ code, limit }) => ({ code, limit }));
    const noRoom = await pool.run("echo_bytes", new Uint8Array(150 << 20)).catch(({ code, limit }) => ({ code, limit }));
    await pool.recycle();
    const sum = await pool.run("add", [1, 2]);
    await pool.exit();
    return { limit, limitAsked, exhausted, noRoom, told, sum };
  });
  const [limit, limitAsked] = [125 << 20, 1000 << 20];
  const code = "MemoryExhausted";
  assert.deepEqual(answer, {
    limit, limitAsked, exhausted: { code, limit }, noRoom: { code, limit },
    told: [{ generation: 2, asked: limitAsked, granted: limit }], sum: 3,
  });
  server.close();
  await page.close();
});

test("a device that refuses even the least is told in words", async () => {
  const { page, server } = await openOnSmallDevice(10 << 20);
  const answer = await inPage(page, async (app) => {
    const told = (limit) => app.Pool.start({ threads: 1, memory: { limit } }).catch((error) => `${error.code}: ${error.message}`);
    return [await told("1GiB"), await told("32MiB")];
  });
  assert.deepEqual(answer, [
    "StartFailed: the pool did not start: Error: the device refuses a memory of 1073741824 bytes, memory.limit, and half of it again " +
      "and again down to 67108864: RangeError: could not allocate memory",
    "StartFailed: the pool did not start: Error: the device refuses a memory of 33554432 bytes, memory.limit: RangeError: could not allocate memory",
  ]);
  server.close();
  await page.close();
});

test("when the browser has no memory left to grant, the pool says so", needs("fewMemories"), async () => {
  const page = await openFixture(browser);
  const answer = await inPage(page, async (app) => {
    // A page is granted a number of shared memories, whatever their size. A worker holds them all, and those that the
    // garbage collection of other pages gives back meanwhile.
    const source = `
      const held = [];
      function hold() {
        try {
          for (;;) held.push(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
        } catch {
          postMessage(held.length);
        }
      }
      hold();
      setInterval(hold);
    `;
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    const held = await new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
    const start = () => app.Pool.start({ threads: 1, memory: { limit: "1GiB" } });
    const refused = await start().catch((error) => `${error.code}: ${error.message}`);
    worker.terminate();
    return { many: held > 10, refused };
  });
  assert.ok(answer.many);
  assert.match(answer.refused, /^StartFailed: the pool did not start: Error: the device refuses a memory of 1073741824 bytes, .* down to 67108864: /);
  await page.close();
});
