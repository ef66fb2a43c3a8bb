// The page's own life: busy, hidden, frozen, left and come back to, beside another tab. No job is lost or run twice, and no
// worker is left.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { BASE_URL, has, inPage, launch, LIMIT_MS, needs, openFixture } from "./harness.mjs";
import { settles } from "./memory.mjs";

let browser;

const WITH_CACHE = { keepsPages: true };

before(async () => {
  browser = await launch(WITH_CACHE);
});

after(() => browser?.close());

/** A page with a pool of two threads, as `window.pool`. */
async function openPool() {
  const page = await openFixture(browser);
  await openPoolIn(page);
  return page;
}

async function openPoolIn(page) {
  await inPage(page, async (app) => {
    window.pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, reportInterval: 50 });
    /** Jobs that count their runs in the generation. */
    window.counted = async (count) => {
      const runs = await Promise.all(Array.from({ length: count }, () => pool.run("count_run")));
      return runs.sort((a, b) => a - b).join();
    };
  });
}

/** The locks that workers hold, asked from a page that lives. */
async function locksHeld(page) {
  return inPage(page, async () => (await navigator.locks.query()).held.map(({ name }) => name).filter((name) => name.startsWith("perennial-")));
}

/** Nothing was lost, and each of these jobs ran once: the generation counts on from `from`. */
async function isWhole(page, from) {
  const { runs, counters, generations } = await inPage(page, async () => {
    const runs = await counted(3);
    const { counters, generations } = pool.health();
    return { runs, counters, generations: generations.map(({ generation }) => generation) };
  });
  assert.equal(runs, [1, 2, 3].map((n) => from + n).join());
  assert.deepEqual([counters.lost, counters.failedStarts, counters.rejected, generations], [0, 0, 0, [1]]);
  assert.deepEqual(page.failures, []);
}

test("a page that is busy for seconds takes nobody for dead", async () => {
  const page = await openPool();
  const sum = await inPage(page, async () => {
    const working = pool.run("work", 500, { timeout: 3000 });
    // Asked or not, answered or not: longer than a leader may take to answer.
    for (let round = 0; round < 2; round++) {
      const begun = performance.now();
      while (performance.now() - begun < 7000);
      await new Promise((resolve) => setTimeout(resolve));
    }
    return working;
  });
  assert.equal(sum, 500);
  await isWhole(page, 0);
  await inPage(page, () => pool.exit());
  await page.close();
});

test("a hidden tab goes on: jobs, a limit and a recycle", async () => {
  // As for a visitor: whoever drives a browser may have it treat hidden pages like others.
  const own = await launch({ hidesPages: true });
  try {
    const other = await openFixture(own);
    await inPage(other, () => {
      const channel = new BroadcastChannel("pagelife");
      window.done = new Promise((resolve) => (channel.onmessage = ({ data }) => resolve(data)));
    });
    const page = await openFixture(own);
    await openPoolIn(page);
    // By itself: whoever asks it meanwhile may bring it to the front.
    await inPage(page, () => {
      const seen = [];
      const note = (what) => (value) => seen.push([what, value, document.visibilityState]);
      const live = async () => {
        await pool.run("work", 3000, { timeout: 60_000 }).then(note("work"));
        await pool.run("work", 600_000, { timeout: 500 }).catch(({ code }) => note("limit")(code));
        await counted(50).then(note("runs"));
        await pool.recycle().then(({ to }) => note("recycle")(to));
        await pool.run("sum_to", 1000).then(note("sum"));
      };
      const hide = () => {
        if (document.visibilityState !== "hidden") return;
        document.removeEventListener("visibilitychange", hide);
        const tell = (failed) => new BroadcastChannel("pagelife").postMessage({ seen, failed });
        live().then(() => tell(), ({ message }) => tell(message));
      };
      document.addEventListener("visibilitychange", hide);
      // In WebKitGTK a second tab is not in front.
      hide();
    });
    await other.bringToFront();
    const { seen, failed } = await inPage(other, () => done);
    assert.equal(failed, undefined);
    const runs = Array.from({ length: 50 }, (_, i) => i + 1).join();
    const settled = [["work", 3000], ["limit", "TimedOut"], ["runs", runs], ["recycle", 2], ["sum", 499500]];
    assert.deepEqual(seen, settled.map(([what, value]) => [what, value, "hidden"]));
    const { counters } = await inPage(page, () => pool.health());
    assert.deepEqual([counters.lost, counters.failedStarts], [0, 0]);
    await inPage(page, () => pool.exit());
    for (const { failures } of [page, other]) assert.deepEqual(failures, []);
  } finally {
    await own.close();
  }
});

test("a page that is frozen in the middle of its work goes on where it was when it thaws", needs("freezing"), async () => {
  const page = await openPool();
  const other = await openFixture(browser);
  const client = await page.createCDPSession();
  await inPage(page, async () => {
    window.frozen = [];
    for (const type of ["freeze", "resume"]) document.addEventListener(type, () => frozen.push(type));
    window.working = Promise.all([pool.run("work", 200, { timeout: 5000 }), pool.run("work", 200, { timeout: 5000, idempotent: true })]);
  });
  await client.send("Page.setWebLifecycleState", { state: "frozen" });
  // The other page's clock: longer than a leader may take to answer.
  await inPage(other, () => new Promise((resolve) => setTimeout(resolve, 8000)));
  await client.send("Page.setWebLifecycleState", { state: "active" });
  const answer = await inPage(page, async () => ({ sums: await working, frozen }));
  assert.deepEqual(answer, { sums: [200, 200], frozen: ["freeze", "resume"] });
  await isWhole(page, 0);
  await inPage(page, () => pool.exit());
  await Promise.all([page, other].map((page) => page.close()));
});

/**
 * Leaves the page for some time and comes back to it.
 * @returns {Promise<{ kept: boolean, why: string }>} whether it is the same page, as the browser had kept it
 */
async function leaveAndComeBack(page, whileAway) {
  await inPage(page, () => {
    window.mark = "the same";
  });
  await page.goto(`${BASE_URL}/tests/e2e/kill.js`, { waitUntil: "load" });
  await whileAway();
  // A page behind another draws no frames, and by frames the browser's driver waits.
  await page.bringToFront();
  await page.goBack({ waitUntil: "load" });
  await page.waitForFunction(() => window.app !== undefined, { timeout: LIMIT_MS });
  return page.evaluate(() => {
    const { notRestoredReasons } = performance.getEntriesByType("navigation")[0];
    return { kept: window.mark === "the same", why: JSON.stringify(notRestoredReasons?.reasons) };
  });
}

/** A page like any other. */
async function servesAnew(page) {
  const sum = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const sum = await pool.run("sum_to", 1000);
    await pool.exit();
    return sum;
  });
  assert.equal(sum, 499500);
}

/** Told either way: what is kept, or is no longer, takes the other path below. */
const KEPT = "whether it is kept is as harness.mjs says of this engine";

test("a page that the browser keeps while one is away goes on with its pool, jobs and all", async () => {
  // No other page of its origin is beside it.
  const alone = await launch(WITH_CACHE);
  try {
    const page = await openFixture(alone);
    await openPoolIn(page);
    await inPage(page, () => {
      window.working = pool.run("work", 1000, { timeout: 5000 });
    });
    const { kept, why } = await leaveAndComeBack(page, () => new Promise((resolve) => setTimeout(resolve, 3000)));
    assert.equal(kept, has("keptPages"), `${KEPT}: ${why}`);
    if (!kept) return await servesAnew(page);
    assert.equal(await inPage(page, () => working), 1000);
    await isWhole(page, 0);
    await inPage(page, () => pool.exit());
  } finally {
    await alone.close();
  }
});

test("a page that the browser does not keep is loaded anew, and its workers are gone", async () => {
  const page = await openPool();
  const other = await openFixture(browser);
  await inPage(page, () => {
    window.working = pool.run("work", 600_000, { timeout: 4000 }).catch(({ code }) => code);
    window.hung = pool.run("hang", null, { timeout: 4000 }).catch(({ code }) => code);
  });
  const { kept } = await leaveAndComeBack(page, () => settles(() => locksHeld(other), (names) => names.length === 0, 10_000));
  assert.equal(kept, has("keptBeside"), KEPT);
  if (kept) {
    const codes = await inPage(page, async () => [await working, await hung]);
    assert.deepEqual(codes, ["TimedOut", "TimedOut"]);
    await inPage(page, () => pool.exit());
  } else {
    assert.deepEqual(await locksHeld(other), []);
    await servesAnew(page);
  }
  await Promise.all([page, other].map((page) => page.close()));
});

test("a page whose pool has exited starts it again when one comes back", async () => {
  const page = await openPool();
  await inPage(page, () => pool.exit());
  const { kept } = await leaveAndComeBack(page, () => {});
  assert.equal(kept, has("keptPages"), KEPT);
  if (kept) await inPage(page, () => pool.init().then(() => pool.run("sum_to", 1000)).then(() => pool.exit()));
  else await servesAnew(page);
  await page.close();
});

test("two tabs of an origin do not see each other: one is closed, the other goes on", async () => {
  const [one, other] = [await openPool(), await openPool()];
  const jobs = [one, other].map((page) => inPage(page, () => counted(100)));
  const all = Array.from({ length: 100 }, (_, i) => i + 1).join();
  assert.deepEqual(await Promise.all(jobs), [all, all]);
  assert.equal((await locksHeld(other)).length, 6);
  await inPage(one, () => {
    window.hung = pool.run("hang").catch(() => {});
    window.working = pool.run("work", 600_000).catch(() => {});
  });
  await inPage(other, () => {
    window.working = pool.run("work", 1000);
  });
  await one.close();
  const left = await settles(() => locksHeld(other), (names) => names.length === 3, 15_000);
  assert.equal(left.value.length, 3, "the workers of the tab that lives");
  assert.equal(await inPage(other, () => working), 1000);
  await isWhole(other, 100);
  await inPage(other, () => pool.exit());
  assert.deepEqual((await settles(() => locksHeld(other), (names) => names.length === 0, 10_000)).value, []);
  await other.close();
});
