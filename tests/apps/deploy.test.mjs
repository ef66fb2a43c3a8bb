// A page left open while its server stops, or gets the files of another build.

import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { launch } from "../e2e/harness.mjs";
import { buildWithVite, install } from "./build.mjs";
import { openApp } from "./page.mjs";
import { Server } from "./server.mjs";

const KEPT = { "Cache-Control": "max-age=31536000, immutable" };

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** A page with a pool that serves, as `window.pool`, and `window.events` with what it tells. */
async function withPool(server, use, options = {}) {
  await server.start();
  try {
    const page = await openApp(browser, server.url);
    await page.evaluate(async (options) => {
      window.pool = await window.app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, ...options });
      window.events = [];
      window.seen = (type) => {
        if (window.events.some((event) => event.type === type)) return;
        return new Promise((resolve) => window.pool.addEventListener(type, resolve, { once: true }));
      };
      for (const type of ["recyclefailed", "generationlost", "degraded", "recovered"]) {
        window.pool.addEventListener(type, ({ detail }) => window.events.push({ type, detail }));
      }
      window.told = (promise) => promise.then((value) => ({ value }), ({ code, message }) => ({ code, message }));
    }, options);
    await use(page);
    await page.evaluate(async () => {
      await window.pool.exit();
      // Each worker holds one while it lives, and Chromium ends one that has trapped seconds late.
      const { held } = await navigator.locks.query();
      await Promise.all(held.map(({ name }) => navigator.locks.request(name, () => {})));
    });
    await page.close();
  } finally {
    await server.stop();
  }
}

const sum = (page) => page.evaluate(() => window.told(window.pool.run("sum_of_roots", [1, 4, 9])));
const recycle = (page) => page.evaluate(() => window.told(window.pool.recycle()));

/** Recycles, dies, and recycles again, without a word from the server. */
async function livesOn(page) {
  for (let round = 0; round < 3; round++) {
    assert.equal((await recycle(page)).code, undefined);
    assert.deepEqual(await sum(page), { value: 6 });
  }
  assert.equal((await page.evaluate(() => window.told(window.pool.run("trap")))).code, "GenerationLost");
  assert.deepEqual(await sum(page), { value: 6 });
  assert.equal((await recycle(page)).code, undefined);
  assert.deepEqual(await page.evaluate(() => window.events.map(({ type }) => type)), ["generationlost"]);
}

for (const [name, folder] of [["without a bundler", () => install("plain")], ["built by Vite", async () => buildWithVite(await install("vite"), "/")]]) {
  test(`the server is stopped, and its scripts may be kept: ${name}`, async () => {
    const server = new Server(await folder(), { headers: KEPT });
    await withPool(server, async (page) => {
      await server.stop();
      await livesOn(page);
    });
  });

  test(`the server is stopped, and nothing may be kept: ${name}`, async () => {
    const server = new Server(await folder());
    await withPool(server, async (page) => {
      await server.stop();
      for (let round = 0; round < 2; round++) {
        const { code, message } = await recycle(page);
        assert.equal(code, "StartFailed", message);
        assert.deepEqual(await sum(page), { value: 6 }, "the old generation serves");
      }
      const { events } = await page.evaluate(() => ({ events: window.events.map(({ type }) => type) }));
      assert.deepEqual(events.filter((type) => type === "recyclefailed").length, 2);
    });
  });
}

test("a death while the server is stopped: what waits is told, and the pool starts again when the server is back", async () => {
  const server = new Server(await install("plain"));
  await withPool(
    server,
    async (page) => {
      await server.stop();
      const answer = await page.evaluate(async () => {
        const lost = await window.told(window.pool.run("trap"));
        const waiting = window.told(window.pool.run("sum_of_roots", [1, 4, 9], { idempotent: true }));
        await window.seen("degraded");
        return { lost, waiting: await waiting, later: await window.told(window.pool.run("sum_to", 10)) };
      });
      assert.equal(answer.lost.code, "GenerationLost");
      assert.equal(answer.waiting.code, "StartFailed", answer.waiting.message);
      assert.equal(answer.later.code, "StartFailed", answer.later.message);
      await server.start();
      await page.evaluate(() => window.pool.exit().then(() => window.pool.init()));
      assert.deepEqual(await sum(page), { value: 6 }, "who cannot wait for the next try starts the pool again");
    },
    { restart: { max: 2, within: 10_000 } },
  );
});

test("a death while the server is away for a moment: what waits is served", async () => {
  const server = new Server(await install("plain"));
  await withPool(
    server,
    async (page) => {
      await server.stop();
      await page.evaluate(async () => {
        const trap = window.told(window.pool.run("trap"));
        window.waiting = window.told(window.pool.run("sum_of_roots", [1, 4, 9], { idempotent: true }));
        await trap;
      });
      await server.start();
      assert.deepEqual(await page.evaluate(() => window.waiting), { value: 6 });
    },
    { restart: { max: 50, within: 60_000 } },
  );
});

/** Another build's glue, of a crate that was changed a little: it fits the old module, and means something else. */
async function replace(folder) {
  const glue = path.join(folder, "node_modules/perennial-fixture/perennial_fixture.js");
  const text = await readFile(glue, "utf8");
  const [one, other] = text.match(/__wbindgen_generic_\d+(?=: )/g);
  const names = { [one]: other, [other]: one };
  await writeFile(glue, text.replaceAll(new RegExp(`(?:${one}|${other})(?=: )`, "g"), (name) => names[name]));
}

test("the files are replaced by another build's: the old generation serves", async () => {
  const folder = await install("plain");
  const server = new Server(folder);
  await withPool(server, async (page) => {
    await replace(folder);
    const { code, message } = await recycle(page);
    assert.equal(code, "StartFailed");
    assert.match(message, /another build .* reload/);
    assert.deepEqual(await sum(page), { value: 6 });
    await rm(path.join(folder, "node_modules"), { recursive: true });
    assert.equal((await recycle(page)).code, "StartFailed", "nor if they are gone");
    assert.deepEqual(await sum(page), { value: 6 });
  });
});

test("the files are replaced by another build's, and the old scripts may be kept: they go on", async () => {
  const folder = await install("plain");
  const server = new Server(folder, { headers: KEPT });
  await withPool(server, async (page) => {
    await replace(folder);
    server.asked.length = 0;
    await livesOn(page);
    assert.deepEqual(server.asked, []);
  });
});
