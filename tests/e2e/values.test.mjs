// Values that nobody thought of, made from a seed: each comes back as it was, or is refused in words, and the pool is well.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, page, setUp } from "./harness.mjs";

const VALUES = Number(process.env.PERENNIAL_FUZZ_INPUTS ?? 3000);
const SEED = Number(process.env.PERENNIAL_FUZZ_SEED ?? 1);

setUp();

test("made-up values go to Rust and come back, or are refused", async () => {
  const answer = await inPage(
    page,
    async (app, { values, seed }) => {
      const { randomFrom } = await import("/tests/random.mjs");
      const random = randomFrom(seed);
      const below = (n) => Math.floor(random() * n);
      const pick = (list) => list[below(list.length)];
      const list = (make) => Array.from({ length: below(6) }, make);
      const text = () => String.fromCodePoint(...list(() => pick([below(128), below(0xd800), 0xfeff, 0x10000 + below(0x100000)])));
      const TYPED = [
        Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array, BigUint64Array, BigInt64Array,
        Uint8ClampedArray,
      ];
      const typed = () => {
        const type = pick(TYPED);
        const length = random() < 0.02 ? 40_000 : below(5);
        const at = below(3) * 8;
        const whole = new Uint8Array(at + length * type.BYTES_PER_ELEMENT + below(9));
        // Numbers that are none, or no two alike, are another test's.
        for (let i = 0; i < whole.length; i++) whole[i] = type === Float32Array || type === Float64Array ? below(64) : below(256);
        return new type(whole.buffer, at, length);
      };
      const number = () =>
        pick([below(2 ** 31), -below(2 ** 31), random() * 1e9, -random(), 2 ** 53 - 1, 2 ** 31, -(2 ** 31), 1e300, 5e-324, 0]);

      // Each maker returns a value and, if it can be sent, what `serde_json::Value` makes of it; else the word `refused`.
      const refused = Symbol("refused");
      const leaf = () =>
        pick([
          () => [number()].map((n) => [n, n])[0],
          () => [text()].map((t) => [t, t])[0],
          () => [random() < 0.5].map((b) => [b, b])[0],
          () => [pick([null, undefined]), undefined],
          () => [BigInt(below(2 ** 32)) * 2n ** BigInt(below(31))].map((n) => [n, n])[0],
          () => [typed()].map((t) => [t, Array.from(t)])[0],
          () => [typed().buffer].map((b) => [b, Array.from(new Uint8Array(b))])[0],
          () => [new Date(below(1e12))].map((d) => [d, d.getTime()])[0],
          () => [pick([() => {}, Symbol("s"), /x/, 2n ** 200n, "a\ud800", new Error("e"), Promise.resolve(), new WeakMap()]), refused],
        ])();
      const make = (depth) => {
        if (depth === 0 || random() < 0.4) {
          let made = leaf();
          // Most values should be sendable as a whole.
          while (made[1] === refused && random() < 0.95) made = leaf();
          return made;
        }
        const inner = list(() => make(depth - 1));
        const fails = inner.some(([, expected]) => expected === refused);
        const expected = inner.map(([, expected]) => expected);
        const keys = inner.map((_, i) => `${i}${text()}`);
        const fields = Object.fromEntries(keys.map((key, i) => [key, expected[i]]));
        return pick([
          () => [inner.map(([value]) => value), fails ? refused : expected],
          () => [Object.fromEntries(keys.map((key, i) => [key, inner[i][0]])), fails ? refused : without(fields, keys, inner)],
          () => [new Map(keys.map((key, i) => [key, inner[i][0]])), fails ? refused : fields],
        ])();
      };
      /** A field that is `undefined` counts as absent. */
      const without = (fields, keys, inner) => Object.fromEntries(Object.entries(fields).filter(([key]) => inner[keys.indexOf(key)][0] !== undefined));
      const words = (value) =>
        JSON.stringify(value, (_, v) => {
          if (typeof v === "bigint") return Number(v);
          if (v === undefined || Object.is(v, -0)) return null;
          if (ArrayBuffer.isView(v)) return Array.from(v);
          return v instanceof Map ? Object.fromEntries([...v].sort(([a], [b]) => (a < b ? -1 : 1))) : sorted(v);
        });
      const sorted = (v) =>
        v && typeof v === "object" && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v;

      const pool = await app.Pool.start({ threads: 2, memory: { limit: "256MiB" } });
      const wrong = [];
      const counts = { same: 0, refused: 0 };
      const one = async (i) => {
        const [value, expected] = make(4);
        try {
          const got = await pool.run("echo_any", value);
          if (expected === refused) wrong.push(`${i}: was not refused`);
          else if (words(got) !== words(expected)) wrong.push(`${i}: ${words(got).slice(0, 300)} instead of ${words(expected).slice(0, 300)}`);
          else counts.same++;
        } catch (error) {
          if (expected === refused && error.code === "BadInput" && typeof error.path === "string") counts.refused++;
          else wrong.push(`${i}: ${error.code} ${error.message}`);
        }
      };
      for (let i = 0; i < values; i += 100) {
        await Promise.all(Array.from({ length: Math.min(100, values - i) }, (_, j) => one(i + j)));
      }
      const health = pool.health();
      const sum = await pool.run("add", [1, 2]);
      await pool.exit();
      return { wrong: wrong.slice(0, 5), counts, lost: health.counters.lost, generation: health.generations[0].generation, sum };
    },
    { values: VALUES, seed: SEED },
  );
  const { counts, ...rest } = answer;
  assert.deepEqual(rest, { wrong: [], lost: 0, generation: 1, sum: 3 }, `with PERENNIAL_FUZZ_SEED=${SEED}`);
  assert.equal(counts.same + counts.refused, VALUES);
  assert.ok(counts.same > VALUES / 3 && counts.refused > 0, JSON.stringify(counts));
});
