// Everything that a visitor can press on the demo's page, and whether its numbers are the pool's.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bareIs, noComplaints, openDemo, phase, press, reaches, set, stat, until } from "./demo.mjs";
import { page, setUp } from "./harness.mjs";

setUp(openDemo);
noComplaints();

/** What the page knows of the abuses so far. */
const abused = () => page.evaluate(() => window.demo.actions.abused);

test("each work gives results on both sides, and the numbers on the page are those of pool.health()", async () => {
  await set("#threads", "2");
  await press("#start");
  await phase("serving");
  await bareIs("working");
  for (const work of ["proofs", "mandelbrot", "photo"]) await press(`[data-work="${work}"]`);
  await until(() => parseInt(document.querySelector("#verified").textContent) > 0);
  await until(() => /magnified/.test(document.querySelector("#mandelbrot-hint").textContent));
  await until(() => document.querySelectorAll("#photos img").length > 1);
  await until(() => ["proofs", "mandelbrot", "photo"].every((name) => window.demo.bare.state.works[name]?.made > 0));
  assert.equal(await page.$eval("#tiles", (tiles) => tiles.querySelectorAll("[data-thread]").length), 2);
  for (const work of ["proofs", "mandelbrot", "photo"]) {
    assert.equal(await page.$eval(`[data-work="${work}"]`, (button) => button.ariaPressed), "true");
    await press(`[data-work="${work}"]`);
  }
  const { shown, health, settled } = await page.evaluate(async () => {
    const { pool } = window.demo;
    await pool.onIdle();
    // The page looks and draws anew: what it shows then is of a pool at rest.
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    window.demo.actions.pool.sample();
    await frame();
    await frame();
    const text = (selector) => document.querySelector(selector).textContent;
    const number = (name) => Number.parseFloat(text(`[data-stat="${name}"]`));
    const chips = [...document.querySelectorAll("#settled li")].map((chip) => chip.textContent.split(" "));
    const shown = Object.fromEntries(["done", "failed", "queue", "in-flight", "recycles", "lost", "reserved"].map((name) => [name, number(name)]));
    const quantile = (kind, cell) => Number.parseFloat(document.querySelector(`[data-latency="${kind}"]`).cells[cell].textContent);
    shown.run = [quantile("run", 1), quantile("run", 2)];
    return { shown, health: pool.health(), settled: chips.map(([kind, count]) => [kind, Number(count)]) };
  });
  const { counters, queue, memory, latency, generations } = health;
  const { reserved, run, ...counts } = shown;
  assert.deepEqual(counts, {
    done: counters.fulfilled, failed: counters.rejected, queue: queue.length, recycles: counters.recycles, lost: counters.lost,
    "in-flight": generations.reduce((sum, { inFlight }) => sum + inFlight, 0),
  });
  assert.equal(reserved, Math.round(memory.reserved / 2 ** 20));
  assert.deepEqual(settled, [["fulfilled", counters.fulfilled]]);
  for (const [index, ms] of [latency.run.p50, latency.run.p99].entries()) {
    const [text] = [ms >= 1000 ? ms / 1000 : ms];
    assert.ok(Math.abs(run[index] - text) <= Math.max(0.51, text * 0.01), `${run[index]} is shown for ${ms} ms`);
  }
  const failures = await page.evaluate(() => ["proofs", "mandelbrot", "photo"].map((name) => window.demo.actions[name].failed + window.demo.actions[name].lost));
  assert.deepEqual(failures, [0, 0, 0]);
});

test("both sides get the same, and count it alike", async () => {
  await set("#in-flight", "3");
  await press('[data-work="proofs"]');
  await until(() => [window.demo.actions.proofs, window.demo.bare.state.works.proofs].every(({ inFlight }) => inFlight === 3));
  // What is switched on while the bare side is away, it gets when it is back.
  await press("#bare-off");
  await bareIs("none");
  await press('[data-work="proofs"]');
  await press('[data-work="mandelbrot"]');
  await press("#bare-off");
  await bareIs("working");
  await until(() => window.demo.bare.state.works.mandelbrot.made > 0);
  assert.equal(await page.evaluate(() => window.demo.bare.state.works.proofs.running), false);
  await press('[data-work="proofs"]');
  for (const name of ["panic", "leak"]) await press(`[data-abuse="${name}"]`);
  await until(() => window.demo.bare.state.works.proofs.made > 0);
  for (const work of ["proofs", "mandelbrot"]) await press(`[data-work="${work}"]`);
  await until(() => {
    const { actions, bare, pool } = window.demo;
    const counts = ["proofs", "mandelbrot", "photo", "leak"].flatMap((name) => [actions[name], bare.state.works[name]]);
    const { phase, counters } = pool.health();
    const isQuiet = counts.every(({ inFlight }) => inFlight === 0) && bare.state.unsettled === 0 && phase === "serving";
    return isQuiet && counters.rejected > 0 && bare.state.rejected > 0;
  });
  const sides = await page.evaluate(async () => {
    const { actions, bare } = window.demo;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    actions.pool.sample();
    await frame();
    await frame();
    const made = (counts) => ["proofs", "proofs", "mandelbrot", "photo", "leak"].reduce((sum, name) => sum + counts[name].made, 0);
    const shown = (side) => ["done", "failed"].map((name) => Number.parseFloat(document.querySelector(`[data-${side}="${name}"]`).textContent));
    const [left, right] = [shown("stat"), shown("bare")];
    return { left, right, leftMade: made(actions), rightMade: made(bare.state.works) };
  });
  // The leak that was pressed is one more.
  assert.deepEqual(sides.left, [sides.leftMade + 1, 1]);
  assert.deepEqual(sides.right, [sides.rightMade + 1, 1]);
  await set("#in-flight", "2");
});

test("the bare side is reloaded, switched off and on", async () => {
  await press("#reload");
  await bareIs("working");
  await press("#bare-off");
  await bareIs("none");
  assert.equal(await page.$eval("#bare", (place) => place.childElementCount), 0);
  await press("#bare-off");
  await bareIs("working");
  // What follows is about the pool alone.
  await press("#bare-off");
  await bareIs("none");
});

test("a leak by the slider makes the pool recycle, and the button does; no job is lost", async () => {
  await press('[data-work="proofs"]');
  await set("#leak-slider", "40");
  await until(() => document.querySelector("#leak-rate").textContent === "40 MiB/s");
  await reaches("recycles", 1);
  const [why] = await page.$eval("#decision", (element) => [element.textContent]);
  assert.match(why, /^Generation \d+ (gave way|grows)/);
  await set("#leak-slider", "0");
  const before = await stat("recycles");
  await press("#recycle-now");
  await reaches("recycles", before + 1);
  await reaches("done", (await stat("done")) + 3);
  assert.equal(await page.evaluate(() => window.demo.actions.lost), 0);
  assert.equal(await stat("failed"), 0);
});

test("whatever is done to the pool ends as its button says, and the work goes on", async () => {
  await page.evaluate(() => window.demo.actions.rest());
  // Small jobs, so that it soon shows whether they go on.
  await press('[data-work="mandelbrot"]');
  await phase("serving");
  const names = await page.evaluate(() => [...document.querySelectorAll("[data-abuse]")].map((button) => button.dataset.abuse));
  assert.ok(names.length >= 9, names.join());
  for (const name of names) {
    await until(() => window.demo.pool.health().phase === "serving");
    const done = await stat("done");
    const count = (await abused()).length;
    await press(`[data-abuse="${name}"]`);
    await until((count) => window.demo.actions.abused.length > count, count);
    const last = (await abused()).at(-1);
    assert.ok(last.name === name && last.asExpected, JSON.stringify(last));
    await reaches("done", done + 2);
  }
  const chips = await page.$eval("#settled", (list) => [...list.children].map((chip) => chip.dataset.kind));
  for (const kind of ["fulfilled", "TaskPanicked", "MemoryExhausted", "GenerationLost", "TimedOut"]) assert.ok(chips.includes(kind), chips.join());
});

test("other settings start another pool, to which the work moves; it exits and starts again", async () => {
  const before = await page.evaluate(() => window.demo.actions.lost);
  await set("#threads", "1");
  await set("#limit", "512MiB");
  await set("#recycle-at", "60");
  await press("#start");
  await until(() => window.demo.pool.health().memory.limit === 512 * 2 ** 20 && document.body.dataset.phase === "serving");
  const { memory, counters } = await page.evaluate(() => window.demo.pool.health());
  assert.equal(memory.recycleAt, Math.round(0.6 * memory.limit));
  await reaches("done", counters.fulfilled + 2);
  assert.equal(await page.evaluate(() => window.demo.actions.lost), before);
  await press("#exit");
  await phase("exited");
  assert.deepEqual(await page.evaluate(() => window.demo.pool.health().generations), []);
  assert.equal(await page.evaluate(() => document.querySelectorAll("iframe").length), 0);
  await press("#start");
  await phase("serving");
  await press("#exit");
  await phase("exited");
});
