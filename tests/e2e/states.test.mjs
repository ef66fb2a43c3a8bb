// Waiting for a state of the pool: idle, ready; and its reports one by one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, inPageUncaught, needs, page, setUp } from "./harness.mjs";

setUp();

test("onIdle waits for all that runs, an aborted task too", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, exitTimeout: 500 });
    await pool.onIdle();
    const order = [];
    const abort = new AbortController();
    const running = new Promise((resolve) => {
      pool.run("work", 600_000, { signal: abort.signal, onProgress: resolve }).catch(() => order.push("aborted"));
    });
    const jobs = Array.from({ length: 20 }, () => pool.run("work", 1));
    const idle = pool.onIdle().then(() => order.push("idle"));
    jobs.at(-1).then(() => order.push("last job"));
    await running;
    abort.abort();
    await idle;
    const { inFlight } = pool.health().generations[0];
    // What ends by its generation's death has ended.
    pool.run("trap").catch(() => {});
    await pool.onIdle();
    pool.run("work", 600_000).catch(() => order.push("exited"));
    const end = pool.onIdle();
    await pool.exit();
    await end;
    await pool.onIdle();
    return { order, inFlight, wrong: await pool.onIdle({ limit: 1 }).catch(({ code }) => code) };
  });
  assert.deepEqual(answer, { order: ["aborted", "last job", "idle", "exited"], inFlight: 0, wrong: "BadConfig" });
});

test("exit fulfils when the last worker is dead, also one that had to be ended by force", needs("forcedEnds"), async () => {
  const answer = await inPage(page, async (app) => {
    const held = async () => (await navigator.locks.query()).held.filter(({ name }) => name.startsWith("perennial-")).length;
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, exitTimeout: 100, reportInterval: 20 });
    const hanging = pool.run("hang").catch(({ code }) => code);
    await new Promise((resolve) => pool.addEventListener("report", ({ detail }) => detail.busy.length > 0 && resolve()));
    const before = await held();
    await pool.exit();
    const after = await held();
    await pool.init();
    const again = await held();
    await pool.exit();
    return { hanging: await hanging, held: [before, after, again, await held()] };
  });
  assert.deepEqual(answer, { hanging: "PoolExited", held: [3, 0, 3, 0] });
});

test("ready says when a generation serves, and that none will", async () => {
  const answer = await inPage(page, async (app) => {
    const code = (promise) => promise.then(() => "ready", ({ code }) => code);
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB", overlap: "drain-first" } });
    const said = { serving: await code(pool.ready()) };
    const recycled = pool.recycle();
    said.recycling = [pool.health().phase, await code(pool.ready()), pool.health().phase];
    await recycled;
    const lost = new Promise((resolve) => pool.addEventListener("generationlost", resolve, { once: true }));
    pool.run("trap").catch(() => {});
    await lost;
    said.lost = [await code(pool.ready()), pool.health().phase];
    const exit = pool.exit();
    said.exiting = await code(pool.ready());
    await exit;
    said.exited = await code(pool.ready());
    const init = pool.init();
    said.starting = [await code(pool.ready()), pool.health().phase];
    await init;
    await pool.exit();
    // Its first start is cut short.
    const started = code(pool.init());
    const ready = code(pool.ready());
    const ended = pool.exit();
    said.cut = [await started, await ready];
    await ended;
    return said;
  });
  assert.deepEqual(answer, {
    serving: "ready", recycling: ["recycling", "ready", "serving"], lost: ["ready", "serving"], exiting: "PoolExited",
    exited: "PoolExited", starting: ["ready", "serving"], cut: ["StartFailed", "StartFailed"],
  });
});

test("what part of the time a thread has jobs is told, of its own jobs alone", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, reportInterval: 10 });
    const used = (is) => pool.health().threads.filter(is).map(({ utilisation }) => utilisation);
    const reported = (is) => new Promise((resolve) => {
      pool.addEventListener("report", function heard() {
        if (!pool.health().threads.some(is)) return;
        pool.removeEventListener("report", heard);
        resolve();
      });
    });
    const controller = new AbortController();
    const busy = reported(({ busy }) => busy.length > 0);
    const job = pool.run("work", 60_000, { signal: controller.signal }).catch(({ name }) => name);
    await busy;
    const [during] = used(({ busy }) => busy.length > 0);
    const other = used(({ busy, jobsDone }) => busy.length === 0 && jobsDone === 0);
    const ended = reported(({ jobsDone }) => jobsDone === 1);
    controller.abort();
    await Promise.all([job, ended]);
    const [after] = used(({ jobsDone }) => jobsDone === 1);
    await pool.exit();
    return { during, other, after };
  });
  const isPart = ({ recent, total }) => recent > 0 && recent <= 1 && total > 0 && total <= 1;
  assert.ok(isPart(answer.during) && isPart(answer.after), JSON.stringify(answer));
  for (const { recent, total } of answer.other) assert.deepEqual([recent, total], [0, 0]);
});

test("reports come one by one, the newest are kept, and they end with the pool", async () => {
  const answer = await inPage(page, async (app) => {
    // A report of each job's end, and none besides.
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, reportInterval: 31_536_000_000 });
    const early = pool.reports();
    await pool.run("add", [1, 2]);
    const first = early.next();
    await pool.run("add", [1, 2]);
    const done = [(await first).value.jobsDone];
    await early.return();
    const after = await early.next();
    for (let i = 0; i < 10; i++) await pool.run("add", [1, 2]);
    const kept = pool.reports({ buffer: 3 });
    const begun = kept.next();
    for (let i = 0; i < 10; i++) await pool.run("add", [1, 2]);
    done.push((await begun).value.jobsDone);
    const droppedThen = kept.dropped;
    const exited = pool.exit();
    for await (const { jobsDone } of kept) done.push(jobsDone);
    await exited;
    const none = [];
    for await (const report of pool.reports()) none.push(report);
    await pool.init();
    let some = 0;
    const pending = (async () => {
      for await (const _ of pool.reports()) if (++some === 2) break;
    })();
    await pool.run("add", [1, 2]);
    await pool.run("add", [1, 2]);
    await pending;
    await pool.exit();
    let wrong;
    try {
      pool.reports({ buffer: 0 });
    } catch ({ field }) {
      wrong = field;
    }
    return { done, after: after.done, droppedThen, none, wrong, lasts: done.slice(-3), dropped: kept.dropped };
  });
  const { done, lasts, droppedThen, dropped, ...rest } = answer;
  assert.deepEqual(rest, { after: true, none: [], wrong: "buffer" });
  assert.equal(done[0], 2, "not before it was asked for");
  assert.equal(done[1], 13);
  assert.equal(lasts.at(-1), 22);
  assert.ok(droppedThen >= 6 && dropped >= droppedThen, `${droppedThen}, ${dropped}`);
  assert.equal(done.length, 5);
});

test("jobs and recycles are User Timing entries if that is asked for, and do not stay", async () => {
  const answer = await inPage(page, async (app) => {
    const seen = [];
    const observer = new PerformanceObserver((list) => seen.push(...list.getEntries()));
    observer.observe({ entryTypes: ["measure"] });
    const work = async (userTiming) => {
      const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, userTiming });
      await pool.run("work", 20);
      await pool.run("fail", "no").catch(() => {});
      await pool.run("work", 1, { signal: AbortSignal.timeout(0) }).catch(() => {});
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      // A reason that throws when it is looked at.
      const abort = new AbortController();
      const aborted = pool.run("work", 600_000, { signal: abort.signal }).catch(() => {});
      abort.abort(proxy);
      await aborted;
      const recycled = await pool.recycle();
      await pool.exit();
      seen.push(...observer.takeRecords());
      return recycled;
    };
    await work(false);
    const without = seen.splice(0).length;
    const { totalMs } = await work(true);
    observer.disconnect();
    const [job, failed, , , recycle] = seen;
    return {
      without, names: seen.map(({ name, detail }) => `${name}, ${detail.outcome ?? detail.reason}`).filter((name) => !/Cancel|work, fulfilled/.test(name)),
      ran: job.duration >= 20, failed: failed.detail.task, whole: Math.abs(recycle.duration - totalMs) < 1,
      track: job.detail.devtools.trackGroup, kept: performance.getEntriesByType("measure").length,
    };
  });
  assert.deepEqual(answer, {
    without: 0, names: ["perennial: fail, TaskFailed", "perennial: recycle, requested"], ran: true, failed: "fail", whole: true,
    track: "perennial", kept: 0,
  });
});

test("a page whose own `performance.measure` throws has its jobs settled all the same", async () => {
  const { answer, uncaught } = await inPageUncaught(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, userTiming: true });
    performance.measure = () => {
      throw new Error("no measures here");
    };
    const said = [await pool.run("add", [1, 2]), await pool.run("fail", "no").catch(({ code }) => code), (await pool.recycle()).reason];
    delete performance.measure;
    said.push(await pool.run("add", [3, 4]));
    await pool.exit();
    return said;
  });
  assert.deepEqual(answer, [3, "TaskFailed", "requested", 7]);
  assert.deepEqual(uncaught, Array(3).fill("no measures here"));
});
