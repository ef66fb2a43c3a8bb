// Chaos, short: jobs that behave and misbehave, while workers are killed, generations replaced and the page kept busy.

import assert from "node:assert/strict";
import { test } from "node:test";

import { again, run } from "./chaos.mjs";

const JOBS = 3000;
const SEED = 2;

test(`${JOBS} jobs, seed ${SEED}: every promise settles as it may, and nothing is left`, async () => {
  const { figures, found, kinds } = await run({ seed: SEED, jobs: JOBS });
  console.log(figures.map((figure) => `- ${figure}`).join("\n"));
  assert.deepEqual(found, [], `\n${found.join("\n")}\nends, by kind:\n${kinds.join("\n")}\n${again({ seed: SEED, jobs: JOBS })}`);
});
