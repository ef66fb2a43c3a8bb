// The side without a pool: bare wasm-bindgen-rayon does the same work, and its state is told as it is.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { inPage, LIMIT_MS, needs, openPage, page, setUp } from "./harness.mjs";

setUp(async (browser) => {
  const page = await openPage(browser, "/bare/index.html");
  await inPage(page, async (_app, limitMs) => {
    const { Bare } = await import("/js/bare.js");
    const host = document.body.appendChild(document.createElement("div"));
    const bare = new Bare(host);
    const log = [];
    bare.addEventListener("log", ({ detail }) => log.push(detail.text));
    /** Resolves with the first state that is so. */
    const until = (isSo) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`still ${JSON.stringify(bare.state)}`)), limitMs / 2);
        const look = () => {
          if (!isSo(bare.state)) return;
          clearTimeout(timer);
          bare.removeEventListener("change", look);
          resolve(bare.state);
        };
        bare.addEventListener("change", look);
        look();
      });
    window.side = { bare, log, until };
  }, LIMIT_MS);
  return page;
});

beforeEach(async () => {
  await inPage(page, async () => {
    const { bare, log } = window.side;
    for (const name of ["proofs", "mandelbrot", "photo"]) bare.work(name, false);
    bare.leak(0);
    log.length = 0;
    await bare.load({ threads: 2, limit: "256MiB" });
  });
});

/** A thread's trap is an error of the page to whoever drives the browser. The page itself does not hear of it. */
function tolerateTraps() {
  page.failures.length = 0;
}

test("it works: every workload makes what it should", async () => {
  const state = await inPage(page, async () => {
    const { default: init, Pool, pageMemory } = await import("/pkg/perennial_demo.js");
    await init({ memory: pageMemory() });
    const pool = await Pool.start({ threads: 2, memory: { limit: "256MiB" } });
    const keys = await pool.run("setup", 4);
    await pool.exit();
    const { bare, until } = window.side;
    await bare.load({ threads: 2, limit: "256MiB", keys });
    for (const name of ["proofs", "mandelbrot", "photo"]) bare.work(name, true);
    bare.leak(5);
    return until(({ works }) => ["proofs", "mandelbrot", "photo", "leak"].every((name) => works[name]?.made >= 2));
  });
  assert.equal(state.status, "working");
  assert.deepEqual([state.failed, state.lost, state.threads, state.limitBytes], [0, 0, 2, 256 << 20]);
  assert.ok(state.reservedBytes > 4 << 20 && state.reservedBytes <= 256 << 20, `${state.reservedBytes}`);
  assert.ok(Object.values(state.works).every(({ running }) => running));
});

test("a panic is survived, and told in its words", async () => {
  const told = await inPage(page, async () => {
    const { bare, log, until } = window.side;
    bare.abuse("panic");
    await until(() => log.some((line) => line.includes("leaf 37 panicked")));
    bare.work("mandelbrot", true);
    return until(({ made }) => made >= 2);
  });
  assert.equal(told.status, "working");
});

for (const name of ["trap", "overflow", "loop", "patient-loop", "exhaust", "kill"]) {
  // What spins in one test would take the processor from the next, where nothing ends it.
  const ends = needs(...(name.endsWith("loop") ? ["forcedEnds"] : []));
  test(`after "${name}" it says that no answer comes, what it holds and how many calls wait`, ends, async () => {
    const state = await inPage(
      page,
      async (_app, name) => {
        const { bare, until } = window.side;
        bare.work("mandelbrot", true);
        await until(({ made }) => made >= 2);
        bare.abuse(name);
        // What the memory holds is told also while nothing is heard.
        const least = name === "exhaust" ? 240 << 20 : 0;
        const frozen = await until(({ status, reservedBytes }) => status !== "working" && reservedBytes > least);
        return { ...frozen, forMs: performance.now() - frozen.since };
      },
      name,
    );
    tolerateTraps();
    // What it writes over may be what the next call into the memory traps on.
    if (name === "overflow" && state.status === "dead") return assert.match(state.words, /^Each call fails: RuntimeError: /);
    assert.equal(state.status, "frozen", JSON.stringify(state));
    assert.ok(state.forMs >= 5000 && state.unsettled >= 1, JSON.stringify(state));
    assert.match(state.words, /^No answer for \d+ s: \d+ calls? waits?, and nothing says whether for ever\.$/);
  });
}

test("a leak ends it in words, and a reload helps", async () => {
  const { dead, again } = await inPage(page, async () => {
    const { bare, until } = window.side;
    bare.leak(100);
    const dead = await until(({ status }) => status !== "working");
    bare.leak(0);
    bare.work("mandelbrot", true);
    await bare.reload();
    return { dead, again: await until(({ works }) => works.mandelbrot?.made >= 1) };
  });
  tolerateTraps();
  assert.equal(dead.status, "dead", JSON.stringify(dead));
  assert.match(dead.words, /^Each call fails: /);
  assert.ok(dead.lost >= 1 && dead.reservedBytes > 128 << 20, JSON.stringify(dead));
  assert.deepEqual([again.status, again.lost], ["working", 0]);
  assert.ok(again.reservedBytes < 64 << 20, `${again.reservedBytes}`);
});

test("what does not start says so", async () => {
  const answer = await inPage(page, async () => {
    const { bare } = window.side;
    const told = await bare.load({ threads: 2, limit: 65536 }).catch(({ message }) => message);
    const { status } = bare.state;
    bare.unload();
    return { told, status, after: bare.state.status, frames: document.querySelectorAll("iframe").length };
  });
  assert.match(answer.told, /^It did not start: /);
  assert.deepEqual([answer.status, answer.after, answer.frames], ["failed", "none", 0]);
});
