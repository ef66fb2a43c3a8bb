// Values of every kind that docs/values.md has, made from a seed: what comes back is what is written there, to the type of
// each typed array and the sign of each zero.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, page, setUp } from "./harness.mjs";

const VALUES = Number(process.env.PERENNIAL_FUZZ_INPUTS ?? 600);
const SEED = Number(process.env.PERENNIAL_FUZZ_SEED ?? 1);

setUp();

test("values of every kind come back as the table says", async () => {
  const answer = await inPage(
    page,
    async (app, { values, seed }) => {
      const { randomFrom } = await import("/tests/random.mjs");
      const random = randomFrom(seed);
      const below = (n) => Math.floor(random() * n);
      const pick = (list) => list[below(list.length)];
      const list = (make, most = 5) => Array.from({ length: below(most) }, make);
      const word = () => String.fromCodePoint(...list(() => pick([below(128), below(0xd800), 0xfeff, 0x10000 + below(0x100000)])));
      const names = () => [...new Set(["__proto__", "constructor", "0", "10", `_${word()}`, `_${word()}`].filter(() => random() < 0.4))];
      const big = (bits) => (BigInt(below(2 ** 32)) << BigInt(bits - 32)) | BigInt(below(2 ** 32));

      /** What is sent, and what comes back. */
      const same = (value) => ({ value, expected: value });
      const typed = (type, make) => {
        const length = random() < 0.03 ? Math.ceil(66_000 / type.BYTES_PER_ELEMENT) : below(6);
        const at = below(3) * type.BYTES_PER_ELEMENT;
        const whole = new type(new ArrayBuffer(at + length * type.BYTES_PER_ELEMENT), at, length);
        for (let i = 0; i < length; i++) whole[i] = make();
        const expected = new type(whole);
        // As the typed array itself, or as any other list of its numbers.
        const forms = [() => whole, () => whole, () => Array.from(whole)];
        if (type === Uint8Array) forms.push(() => new Uint8ClampedArray(whole), () => expected.slice().buffer);
        return { value: pick(forms)(), expected };
      };
      const int = (bits) => () => below(2 ** bits) - (random() < 0.5 ? 2 ** (bits - 1) : 0);
      const float = () => pick([random() * 1e9, -random(), 0, -0, NaN, Infinity, -Infinity, 5e-324, 2 ** 53, below(1000)]);
      const single = () => Math.fround(pick([random(), -0, NaN, Infinity, 1e-45, below(100)]));
      const u64 = () => pick([big(64), 2n ** 64n - 1n, 2n ** 53n, BigInt(below(1000))]);
      const i64 = () => BigInt.asIntN(64, u64());
      /** A whole number as either type; a number comes back while it is safe. */
      const whole = (n) => ({ value: Number.isSafeInteger(Number(n)) ? pick([n, Number(n)]) : n, expected: Number.isSafeInteger(Number(n)) ? Number(n) : n });

      const lists = () => ({
        u8s: typed(Uint8Array, int(8)), i8s: typed(Int8Array, int(8)), u16s: typed(Uint16Array, int(16)), i16s: typed(Int16Array, int(16)),
        u32s: typed(Uint32Array, int(32)), i32s: typed(Int32Array, int(32)), u64s: typed(BigUint64Array, u64), i64s: typed(BigInt64Array, i64),
        f32s: typed(Float32Array, single), f64s: typed(Float64Array, float), sizes: typed(Uint32Array, int(32)), boxed: typed(Float32Array, single),
        queue: typed(Uint16Array, int(16)),
        sorted: (() => {
          const numbers = Int32Array.from(new Set(list(int(32)))).sort();
          return { value: pick([new Set(numbers), [...numbers], numbers]), expected: numbers };
        })(),
        rows: (() => {
          const rows = list(() => typed(Float32Array, single));
          return { value: rows.map(({ value }) => value), expected: rows.map(({ expected }) => expected) };
        })(),
        bytes: (() => {
          const { expected } = typed(Uint8Array, int(8));
          return { value: pick([expected, expected.slice().buffer, new DataView(expected.slice().buffer)]), expected };
        })(),
        wrapped: (() => {
          const numbers = list(single);
          return { value: pick([numbers, Float32Array.from(numbers)]), expected: numbers };
        })(),
        flags: same(list(() => random() < 0.5)),
        maybes: (() => {
          const maybes = list(() => pick([null, undefined, below(256)]));
          const numbers = list(() => below(256));
          return pick([{ value: maybes, expected: maybes.map((one) => one ?? undefined) }, { value: Uint8Array.from(numbers), expected: numbers }]);
        })(),
      });
      const none = () => pick([null, undefined]);
      const scalars = () => ({
        flag: same(random() < 0.5), float: same(float()), single: same(single()), int: same(int(31)()), big: whole(u64()), signed: whole(i64()),
        huge: same(pick([big(128), 2n ** 128n - 1n, 0n])), negative: same(BigInt.asIntN(128, big(128))), letter: same(String.fromCodePoint(pick([65, 0, 0xfeff, 0x1f600]))),
        text: same(word()), maybe: random() < 0.5 ? same(word()) : { value: none(), expected: undefined }, nothing: { value: null, expected: undefined },
        unit: { value: null, expected: undefined }, wrapper: same(single()), pair: same([below(256), word()]),
        point: (() => {
          const point = [single(), single(), single()];
          return { value: pick([point, Float32Array.from(point)]), expected: point };
        })(),
        lasts: same({ secs: below(2 ** 31), nanos: below(1e9) }), result: same(pick([{ Ok: below(256) }, { Err: word() }])),
      });
      const floats = () => Float32Array.from(list(single));
      const inner = () => pick([{ a: below(256), b: true }, { a: below(256), b: undefined }]);
      const object = (make) => Object.fromEntries(names().map((name) => [name, make()]));
      const maps = () => ({
        external: same(pick(["Unit", { One: below(100) }, { Two: [1, word()] }, { Fields: { list: floats() } }])),
        internal: same(pick([{ kind: "Unit" }, { kind: "One", ...inner() }, { kind: "Fields", list: floats() }])),
        adjacent: same(pick([{ t: "Unit" }, { t: "One", c: 7 }, { t: "Two", c: [1, word()] }, { t: "Fields", c: { list: floats() } }])),
        untagged: same(pick([true, word(), floats(), { x: float() }])),
        by_name: (() => {
          const named = object(int(31));
          return { value: pick([named, new Map(Object.entries(named))]), expected: named };
        })(),
        by_letter: (() => {
          const letters = Object.fromEntries(["a", "7", "\ufeff"].filter(() => random() < 0.5).map((letter) => [letter, typed(Uint8Array, int(8)).expected]));
          return { value: pick([letters, new Map(Object.entries(letters))]), expected: letters };
        })(),
        by_number: (() => {
          const map = new Map([...new Set(list(() => below(2 ** 32)))].sort((a, b) => a - b).map((key) => [key, random() < 0.5]));
          return { value: pick([map, Object.fromEntries(map)]), expected: map };
        })(),
        by_pair: same(new Map(list((_, i) => [[i, false], word()]))),
        by_colour: (() => {
          const map = new Map([["Red", 1], ["Green", 2]].filter(() => random() < 0.5));
          return { value: pick([map, Object.fromEntries(map)]), expected: map };
        })(),
        flat: same({ own: 1, a: below(256), b: pick([true, undefined]), ...object(() => random()) }),
        json: same({ list: [1, "x", undefined, [{}, { y: -0.5 }]], [word()]: {} }), nested: same(list(inner)),
      });
      const part = (fields, which) => Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field[which]]));
      const sample = () => {
        const parts = { lists: lists(), scalars: scalars(), maps: maps() };
        const each = (which) => Object.fromEntries(Object.entries(parts).map(([name, fields]) => [name, part(fields, which)]));
        return [each("value"), each("expected")];
      };

      /** Where the two differ, if they do. */
      const difference = (got, expected, path = "") => {
        const told = () => `${path}: ${Object.prototype.toString.call(got)} ${String(got).slice(0, 60)}, expected ${String(expected).slice(0, 60)}`;
        if (Object(expected) !== expected) return Object.is(got, expected) ? undefined : told();
        if (Object(got) !== got || got.constructor !== expected.constructor) return told();
        if (ArrayBuffer.isView(expected)) {
          if (got.buffer instanceof SharedArrayBuffer || got.length !== expected.length) return told();
          const at = expected.findIndex((element, i) => !Object.is(got[i], element));
          return at < 0 ? undefined : difference(got[at], expected[at], `${path}[${at}]`);
        }
        if (expected instanceof Map) return difference([...got], [...expected], path);
        const keys = Object.keys(expected);
        if (Object.keys(got).sort().join("\0") !== [...keys].sort().join("\0")) return `${path}: ${Object.keys(got)}, expected ${keys}`;
        for (const key of keys) {
          const found = difference(got[key], expected[key], `${path}.${key}`);
          if (found) return found;
        }
        return undefined;
      };

      const pool = await app.Pool.start({ threads: 2, memory: { limit: "256MiB" } });
      const wrong = [];
      for (let i = 0; i < values; i += 20) {
        await Promise.all(
          Array.from({ length: Math.min(20, values - i) }, async (_, j) => {
            const [value, expected] = sample();
            try {
              const found = difference(await pool.run("echo_sample", value), expected);
              if (found) wrong.push(`${i + j}: ${found}`);
            } catch (error) {
              wrong.push(`${i + j}: ${error.code} ${error.message}`);
            }
          }),
        );
      }
      await pool.exit();
      return wrong.slice(0, 5);
    },
    { values: VALUES, seed: SEED },
  );
  assert.deepEqual(answer, [], `with PERENNIAL_FUZZ_SEED=${SEED}`);
});

test("large lists of each size come back whole, moved or copied", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "256MiB" } });
    const make = () => [
      Uint8Array.from({ length: 100_001 }, (_, i) => i), Int16Array.from({ length: 50_001 }, (_, i) => -i), Float32Array.from({ length: 30_001 }, (_, i) => i / 3),
      Float64Array.from({ length: 20_001 }, (_, i) => i / 7), BigUint64Array.from({ length: 10_001 }, (_, i) => BigInt(i) << 32n),
    ];
    const sent = make();
    const moved = make();
    const calls = [pool.run("echo_large", sent), pool.run("echo_large", moved, { transfer: moved.map(({ buffer }) => buffer) })];
    const detached = moved.every(({ length }) => length === 0);
    const wrong = [];
    for (const got of await Promise.all(calls)) {
      for (const [i, name] of ["bytes", "shorts", "floats", "doubles", "wide"].entries()) {
        const list = got[name];
        if (list.constructor !== sent[i].constructor || list.length !== sent[i].length || list.some((n, at) => n !== sent[i][at])) wrong.push(name);
      }
    }
    await pool.exit();
    return { wrong, detached };
  });
  assert.deepEqual(answer, { wrong: [], detached: true });
});

test("a date is text or milliseconds, and an invalid one is refused", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const date = new Date(Date.UTC(2026, 10, 21, 8, 30, 0, 7));
    const got = await pool.run("dates", [date, date]);
    const invalid = await pool.run("dates", [new Date(NaN), 0]).catch(({ code, path, message }) => ({ code, path, message }));
    await pool.exit();
    return { got, invalid };
  });
  assert.deepEqual(answer.got, ["2026-11-21T08:30:00.007Z", Date.UTC(2026, 10, 21, 8, 30, 0, 7)]);
  assert.equal(answer.invalid.code, "BadInput");
  assert.equal(answer.invalid.path, "[0]");
  assert.match(answer.invalid.message, /an invalid date/);
});

test("what has no room is refused before it is copied, on its way in and on its way out", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const told = (call) => call.then(() => "none", ({ code, requested, live, limit }) => ({ code, requested, live, limit }));
    // More than a memory may have: refused on the page, which makes no copy and moves nothing.
    const vast = new Float32Array((80 << 20) / 4);
    const refusedHere = await told(pool.run("echo_floats", vast, { transfer: [vast.buffer] }));
    // More than is left in it.
    const large = new Float32Array((62 << 20) / 4);
    const refusedThere = await told(pool.run("echo_floats", large));
    // The first of two would have fitted.
    const halves = [new Uint8Array(40 << 20), [], [], [], new BigUint64Array((30 << 20) / 8)];
    const refusedBoth = await told(pool.run("echo_large", halves));
    const live = pool.health().generations[0].live;
    // Once in the memory, and never a second time on its way out.
    const half = new Float32Array((40 << 20) / 4).fill(0.5);
    const back = await pool.run("echo_floats", half);
    const health = pool.health();
    await pool.exit();
    return {
      refusedHere, kept: vast.length > 0, there: refusedThere.code, both: refusedBoth.code, live, back: [back.length, back.at(-1)],
      lost: health.counters.lost, peak: health.generations[0].peak,
    };
  });
  assert.deepEqual(answer.refusedHere, { code: "MemoryExhausted", requested: answer.refusedHere.requested, live: 0, limit: 64 << 20 });
  assert.ok(answer.refusedHere.requested >= 80 << 20);
  assert.deepEqual([answer.kept, answer.there, answer.both, answer.lost], [true, "MemoryExhausted", "MemoryExhausted", 0]);
  assert.ok(answer.live < 16 << 20, `${answer.live} bytes live after what was refused`);
  assert.deepEqual(answer.back, [(40 << 20) / 4, 0.5]);
  assert.ok(answer.peak < 60 << 20, `${answer.peak} bytes at the most`);
});

test("texts and names of every length come back, of one, two, three and four bytes a letter", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    // About where a text is written, and given its room, in another way.
    const lengths = [...Array(70).keys(), 4094, 4095, 4096, 4097, 4098, 5000, 20_000, 100_000];
    const letters = ["x", "\x7f", "\x80", "é", "\ufeff", "☃", "😀"];
    const texts = lengths.flatMap((length) => letters.flatMap((letter) => [letter.repeat(length), "a".repeat(length) + letter, letter + "b".repeat(length)]));
    const wrong = [];
    const back = await pool.run("echo_any", texts);
    texts.forEach((text, i) => back[i] !== text && wrong.push(`text of ${text.length}, ${text.slice(0, 1)}`));
    // Twice: what was read before is known.
    for (const _ of [1, 2]) {
      const names = Object.fromEntries(texts.map((text, i) => [text, i]));
      const got = await pool.run("echo_any", [names, names]);
      for (const object of got) {
        for (const name of Object.keys(names)) if (object[name] !== names[name]) wrong.push(`name of ${name.length}, ${name.slice(0, 1)}`);
      }
    }
    const half = ["\ud800", "a".repeat(60) + "\udc00", "a".repeat(5000) + "\ud800"];
    const refused = await Promise.all(half.map((text) => pool.run("echo_any", [{ text }]).catch(({ code, path }) => `${code} ${path}`)));
    await pool.exit();
    return { wrong: wrong.slice(0, 5), refused };
  });
  assert.deepEqual(answer, { wrong: [], refused: Array(3).fill("BadInput [0].text") });
});

test("what the page takes for a value that has no room is less than the room", async () => {
  const answer = await inPage(page, async (app) => {
    const pool = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" } });
    const { Uint8Array } = window;
    /** How it ends, and the most bytes that were taken at once for it. */
    const told = async (make) => {
      const value = make();
      let most = 0;
      window.Uint8Array = new Proxy(Uint8Array, {
        construct(target, args, type) {
          if (typeof args[0] === "number") most = Math.max(most, args[0]);
          return Reflect.construct(target, args, type);
        },
      });
      try {
        const { code, requested, live, limit } = await pool.run("length", value).then(() => ({}), (error) => error);
        return { most, code, requested, live, limit };
      } finally {
        window.Uint8Array = Uint8Array;
      }
    };
    const answer = {
      text: await told(() => "x".repeat(100 << 20)),
      wide: await told(() => "☃".repeat(30 << 20)),
      texts: await told(() => Array(1 << 18).fill("x".repeat(1000))),
      fits: await told(() => "x".repeat(20 << 20)),
    };
    await pool.exit();
    return answer;
  });
  const { text, wide, texts, fits } = answer;
  for (const [what, least] of [[text, 100 << 20], [wide, 64 << 20], [texts, 64 << 20]]) {
    assert.deepEqual([what.code, what.live, what.limit], ["MemoryExhausted", 0, 64 << 20]);
    assert.ok(what.requested >= least, `${what.requested} bytes requested`);
  }
  assert.ok(text.most < 1 << 20, `${text.most} bytes for a text that has no room`);
  assert.ok(wide.most <= 128 << 20 && texts.most <= 128 << 20, `${wide.most} and ${texts.most} bytes until it was seen`);
  assert.ok(fits.code === undefined && fits.most < 21 << 20, `${fits.code}, ${fits.most} bytes for 20 MiB of letters`);
});
