// A task's own error, of every kind, as JavaScript gets it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, page, setUp } from "./harness.mjs";

setUp();

test("an error has its words, what was behind it, and its fields", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const chain = (error) => (error instanceof Error ? [error.message, ...chain(error.cause)] : error === undefined ? [] : [`no Error: ${error}`]);
    const told = async (task, argument) => {
      const error = await pool.run(task, argument).then(() => undefined, (error) => error);
      if (!(error instanceof app.PerennialError)) return `${task}: ${error}`;
      const { code, name, message, stack, cause: _, ...fields } = error;
      return { is: [code, error.name, typeof error.stack], chain: chain(error), fields };
    };
    const answer = {};
    for (const task of ["fail_plain", "fail_boxed", "fail_report", "fail_variant", "fail_text", "fail_unwritable", "fail_io"]) answer[task] = await told(task);
    const { samples, ...small } = (await told("fail_fields", 3)).fields;
    answer.small = { ...small, data: { ...small.data, samples: small.data.samples.constructor.name }, samples: samples.constructor.name };
    const large = await told("fail_fields", 100_000);
    answer.large = { is: large.is, chain: large.chain, samples: [large.fields.samples.length, large.fields.samples.at(-1)], same: large.fields.samples === large.fields.data.samples };
    await pool.exit();
    return answer;
  });
  const is = ["TaskFailed", "PerennialError", "string"];
  const behind = { is, chain: ["the door is closed", "the key is lost", "a hole"], fields: {} };
  assert.deepEqual(answer.fail_plain, behind);
  assert.deepEqual(answer.fail_boxed, behind);
  assert.deepEqual(answer.fail_report, behind);
  assert.deepEqual(answer.fail_io, behind);
  assert.deepEqual(answer.fail_variant, { is, chain: ["too small"], fields: { kind: "tooSmall", least: 3, data: { kind: "tooSmall", least: 3 } } });
  assert.deepEqual(answer.fail_text, { is, chain: ["only words"], fields: {} });
  assert.deepEqual(answer.fail_unwritable, { is, chain: ["words"], fields: {} });
  const data = { code: 7, message: "m", name: "n", stack: "s", cause: "c", data: "d", width: 640, samples: "Float32Array" };
  assert.deepEqual(answer.small, { width: 640, samples: "Float32Array", data });
  assert.deepEqual(answer.large, {
    is, chain: ["640 is too wide", "the door is closed", "the key is lost", "a hole"], samples: [100_000, 0.5], same: true,
  });
});
