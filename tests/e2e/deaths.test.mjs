// Every kind of death: what the caller sees, what the pool does, and that nothing is left behind.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { browser, ENGINE, inPage, needs, openFixture, openFixtureAt, page, setUp, workersOf } from "./harness.mjs";
import { arm } from "./kill.mjs";
import { settles } from "./memory.mjs";
import { changed, ISOLATED, serve } from "./server.mjs";

setUp(async (browser) => {
  const page = await openFixture(browser);
  await prepare(page);
  return page;
});

/** Puts there what the tests' bodies use. */
async function prepare(page) {
  await arm(page);
  await inPage(page, () => {
    /** How a promise settles: its value, or of its error what a caller acts on. */
    window.told = (promise) =>
      promise.then(
        (value) => value ?? "done",
        ({ name, code, message, generation, cause }) => ({ isError: name === "PerennialError", code, message, generation, cause }),
      );
    window.lost = (pool) =>
      new Promise((resolve) => pool.addEventListener("generationlost", ({ detail }) => resolve(detail), { once: true }));
    /** When a thread of the pool is in a job. */
    window.busy = (pool, count = 1) =>
      new Promise((resolve) => {
        const threads = new Set();
        pool.addEventListener("report", function hear({ detail }) {
          if (detail.busy.length > 0) threads.add(detail.thread);
          if (threads.size < count) return;
          pool.removeEventListener("report", hear);
          resolve();
        });
      });
    // Deaths on purpose: no restart has to wait.
    window.fixture = new URL("./pkg/perennial_fixture.js", location.href).href;
    window.options = { threads: 2, memory: { limit: "64MiB" }, restart: { max: 1000, within: 1 }, reportInterval: 20 };
  });
}

afterEach(async () => {
  const workers = () => inPage(page, () => killing.workers());
  const left = await settles(workers, (names) => names.length === 0, 30_000);
  assert.deepEqual(left.value, [], "after exit no worker is left");
});

/** A job with `idempotent` and one without, in a generation that dies as `die` says. */
async function dies(die) {
  return inPage(
    page,
    async (app, die) => {
      const pool = await app.Pool.start(options);
      const working = busy(pool, 2);
      const [again, once] = [pool.run("work", 200, { idempotent: true }), told(pool.run("work", 600_000))];
      await working;
      const wasLost = lost(pool);
      const { leader, threads } = await killing.newest();
      (0, eval)(`(${die})`)({ app, pool, leader, threads });
      const { cause, ...counts } = await wasLost;
      const answer = { once: await once, again: await again, cause, counts };
      answer.sum = await pool.run("sum_to", 1000);
      answer.lost = pool.health().counters.lost;
      await pool.exit();
      return answer;
    },
    String(die),
  );
}

function isLost({ once, again, cause, counts, sum, lost }, expected) {
  assert.match(cause, expected);
  const message = `generation 1 was lost while this job was in it: ${cause}. With idempotent: true it would run again`;
  assert.deepEqual(once, { isError: true, code: "GenerationLost", message, generation: 1, cause });
  assert.equal(again, 200, "what may run again has");
  assert.deepEqual([counts.generation, sum, lost], [1, 499500, 1]);
}

test("a thread that is killed", async () => {
  isLost(await dies(({ threads }) => killing.kill(threads[0])), /^a thread has ended$/);
});

test("a leader that is killed", async () => {
  isLost(await dies(({ leader }) => killing.kill(leader)), /^its leader has ended$/);
});

test("a leader that does not answer is replaced without any timeout of a job's", async () => {
  isLost(await dies(({ leader }) => killing.spin(leader)), /^its leader has not answered for 5000 ms$/);
});

test("a trap of the leader's own Rust", async () => {
  const die = ({ leader }) => killing.callIn(leader, fixture, "trap_here");
  isLost(await dies(die), /^RuntimeError: unreachable/i);
});

test("a trap of a thread is told while its leader is busy", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start(options);
    const working = busy(pool, 2);
    const jobs = [told(pool.run("trap_at_go")), told(pool.run("work", 600_000))];
    await working;
    const wasLost = lost(pool);
    const { leader } = await killing.newest();
    // It never comes back: it is no leader that tells of this.
    killing.spin(leader, Infinity, { module: fixture, export: "go" });
    const { cause } = await wasLost;
    const codes = (await Promise.all(jobs)).map(({ code }) => code);
    await pool.exit();
    return { cause, codes };
  });
  assert.match(answer.cause, /^RuntimeError: unreachable/i);
  assert.deepEqual(answer.codes, ["GenerationLost", "GenerationLost"]);
});

test("a trap beside a stream of small jobs is told in its own words, not in those of who only found the memory dead", async () => {
  const causes = await inPage(page, async (app) => {
    const pool = await app.Pool.start(options);
    let streaming = true;
    const flow = async () => {
      while (streaming) await told(pool.run("sum_to", 100));
    };
    const flows = Array.from({ length: 8 }, flow);
    const causes = [];
    for (let round = 0; round < 5; round++) {
      await pool.run("sum_to", 1000, { idempotent: true });
      const wasLost = lost(pool);
      told(pool.run("trap"));
      causes.push((await wasLost).cause);
    }
    streaming = false;
    await Promise.all(flows);
    await pool.exit();
    return causes;
  });
  for (const cause of causes) assert.match(cause, /^RuntimeError: unreachable.* \(in job \d+, task "trap"/i);
});

test("a leader that is busy for a while has not died", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start(options);
    const working = busy(pool);
    const job = pool.run("work", 100);
    await working;
    const { leader } = await killing.newest();
    await killing.spin(leader, 3500);
    const sum = await job;
    const { lost } = pool.health().counters;
    await pool.exit();
    return { sum, lost };
  });
  assert.deepEqual(answer, { sum: 100, lost: 0 });
});

test("a hang ends at its timeout, and the two seconds that its thread runs on delay nobody", needs("forcedEnds"), async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ ...options, reportInterval: 20 });
    const { leader, threads } = await killing.newest();
    const order = [];
    const note = (word, promise) => promise.then((value) => order.push(word) && value, ({ code }) => order.push(`${word}: ${code}`) && code);
    const working = busy(pool, 2);
    const hang = note("hang", pool.run("hang", null, { timeout: 200 }));
    const neighbour = note("neighbour", pool.run("wait_for_go"));
    await working;
    const wasLost = note("lost", lost(pool));
    await hang;
    // The first is posted behind the two and waits for the thread that comes free; the others for the next generation.
    const [behind, ...waiting] = [1, 2, 3].map((n) => pool.run("sum_to", n * 1000));
    await note("waiting", Promise.all(waiting));
    killing.callIn(leader, fixture, "go");
    await neighbour;
    await behind;
    const { cause, rerun, rejected } = await wasLost;
    const next = note("next", pool.run("sum_to", 10));
    // The hanging thread holds its lock until it is really dead.
    const dead = navigator.locks.request(threads[0], () => {});
    const other = navigator.locks.request(threads[1], () => {});
    await Promise.all([next, note("the old threads are dead", Promise.all([dead, other]))]);
    await pool.exit();
    return { order, cause, rerun, rejected };
  });
  const { order, ...rest } = answer;
  const wanted = ["hang: TimedOut", "waiting", "neighbour", "lost", "next", "the old threads are dead"];
  // Where the thread ends at once, either of the last two may come first.
  const sure = ENGINE === "chromium" ? wanted.length : 4;
  assert.deepEqual(order.slice(0, sure), wanted.slice(0, sure));
  assert.deepEqual(rest, { cause: "a job outlived its timeout and passed no checkpoint", rerun: 0, rejected: 0 });
});

test("what waits behind a hang on the only thread waits for no drain", needs("forcedEnds"), async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ ...options, threads: 1, exitTimeout: 60_000 });
    const wasLost = lost(pool);
    const hang = told(pool.run("hang", null, { timeout: 200 }));
    const behind = [pool.run("sum_to", 1000, { idempotent: true }), told(pool.run("sum_to", 1000))];
    const { cause, rerun, rejected } = await wasLost;
    const [again, once] = await Promise.all(behind);
    const { code } = await hang;
    await pool.exit();
    return { cause, counts: [rerun, rejected], again, once: once.code ?? once, code };
  });
  const { once, counts, ...rest } = answer;
  assert.deepEqual(rest, { cause: "a job outlived its timeout and passed no checkpoint", again: 499500, code: "TimedOut" });
  // One place more than there are threads: the first was posted behind the hang, the other still waited on the page.
  assert.deepEqual([counts, once], [[1, 0], 499500]);
});

test("a hang that passes checkpoints ends at one, and costs nobody anything", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start(options);
    const [stopped, neighbour] = [told(pool.run("work", 600_000, { timeout: 100 })), told(pool.run("work", 500))];
    const { code } = await stopped;
    const got = { code, neighbour: await neighbour };
    // Its thread is free again.
    const both = await Promise.all([pool.run("work", 50), pool.run("work", 50)]);
    const { lost, recycles } = pool.health().counters;
    await pool.exit();
    return { ...got, both, lost, recycles };
  });
  assert.deepEqual(answer, { code: "TimedOut", neighbour: 500, both: [50, 50], lost: 0, recycles: 0 });
});

test("a death while the pool starts is StartFailed; while it recycles, the old generation serves on", async () => {
  // Leaders whose threads are up go on with their start when they get this lock.
  const gate = "the start goes on";
  const change = changed("/leader.js", [["self.Worker = native;", `$& await navigator.locks.request(${JSON.stringify(gate)}, () => {});`]]);
  const server = await serve({ headers: ISOLATED, change });
  try {
    const own = await openFixtureAt(browser, server.url);
    await prepare(own);
    const body = async (app, gate) => {
      /** Meanwhile no start goes on. */
      const shut = (body) => navigator.locks.request(gate, body);
      const killOne = async () => {
        while (!(await navigator.locks.query()).pending.some(({ name }) => name === gate));
        const { threads } = await killing.newest();
        killing.kill(threads[0]);
      };
      const dying = async (promise) => {
        await killOne();
        return told(promise);
      };
      const failed = await shut(() => dying(app.Pool.start({ ...options, startTimeout: 60_000 })));
      const pool = await app.Pool.start({ ...options, startTimeout: 60_000 });
      const recycled = await shut(() => dying(pool.recycle()));
      const sum = await pool.run("sum_to", 1000);
      const { generations, counters } = pool.health();
      await pool.exit();
      return { ways: [failed, recycled], sum, serves: generations.at(-1).generation, lost: counters.lost };
    };
    const { ways, ...rest } = await inPage(own, body, gate);
    for (const { code, message } of ways) {
      assert.equal(code, "StartFailed");
      assert.match(message, /a thread has ended/);
    }
    assert.deepEqual(rest, { sum: 499500, serves: 1, lost: 0 });
    const { value } = await settles(() => workersOf(own), (workers) => workers === 0, 30_000);
    assert.equal(value, 0, "no worker is left");
    assert.deepEqual(own.failures, []);
    await own.close();
  } finally {
    server.close();
  }
});

test("when the page's own instance dies every promise settles, and the workers end", async () => {
  const other = await openFixture(browser);
  const answer = await inPage(other, async (app) => {
    const told = (promise) => promise.then(() => "fulfilled", (error) => `${error instanceof Error} ${error.code}`);
    const start = () => app.Pool.start({ threads: 2, memory: { limit: "64MiB" } });
    const [busy, exited, exiting, asked] = [await start(), await start(), await start(), await start()];
    await exited.exit();
    const promises = {
      running: busy.run("work", 600_000), again: busy.run("work", 600_000, { idempotent: true }),
      waiting: busy.run("work", 600_000), waits: busy.run("work", 600_000), recycle: busy.recycle(),
      init: exited.init(), left: exiting.run("work", 600_000), exit: exiting.exit(), initAfterExit: exiting.init(),
      starting: start(),
    };
    const settled = Object.entries(promises).map(async ([name, promise]) => [name, await told(promise)]);
    let trap;
    try {
      app.trap_here();
    } catch (thrown) {
      trap = String(thrown);
    }
    // Here who reads the argument finds it out, in the middle of the call.
    const within = await told(asked.run("nothing", { get field() { try { return asked.health().phase; } catch ({ code }) { return code; } } }));
    // The pool hears of it when the next word of a worker comes.
    const answer = Object.fromEntries(await Promise.all(settled));
    const after = { run: await told(busy.run("nothing")), exit: await told(busy.exit()), init: await told(busy.init()), recycle: await told(busy.recycle()) };
    let health;
    try {
      busy.health();
    } catch ({ code }) {
      health = code;
    }
    return { trap, answer, after, health, within };
  });
  assert.match(answer.trap, /RuntimeError: unreachable/i);
  const { exit, starting, ...others } = answer.answer;
  assert.match(starting, /^true (PoolLost|StartFailed)$/, "as far as it had come");
  assert.equal(exit, "fulfilled", "everything has ended, which is what it promises");
  for (const [name, how] of Object.entries(others)) assert.equal(how, "true PoolLost", name);
  const lost = "true PoolLost";
  assert.deepEqual(answer.after, { run: lost, exit: "fulfilled", init: lost, recycle: lost });
  assert.equal(answer.health, "PoolLost");
  assert.equal(answer.within, lost);
  const ended = await settles(() => workersOf(other), (count) => count === 0, 30_000);
  assert.equal(ended.value, 0, "its workers have ended");
  await other.close();
});
