// The demo's workloads and abuses, each against a real pool: that what comes out is right, and what goes wrong ends as told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, LIMIT_MS, openPage, page, setUp } from "./harness.mjs";

setUp(async (browser) => {
  // Any page of the origin would do: this one is quiet.
  const page = await openPage(browser, "/bare/index.html");
  await inPage(page, async (_app, limitMs) => {
    const { keepWorkers, killThread, killLeader } = await import("/js/kill.js");
    keepWorkers();
    const { default: init, Pool, pageMemory } = await import("/pkg/perennial_demo.js");
    await init({ memory: pageMemory() });
    const load = (name) => import(`/js/work/${name}.js`);
    const [{ Proofs }, { Mandelbrot }, { Photo }, { Leak }, { ABUSES, abuseOf }] = await Promise.all(
      ["proofs", "mandelbrot", "photo", "leak", "abuses"].map(load),
    );
    /** Resolves with an event's detail. */
    const next = (target, name, isIt = () => true) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${name} within ${limitMs / 2} ms`)), limitMs / 2);
        target.addEventListener(name, function heard(event) {
          if (!isIt(event.detail)) return;
          clearTimeout(timer);
          target.removeEventListener(name, heard);
          resolve(event.detail);
        });
      });
    /** Runs with a pool, which is gone afterwards. */
    const withPool = async (options, body) => {
      const pool = await Pool.start({ threads: 2, ...options, memory: { limit: "256MiB", ...options.memory } });
      try {
        return await body(pool, (task, argument, options) => pool.run(task, argument, options));
      } finally {
        await pool.exit();
      }
    };
    window.work = { Proofs, Mandelbrot, Photo, Leak, ABUSES, abuseOf, killThread, killLeader, next, withPool };
  }, LIMIT_MS);
  return page;
});

test("the Mandelbrot set is where it is, and its picture is drawn", async () => {
  const answer = await inPage(page, () => {
    const { Mandelbrot, next, withPool } = window.work;
    return withPool({}, async (_pool, run) => {
      const at = (x, y) => run("mandelbrot", { x, y, span: 1e-3, columns: 1, rows: 1, iterations: 500 });
      const [inside, bulb, outside] = await Promise.all([at(0, 0), at(-1, 0), at(0.5, 0.5)]);
      const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
      const zoom = new Mandelbrot(canvas);
      const spans = [];
      zoom.addEventListener("result", ({ detail }) => spans.push(detail.view.width));
      zoom.start(run);
      await next(zoom, "result", ({ number }) => number === 5);
      const open = zoom.inFlight;
      zoom.stop();
      while (zoom.inFlight > 0) await next(zoom, "change");
      const drawn = new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, 64, 48).data.buffer)).size;
      const { made, failed, lost } = zoom;
      return { inside: [...inside], bulb: [...bulb], outside: [...outside], drawn, open, spans, made, failed, lost };
    });
  });
  assert.deepEqual(answer.inside, [8, 12, 10, 255]);
  assert.deepEqual(answer.bulb, answer.inside);
  assert.notDeepEqual(answer.outside, answer.inside);
  assert.ok(answer.drawn > 20, `${answer.drawn} colours`);
  assert.ok(answer.open <= 2, `${answer.open} in flight`);
  assert.ok(answer.spans.at(-1) < answer.spans[0], `${answer.spans}`);
  assert.ok(answer.made >= 5);
  assert.deepEqual([answer.failed, answer.lost], [0, 0]);
});

test("a photo comes out in every size, one's own too, and what is none is told", async () => {
  const answer = await inPage(page, () => {
    const { Photo, withPool } = window.work;
    return withPool({}, async (_pool, run) => {
      const photo = new Photo();
      const results = [];
      const failures = [];
      photo.addEventListener("result", ({ detail }) => results.push(detail));
      photo.addEventListener("failure", ({ detail }) => failures.push({ code: detail.error.code, message: detail.error.message }));
      await photo.once(run);
      const first = results[0].sizes[0].url;
      const dimensions = await Promise.all(
        results[0].sizes.map(async ({ url }) => {
          const bitmap = await createImageBitmap(await (await fetch(url)).blob());
          return [bitmap.width, bitmap.height];
        }),
      );
      const canvas = new OffscreenCanvas(90, 60);
      canvas.getContext("2d").fillRect(0, 0, 90, 60);
      await photo.use(new File([await canvas.convertToBlob({ type: "image/png" })], "own.png", { type: "image/png" }));
      await photo.once(run);
      const revoked = await fetch(first).then(() => false, () => true);
      await photo.use(new File(["no photo"], "none.png", { type: "image/png" }));
      await photo.once(run);
      const refused = await photo.use(new File(["no photo"], "none.txt")).catch(({ message }) => message);
      photo.dispose();
      const { made, failed, lost, inFlight } = photo;
      return { results, dimensions, revoked, failures, refused, counts: { made, failed, lost, inFlight } };
    });
  });
  const [generated, own] = answer.results;
  assert.deepEqual(answer.dimensions, [[1600, 1066], [1200, 800], [800, 533], [400, 266]]);
  assert.deepEqual(generated.sizes.map(({ width, height }) => [width, height]), answer.dimensions);
  assert.ok(generated.sizes.every(({ bytes }, index, all) => bytes > 1000 && (index === 0 || bytes < all[index - 1].bytes)));
  assert.ok(generated.ms.total >= generated.ms.decode && generated.ms.encode > 0, JSON.stringify(generated.ms));
  assert.deepEqual([own.source.name, own.source.width, own.source.height], ["own.png", 90, 60]);
  assert.deepEqual(own.sizes.map(({ width }) => width), [90, 90, 90, 90]);
  assert.equal(answer.revoked, true);
  assert.equal(answer.failures[0].code, "TaskFailed");
  assert.match(answer.failures[0].message, /8 bytes cannot be read as a JPEG, PNG or WebP/);
  assert.match(answer.refused, /none\.txt is no picture that this browser can read/);
  assert.deepEqual(answer.counts, { made: 2, failed: 1, lost: 0, inFlight: 0 });
});

test("proofs go on while their generation is killed and recycled: none is lost", async () => {
  const answer = await inPage(page, async () => {
    const { Proofs, killLeader, killThread, next, withPool } = window.work;
    const keys = await withPool({}, (_pool, run) => run("setup", 4));
    return withPool({ input: keys.provingKey }, async (pool, run) => {
      const proofs = new Proofs(keys, { inFlight: 3 });
      const verified = (more) => {
        const wanted = proofs.verified + more;
        return next(proofs, "change", () => proofs.verified >= wanted);
      };
      proofs.start(run);
      await verified(3);
      const thread = await killThread();
      await verified(3);
      const leader = await killLeader();
      await verified(3);
      await pool.recycle();
      await verified(3);
      proofs.stop();
      while (proofs.inFlight > 0) await next(proofs, "change");
      const { made, failed, lost, places } = proofs;
      return { thread, leader, made, verified: proofs.verified, failed, lost, places, lostGenerations: pool.health().counters.lost };
    });
  });
  assert.match(answer.thread, /^perennial-thread-1-/);
  assert.match(answer.leader, /^perennial-leader-2-/);
  assert.equal(answer.lostGenerations, 2);
  assert.ok(answer.made >= 12 && answer.made === answer.verified, `${answer.made} made, ${answer.verified} verified`);
  assert.deepEqual([answer.failed, answer.lost], [0, 0]);
  assert.equal(answer.places.length, 3);
});

test("a leak is as fast as its slider says, and is outlived", async () => {
  const answer = await inPage(page, () => {
    const { Leak, next, withPool } = window.work;
    return withPool({ memory: { limit: "128MiB" } }, async (pool, run) => {
      const leak = new Leak({ rate: 0 });
      leak.start(run);
      const recycled = next(pool, "recycleend");
      leak.rate = 200;
      const { reason } = await recycled;
      leak.rate = 0;
      leak.stop();
      while (leak.inFlight > 0) await next(leak, "change");
      const { made, failed, lost, leaked } = leak;
      return { reason, made, failed, lost, leaked, rejected: pool.health().counters.rejected };
    });
  });
  assert.ok(["pressure", "admission"].includes(answer.reason), answer.reason);
  assert.ok(answer.leaked > 32 << 20 && answer.leaked <= answer.made * (200 << 20), `${answer.leaked} bytes in ${answer.made} calls`);
  assert.deepEqual([answer.failed, answer.lost, answer.rejected], [0, 0, 0]);
});

test("each abuse ends as it says, and the pool serves afterwards", async () => {
  const answer = await inPage(page, () => {
    const { ABUSES, killThread, next, withPool } = window.work;
    return withPool({ memory: { limit: "512MiB" }, restart: { max: 20 } }, async (pool, run) => {
      const ended = [];
      const kill = async () => {
        const lost = next(pool, "generationlost");
        if (!(await killThread())) throw new Error("there is no thread to end");
        await lost;
      };
      for (const { name, task, argument, options } of ABUSES) {
        const end = task === null ? kill() : run(task, argument, options);
        const code = await end.then(() => null, (error) => error.code ?? error.message);
        const after = await run("touch", 4096 * 3, { idempotent: true });
        ended.push({ name, code, after });
      }
      const told = ABUSES.map(({ name, ends }) => ({ name, code: ends, after: 3 }));
      return { ended, told, lost: pool.health().counters.lost };
    });
  });
  assert.equal(answer.ended.length, 9);
  assert.deepEqual(answer.ended, answer.told);
  // By the trap, the overflow and the kill; one that hangs is replaced.
  assert.equal(answer.lost, 3);
});
