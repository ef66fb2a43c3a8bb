// Everything that a visitor can press on the demo's page, and whether its numbers are the pool's.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bareIs, noComplaints, openDemo, phase, press, reaches, set, stat, until } from "./demo.mjs";
import { page, setUp } from "./harness.mjs";

setUp(openDemo);
noComplaints();

/** What the page knows of the abuses so far. */
const abused = () => page.evaluate(() => window.demo.actions.abused);

const WORKS = ["proofs", "mandelbrot", "photo"];

test("each work gives results on both sides, which count alike, and the numbers are those of pool.health()", async () => {
  await set("#threads", "2");
  await press("#start");
  await phase("serving");
  await bareIs("working");
  for (const work of WORKS) await press(`[data-work="${work}"]`);
  await until(() => parseInt(document.querySelector("#verified").textContent) > 0);
  await until(() => /magnified/.test(document.querySelector("#mandelbrot-hint").textContent));
  await until(() => document.querySelectorAll("#photos img").length > 1);
  await until((works) => works.every((name) => window.demo.bare.state.works[name]?.made > 0), WORKS);
  assert.equal(await page.$eval("#tiles", (tiles) => tiles.querySelectorAll("[data-thread]").length), 2);
  // So that no number is 0.
  for (const name of ["panic", "leak"]) await press(`[data-abuse="${name}"]`);
  await press("#recycle-now");
  await reaches("recycles", 1);
  await page.evaluate(async () => (await import("/js/kill.js")).killThread());
  await reaches("lost", 1);
  for (const work of WORKS) {
    assert.equal(await page.$eval(`[data-work="${work}"]`, (button) => button.ariaPressed), "true");
    await press(`[data-work="${work}"]`);
  }
  await until((works) => {
    const { actions, bare, pool } = window.demo;
    const counts = works.flatMap((name) => [actions[name], bare.state.works[name]]);
    const isServing = pool.health().phase === "serving" && actions.abused.length === 2;
    return isServing && bare.state.unsettled === 0 && bare.state.rejected > 0 && counts.every(({ inFlight }) => inFlight === 0);
  }, WORKS);
  const { shown, bare, made, health, settled } = await page.evaluate(async () => {
    const { actions, bare, pool } = window.demo;
    await pool.onIdle();
    // The page looks and draws anew: what it shows then is of a pool at rest.
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    actions.pool.sample();
    await frame();
    await frame();
    const text = (selector) => document.querySelector(selector).textContent;
    const numbers = (side, names) => Object.fromEntries(names.map((name) => [name, Number.parseFloat(text(`[data-${side}="${name}"]`))]));
    const chips = [...document.querySelectorAll("#settled li")].map((chip) => chip.textContent.split(" "));
    const shown = numbers("stat", ["done", "failed", "queue", "in-flight", "recycles", "lost", "reserved"]);
    const quantile = (kind, cell) => Number.parseFloat(document.querySelector(`[data-latency="${kind}"]`).cells[cell].textContent);
    shown.run = [quantile("run", 1), quantile("run", 2)];
    const made = [actions, bare.state.works].map((works) => ["proofs", "proofs", "mandelbrot", "photo"].reduce((sum, name) => sum + works[name].made, 0));
    return { shown, bare: numbers("bare", ["done", "failed"]), made, health: pool.health(), settled: chips.map(([kind, count]) => [kind, Number(count)]) };
  });
  const { counters, queue, memory, latency, generations } = health;
  const { reserved, run, ...counts } = shown;
  assert.deepEqual(counts, {
    done: counters.fulfilled, failed: counters.rejected, queue: queue.length, recycles: counters.recycles, lost: counters.lost,
    "in-flight": generations.reduce((sum, { inFlight }) => sum + inFlight, 0),
  });
  // A proof is two calls on either side, and the leak that was pressed one more.
  assert.deepEqual([counts.done, counts.failed], [made[0] + 1, 1]);
  assert.deepEqual([bare.done, bare.failed], [made[1] + 1, 1]);
  assert.equal(reserved, Math.round(memory.reserved / 2 ** 20));
  assert.deepEqual(settled, [["fulfilled", counters.fulfilled], ["TaskPanicked", 1]]);
  for (const [index, ms] of [latency.run.p50, latency.run.p99].entries()) {
    const [text] = [ms >= 1000 ? ms / 1000 : ms];
    assert.ok(Math.abs(run[index] - text) <= Math.max(0.51, text * 0.01), `${run[index]} is shown for ${ms} ms`);
  }
  const failures = await page.evaluate((works) => works.map((name) => window.demo.actions[name].failed + window.demo.actions[name].lost), WORKS);
  assert.deepEqual(failures, [0, 0, 0]);
});

test("the bare side gets the same orders, also those that were given while it was away", async () => {
  await set("#in-flight", "3");
  await press('[data-work="proofs"]');
  await until(() => [window.demo.actions.proofs, window.demo.bare.state.works.proofs].every(({ inFlight }) => inFlight === 3));
  await press("#bare-off");
  await bareIs("none");
  await press('[data-work="proofs"]');
  await press('[data-work="mandelbrot"]');
  await press("#bare-off");
  await bareIs("working");
  await until(() => window.demo.bare.state.works.mandelbrot.made > 0);
  assert.equal(await page.evaluate(() => window.demo.bare.state.works.proofs.running), false);
  await press('[data-work="mandelbrot"]');
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
  const recycles = await stat("recycles");
  await press('[data-work="proofs"]');
  await set("#leak-slider", "40");
  await until(() => document.querySelector("#leak-rate").textContent === "40 MiB/s");
  await reaches("recycles", recycles + 1);
  const [why] = await page.$eval("#decision", (element) => [element.textContent]);
  assert.match(why, /^Generation \d+ (gave way|grows)/);
  await set("#leak-slider", "0");
  const before = await stat("recycles");
  await press("#recycle-now");
  await reaches("recycles", before + 1);
  await reaches("done", (await stat("done")) + 3);
  assert.equal(await page.evaluate(() => window.demo.actions.lost), 0);
  assert.equal(await stat("failed"), 1, "the panic that was wished for");
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
    assert.match(await page.$eval("#status", (status) => status.textContent), last.name === "kill" ? /was ended from outside/ : /: the call was .*, as it should be\.$/);
    await reaches("done", done + 2);
  }
  const chips = await page.$eval("#settled", (list) => [...list.children].map((chip) => chip.dataset.kind));
  for (const kind of ["fulfilled", "TaskPanicked", "MemoryExhausted", "GenerationLost", "TimedOut"]) assert.ok(chips.includes(kind), chips.join());
});

test("a photo of one's own is resized on both sides; one that nobody can read ends the work, in words", async () => {
  await page.evaluate(() => window.demo.actions.rest());
  await press("#bare-off");
  await bareIs("working");
  /** Chooses a file, as a visitor does. */
  const choose = (name, isPicture) =>
    page.evaluate(
      async (name, isPicture) => {
        const canvas = new OffscreenCanvas(90, 60);
        canvas.getContext("2d").fillRect(0, 0, 90, 60);
        const picture = await canvas.convertToBlob({ type: "image/png" });
        const files = new DataTransfer();
        files.items.add(new File([isPicture ? picture : "none"], name, { type: "image/png" }));
        const input = document.querySelector("#file");
        input.files = files.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      },
      name,
      isPicture,
    );
  const running = () => page.evaluate(() => [window.demo.actions.photo.running, window.demo.bare.state.works.photo.running]);
  await choose("own.png", true);
  await until(() => document.querySelector("#photo-words").textContent.startsWith("own.png, 90×60") && window.demo.bare.state.works.photo.made > 0);
  assert.deepEqual(await running(), [true, true]);
  await choose("broken.png", false);
  await until(() => /resizing a photo\. .*cannot be read/.test(document.querySelector("#status").textContent));
  await until(() => document.querySelector('[data-work="photo"]').ariaPressed === "false" && !window.demo.bare.state.works.photo.running);
  await press("#bare-off");
  await bareIs("none");
});

test("other settings start another pool, to which the work moves; it exits and starts again", async () => {
  await press('[data-work="mandelbrot"]');
  const before = await page.evaluate(() => window.demo.actions.lost);
  await set("#threads", "1");
  await set("#limit", "512MiB");
  await set("#critical-at", "55");
  // The pool takes none below the other threshold, so the form has none.
  assert.equal(await page.$eval("#critical-at", (input) => input.value), "75");
  await set("#recycle-at", "60");
  await set("#critical-at", "80");
  assert.equal(await page.$eval("#critical-at-words", (words) => words.textContent), "80 %");
  await press("#start");
  await until(() => window.demo.pool.health().memory.limit === 512 * 2 ** 20 && document.body.dataset.phase === "serving");
  const { memory, counters } = await page.evaluate(() => window.demo.pool.health());
  assert.deepEqual([memory.recycleAt, memory.criticalAt], [0.6, 0.8].map((part) => Math.floor(part * memory.limit)));
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
