// What TypeScript is told (tests/types) is what arrives.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, page, setUp } from "./harness.mjs";

setUp();

test("each declared form of an argument is taken, and each result is of its declared type", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "128MiB" } });
    // As in tests/types/correct.ts.
    const argument = {
      largeNumber: 1n, hugeNumber: 1, letter: "x", nothing: null, shape: { kind: "circle", radius: 1 }, pair: [1, "x"],
      hash: new Uint8Array(4), bytes: new ArrayBuffer(1), byteList: new Uint8Array(1), floats: [1], empty: [],
      largeNumbers: new BigUint64Array(1), maybes: [1, null], names: new Set(["x"]), counts: { x: 1 }, result: { Ok: 1 },
    };
    const further = { ...argument, maybe: undefined, defaulted: 1, counts: new Map([["x", 1]]), names: ["x"], maybes: new Uint8Array(1) };
    const others = {
      ...argument, largeNumber: 2n ** 60n, maybe: "x", shape: { kind: "point" }, byteList: new ArrayBuffer(2), result: { Err: "x" },
      floats: new Float64Array(2), largeNumbers: [1, 2n ** 60n], empty: new Int8Array(2), hash: [1, 2, 3, 4],
      bytes: new DataView(new ArrayBuffer(3)),
    };
    const buffers = { ...argument, byteList: new DataView(new ArrayBuffer(3)), bytes: new SharedArrayBuffer(2) };
    const shared = { ...argument, byteList: new SharedArrayBuffer(1), bytes: [1, 2] };
    const kind = (value) => (value === undefined ? "undefined" : Object(value) === value ? value.constructor.name : typeof value);
    const kinds = (object) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, kind(value)]));
    const got = [];
    for (const each of [argument, further, others, buffers, shared]) got.push(kinds(await pool.run("echo_kinds", each)));
    const oddlyNamed = await pool.run('named "so"', true);
    await pool.exit();
    return { got, oddlyNamed };
  });
  const kinds = {
    largeNumber: "number", hugeNumber: "bigint", letter: "string", nothing: "undefined", maybe: "undefined",
    defaulted: "number", shape: "Object", pair: "Array", hash: "Array", bytes: "Uint8Array", byteList: "Uint8Array",
    floats: "Float32Array", empty: "Float64Array", largeNumbers: "BigUint64Array", maybes: "Array", names: "Array",
    counts: "Object",
    result: "Object",
  };
  assert.deepEqual(answer.got[0], kinds);
  assert.deepEqual(answer.got[1], kinds);
  assert.deepEqual(answer.got.slice(3), [kinds, kinds]);
  assert.deepEqual(answer.got[2], { ...kinds, largeNumber: "bigint", maybe: "string" });
  assert.equal(answer.oddlyNamed, true);
});

test("health and events have the declared fields", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, reportInterval: 10 });
    const reported = new Promise((resolve) => {
      pool.addEventListener("report", ({ detail }) => detail.busy.length > 0 && resolve(detail));
    });
    const abort = new AbortController();
    const work = pool.run("work", 60_000, { signal: abort.signal }).catch(() => {});
    const report = await reported;
    const health = pool.health();
    abort.abort();
    await work;
    const began = new Promise((resolve) => pool.addEventListener("recyclestart", ({ detail }) => resolve(detail)));
    const end = await pool.recycle();
    const start = await began;
    const exited = new Promise((resolve) => pool.addEventListener("exit", ({ detail }) => resolve(detail)));
    await pool.exit();
    const keys = (object) => Object.keys(object).sort().join(" ");
    return {
      report: keys(report), busyInReport: keys(report.busy[0]), health: keys(health), generation: keys(health.generations[0]),
      thread: keys(health.threads[0]), busy: keys(health.threads[0].busy[0]), degraded: health.degraded,
      queue: keys(health.queue), latency: keys(health.latency), quantiles: keys(health.latency.run), counters: keys(health.counters), start: keys(start), end: keys(end), exit: keys(await exited),
    };
  });
  assert.deepEqual(answer, {
    report: "busy generation jobsDone live peak reserved thread", busyInReport: "forMs job",
    health: "counters degraded generations latency memory phase queue threads",
    generation: "ageMs generation inFlight jobsDone limit limitAsked live peak phase pressure reserved",
    thread: "busy generation jobsDone reportedMsAgo state thread utilisation", busy: "forMs job task", degraded: null, queue: "length max",
    latency: "queue run settle", quantiles: "count max p50 p90 p99",
    counters: "failedStarts fulfilled futileRecycles lost recycles rejected submitted", start: "from reason to",
    end: "bytesFreed from pauseMs reason to totalMs", exit: "",
  });
});
