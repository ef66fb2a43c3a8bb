// Starts that stand still: while one of three leaders does not, the user sees nothing of it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser, inPage, LIMIT_MS, openFixture, openFixtureAt, setUp, workersOf } from "./harness.mjs";
import { settles } from "./memory.mjs";
import { changed, ISOLATED, serve } from "./server.mjs";

setUp(openFixture);

/**
 * The answer of a page on which the leaders of these generations never come back from their start.
 * @param {number[]} generations @param {(app: any) => unknown} body
 */
async function whereTheyStall(generations, body) {
  /** @type {[string, string][]} */
  const changes = [
    ["function lead() {", "let greeted;\nconst hasGreeted = new Promise((resolve) => (greeted = resolve));\nfunction lead() {"],
    ['post({ kind: "hello" })', '(post({ kind: "hello" }), greeted())'],
    // Not before its hello: a script that does not load is another fault.
    ["async function start(message) {", `$& if (${JSON.stringify(generations)}.includes(message.generation)) { await hasGreeted; for (;;); }`],
  ];
  const server = await serve({ headers: ISOLATED, change: changed("/leader.js", changes) });
  try {
    const own = await openFixtureAt(browser, server.url);
    const answer = await inPage(own, body);
    const { value } = await settles(() => workersOf(own), (workers) => workers === 0, LIMIT_MS);
    assert.equal(value, 0, "those that stood still have ended too");
    assert.deepEqual(own.failures, []);
    await own.close();
    return answer;
  } finally {
    server.close();
  }
}

test("a start whose leader stands still goes on with another one, the first and a recycle's", async () => {
  const answer = await whereTheyStall([1, 3], async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "64MiB" }, startTimeout: 60_000 });
    const first = pool.health();
    const recycling = pool.recycle();
    const sums = await Promise.all([1, 2, 3].map((i) => pool.run("sum_to", i)));
    const { to } = await recycling;
    const { generations, counters } = pool.health();
    const sum = await pool.run("sum_to", 1000);
    await pool.exit();
    const numbers = (generations) => generations.map(({ generation }) => generation);
    return {
      started: numbers(first.generations), sums, to, serves: numbers(generations), sum, failed: counters.failedStarts,
      lost: counters.lost,
    };
  });
  assert.deepEqual(answer, { started: [2], sums: [0, 1, 3], to: 4, serves: [4], sum: 499500, failed: 2, lost: 0 });
});
