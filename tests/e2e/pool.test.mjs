// The pool as its user sees it: values in and out, errors, start, exit.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { inPage, launch, openFixture } from "./harness.mjs";

let browser;
let page;

before(async () => {
  browser = await launch();
  page = await openFixture(browser);
});

after(() => browser?.close());

test("values of every kind arrive as they were", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 2, memory: { limit: "128MiB" } });
    const sent = {
      text: "äöü €🦀", flag: true, list: [1, -2, 3], maybe: null, bytes: new Uint8Array([1, 2, 3]),
      floats: new Float32Array([0.5, -1.5]), big: 2n ** 63n, shape: { Circle: { radius: 2.5 } },
    };
    const got = await pool.run("echo", sent);
    const sum = await pool.run("sum_of_roots", [1, 4, 9]);
    const typed = await pool.run("sum_of_roots", new Float64Array([1, 4, 9]));
    const large = new Uint8Array(9_000_000).map((_, i) => i % 251);
    const back = await pool.run("echo_bytes", large);
    const same = back.length === large.length && back.every((byte, i) => byte === large[i]);
    const nothing = await pool.run("nothing");
    await pool.exit();
    return {
      text: got.text, flag: got.flag, list: [...got.list], maybe: got.maybe === undefined, bytes: [...got.bytes],
      bytesType: got.bytes.constructor.name, floats: [...got.floats], floatsType: got.floats.constructor.name,
      big: String(got.big), shape: got.shape, sum, typed, same, nothing: nothing === undefined,
    };
  });
  assert.deepEqual(answer, {
    text: "äöü €🦀", flag: true, list: [1, -2, 3], maybe: true, bytes: [1, 2, 3], bytesType: "Uint8Array",
    floats: [0.5, -1.5], floatsType: "Float32Array", big: "9223372036854775808", shape: { Circle: { radius: 2.5 } },
    sum: 6, typed: 6, same: true, nothing: true,
  });
});
