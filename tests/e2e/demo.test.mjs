// The demo's Rust on a pool: real proofs while the pool is recycled, and while a task leaks.

import assert from "node:assert/strict";
import { test } from "node:test";

import { noComplaints, openDemo } from "./demo.mjs";
import { inPage, LIMIT_MS, page, setUp } from "./harness.mjs";

setUp(openDemo);

noComplaints();

test("20 proofs with a recycle every fourth, 3 in flight: all verify, none lost, none made twice", async () => {
  const answer = await inPage(page, async () => {
    const { Pool } = await import("/pkg/perennial_demo.js");
    const depth = 4;
    const options = { threads: 2, memory: { limit: "256MiB" } };
    const first = await Pool.start(options);
    const keys = await first.run("setup", depth);
    await first.exit();

    const pool = await Pool.start({ ...options, input: keys.provingKey });
    // The jobs that each thread of each generation says it has done: nobody else counts them.
    const done = new Map();
    pool.addEventListener("report", ({ detail: { generation, thread, jobsDone } }) => {
      done.set(`${generation}-${thread}`, jobsDone);
    });
    const recycles = [];
    let last = Promise.resolve();
    const proofs = [];
    let next = 0;
    const prove = async () => {
      while (next < 20) {
        const seed = next++;
        const proof = await pool.run("prove", { leaf: seed % 3, seed });
        proofs.push(proof);
        // One after the other: a wish while one is under way would be the same recycle.
        if (proofs.length % 4 === 0) recycles.push((last = last.then(() => pool.recycle())));
      }
    };
    await Promise.all([prove(), prove(), prove()]);
    const recycled = await Promise.all(recycles);
    const made = [...done.values()].reduce((sum, jobs) => sum + jobs, 0);
    let verified = 0;
    for (const { bytes, publicInputs } of proofs) {
      if (await pool.run("verify", { verifyingKey: keys.verifyingKey, bytes, publicInputs })) verified++;
    }
    const forged = { verifyingKey: keys.verifyingKey, bytes: proofs[0].bytes, publicInputs: proofs[1].publicInputs };
    const accepted = await pool.run("verify", forged);
    const { counters } = pool.health();
    await pool.exit();
    return {
      proofs: proofs.length, seeds: new Set(proofs.map(({ seed }) => seed)).size, made, verified, accepted,
      rejected: counters.rejected, lost: counters.lost, generations: new Set(recycled.map(({ to }) => to)).size,
      recycles: counters.recycles,
    };
  });
  assert.deepEqual(answer, {
    proofs: 20, seeds: 20, made: 20, verified: 20, accepted: false, rejected: 0, lost: 0, recycles: 5, generations: 5,
  });
});

test("a task leaks 5 MB per call, 2000 times, in 256 MB, while proofs run: no call fails and no proof is lost", async () => {
  const answer = await inPage(page, async () => {
    const { Pool } = await import("/pkg/perennial_demo.js");
    const first = await Pool.start({ threads: 2, memory: { limit: "256MiB" } });
    const keys = await first.run("setup", 4);
    await first.exit();

    const memory = { limit: "256MiB", budget: "512MiB" };
    const pool = await Pool.start({ threads: 2, memory, input: keys.provingKey });
    const recycles = [];
    const totals = { degraded: 0, lost: 0, reserved: 0 };
    pool.addEventListener("recycleend", ({ detail }) => recycles.push(detail));
    pool.addEventListener("degraded", () => totals.degraded++);
    pool.addEventListener("generationlost", () => totals.lost++);
    pool.addEventListener("report", () => {
      const reserved = pool.health().generations.reduce((sum, { reserved }) => sum + reserved, 0);
      totals.reserved = Math.max(totals.reserved, reserved);
    });
    const failed = [];
    let calls = 0;
    let leaked = 0;
    const leak = async () => {
      while (calls < 2000) {
        calls++;
        await pool.run("leak", 5_000_000).then((bytes) => (leaked += bytes), (error) => failed.push(`leak: ${error.message}`));
      }
    };
    const proofs = [];
    const prove = async () => {
      for (let seed = 0; calls < 2000; seed++) {
        await pool.run("prove", { leaf: seed % 3, seed }).then((proof) => proofs.push(proof), (error) => failed.push(`prove: ${error.message}`));
      }
    };
    const begun = performance.now();
    await Promise.all([leak(), leak(), prove()]);
    const seconds = (performance.now() - begun) / 1000;
    let verified = 0;
    for (const { bytes, publicInputs } of proofs) {
      if (await pool.run("verify", { verifyingKey: keys.verifyingKey, bytes, publicInputs })) verified++;
    }
    const { counters } = pool.health();
    await pool.exit();
    return { failed, leaked, proofs: proofs.length, verified, recycles, totals, counters, seconds };
  }, undefined, LIMIT_MS * 4);
  const { failed, leaked, proofs, verified, recycles, totals, counters, seconds } = answer;
  const ms = recycles.map(({ totalMs }) => totalMs).sort((a, b) => a - b);
  const pause = Math.max(...recycles.map(({ pauseMs }) => pauseMs));
  console.log(
    `# ${seconds.toFixed(1)} s, ${proofs} proofs, ${recycles.length} recycles (${[...new Set(recycles.map(({ reason }) => reason))].join(", ")}), ` +
      `${ms[ms.length >> 1].toFixed(0)} ms each in the median and ${ms.at(-1).toFixed(0)} at the most, pause ${pause} ms at the most, ` +
      `${(totals.reserved / 2 ** 20).toFixed(0)} MiB reserved at the most, degraded ${totals.degraded} times`,
  );
  assert.deepEqual(failed, []);
  assert.equal(leaked, 2000 * 5_000_000);
  assert.ok(proofs > 10 && verified === proofs, `${verified} of ${proofs} verified`);
  assert.deepEqual([totals.lost, counters.lost, counters.rejected], [0, 0, 0]);
  assert.ok(totals.reserved <= 512 << 20, `${totals.reserved} bytes reserved by live generations together`);
  assert.ok(recycles.length >= 2000 * 5_000_000 / (256 << 20), `${recycles.length}`);
});
