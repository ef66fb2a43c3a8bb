// Arguments: what arrives as it was, what is refused and in which words. After each refusal the pool does a good job.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { inPage, needs, openFixture, page, setUp } from "./harness.mjs";

setUp(async (browser) => {
  const page = await openFixture(browser);
  await inPage(page, async (app) => {
    window.pool = await app.Pool.start({ threads: 2, memory: { limit: "256MiB" } });
    /** How a call ends, and that the pool is well after it. */
    window.told = async (task, argument, options) => {
      const end = await pool.run(task, argument, options).then(
        (value) => ({ value }),
        (error) => (error instanceof Error ? { code: error.code, path: error.path, message: error.message } : { thrown: String(error) }),
      );
      const sum = await pool.run("add", [20, 22]);
      if (sum !== 42) throw new Error(`the pool answers ${sum} after ${task}`);
      return end;
    };
  });
  return page;
});

afterEach(async () => {
  const { lost, generation } = await inPage(page, () => {
    const { counters, generations } = pool.health();
    return { lost: counters.lost, generation: generations[0].generation };
  });
  assert.deepEqual({ lost, generation }, { lost: 0, generation: 1 }, "the first generation serves still");
});

test("a wrong argument is told with its path, what was given, and what was expected", async () => {
  const answer = await inPage(page, async () => {
    const step = { cost: 1, kind: "Add" };
    const good = { steps: [step, { cost: 2, kind: { Scale: 0.5 } }, { cost: 3, kind: { Table: { rows: [[1, 2]] } } }], size: [1, 2] };
    const wrong = {
      missing: { ...good, size: undefined },
      missingInside: { ...good, steps: [step, { kind: "Add" }] },
      unknown: { ...good, stesp: [] },
      unknownInside: { ...good, steps: [{ ...step, prize: 1 }] },
      type: { ...good, steps: [step, { ...step, cost: "two" }] },
      fraction: { ...good, steps: [{ ...step, cost: 1.5 }] },
      range: { ...good, steps: [{ ...step, cost: 256 }] },
      negative: { ...good, steps: [{ ...step, cost: -1 }] },
      big: { ...good, steps: [{ ...step, cost: 300n }] },
      bigger: { ...good, steps: [{ ...step, cost: 2n ** 100n }] },
      variant: { ...good, steps: [{ ...step, kind: "Mul" }] },
      variantData: { ...good, steps: [{ ...step, kind: { Scale: "x" } }] },
      variants: { ...good, steps: [{ ...step, kind: { Scale: 1, Add: 1 } }] },
      table: { ...good, steps: [step, step, { ...step, kind: { Table: { rows: [[1, 2], [3, 40_000]] } } }] },
      short: { ...good, size: [1] },
      long: { ...good, size: [1, 2, 3] },
      typedLong: { ...good, size: new Uint8Array(3) },
      array: [1, 2],
      nothing: undefined,
      text: "a circuit",
      longText: { ...good, size: "x".repeat(10_000_000) },
    };
    const answers = { good: JSON.stringify((await told("strict", good)).value) };
    for (const [name, argument] of Object.entries(wrong)) {
      const { code, path, message } = await told("strict", argument);
      answers[name] = code === "BadInput" ? `${path} | ${message}` : `${code}: ${message}`;
    }
    return answers;
  });
  const { good, longText, ...wrong } = answer;
  assert.match(good, /"Table":\{"rows":\[\[1,2\]\]/);
  assert.ok(longText.length < 1000, `${longText.length}`);
  assert.match(longText, /^size \| size: invalid type: string "xxx/);
  assert.deepEqual(wrong, {
    missing: " | missing field `size`",
    missingInside: "steps[1] | steps[1]: missing field `cost`",
    unknown: "stesp | stesp: unknown field `stesp`, expected `steps` or `size`",
    unknownInside: "steps[0].prize | steps[0].prize: unknown field `prize`, expected `cost` or `kind`",
    type: 'steps[1].cost | steps[1].cost: invalid type: string "two", expected u8',
    fraction: "steps[0].cost | steps[0].cost: invalid type: floating point `1.5`, expected u8",
    range: "steps[0].cost | steps[0].cost: invalid value: integer `256`, expected u8",
    negative: "steps[0].cost | steps[0].cost: invalid value: integer `-1`, expected u8",
    big: "steps[0].cost | steps[0].cost: invalid value: integer `300`, expected u8",
    bigger: "steps[0].cost | steps[0].cost: invalid type: integer `1267650600228229401496703205376` as u128, expected u8",
    variant: "steps[0].kind | steps[0].kind: unknown variant `Mul`, expected one of `Add`, `Scale`, `Table`",
    variantData: 'steps[0].kind.Scale | steps[0].kind.Scale: invalid type: string "x", expected f64',
    variants: "steps[0].kind | steps[0].kind: an object of 2 fields where an enum's one variant is expected",
    table: "steps[2].kind.Table.rows[1][1] | steps[2].kind.Table.rows[1][1]: invalid value: integer `40000`, expected i16",
    short: "size | size: invalid length 1, expected a tuple of size 2",
    long: "size | size: 1 element more than expected",
    typedLong: "size | size: 1 element more than expected",
    array: "[0] | [0]: invalid type: integer `1`, expected a sequence",
    nothing: " | invalid type: undefined or null, expected struct Circuit",
    text: ' | invalid type: string "a circuit", expected struct Circuit',
  });
});

test("what cannot be sent is told with its path", async () => {
  const answer = await inPage(page, async () => {
    const cycle = { list: [] };
    cycle.list.push(cycle);
    const map = new Map();
    map.set("self", map);
    const detached = new ArrayBuffer(8);
    const view = new Uint8Array(detached);
    structuredClone(detached, { transfer: [detached] });
    const throwing = { inner: { get field() { throw new Error("not today"); } } };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const trapped = new Proxy({ a: 1 }, { ownKeys() { throw new Error("no keys"); } });
    const deep = (depth) => Array.from({ length: depth }).reduce((inner) => [inner], 0);
    const late = new Uint8Array(100_000);
    const shrunk = new ArrayBuffer(16, { maxByteLength: 16 });
    const [outrun, outrunView] = [new Float32Array(shrunk, 0, 4), new DataView(shrunk, 8)];
    shrunk.resize(4);
    const wrong = {
      func: { call: () => 1 }, symbol: [0, Symbol("s")], cycle, map, detached: [detached], typed: [view],
      throwing, revoked: revoked.proxy, trapped: [trapped], promise: { later: Promise.resolve() }, regexp: /x/, error: new Error("e"),
      weak: new WeakMap(), dataless: Object.create(Map.prototype), dateless: [Object.create(Date.prototype)],
      node: document.body, big: [2n ** 128n], small: -(2n ** 127n) - 1n, deep: deep(129),
      sparse: [1, , 3], endless: new Array(2 ** 32 - 1), half: { text: "🦀".slice(0, 1) }, key: { ["\udc00"]: 1 },
      moved: [late, { get now() { return structuredClone(late.buffer, { transfer: [late.buffer] }).byteLength; } }],
      outrun: { outrun }, outrunView: [outrunView],
    };
    const answers = {};
    for (const [name, argument] of Object.entries(wrong)) {
      const begun = performance.now();
      const { code, path, message } = await told("echo_any", argument);
      answers[name] = code === "BadInput" ? `${path} | ${message.replace(", which cannot be sent to a task", "")}` : `${code}: ${message}`;
      if (performance.now() - begun > 60_000) answers[name] += " after a minute";
    }
    return answers;
  });
  const { deep, ...rest } = answer;
  assert.match(deep, /^(\[0\]){128} \| .* is a value nested deeper than 128$/);
  assert.deepEqual(rest, {
    func: "call | call is a function",
    symbol: "[1] | [1] is a symbol",
    cycle: "list[0] | list[0] is a reference to what holds it",
    map: "get(self) | get(self) is a reference to what holds it",
    detached: "[0] | [0] is a detached buffer",
    typed: "[0] | [0] is a detached buffer",
    throwing: "inner.field | inner.field is a getter that throws",
    revoked: " | the argument is something that cannot be read",
    trapped: "[0] | [0] is something that cannot be read",
    promise: "later | later is a Promise",
    regexp: " | the argument is a RegExp",
    error: " | the argument is an Error",
    weak: " | the argument is a WeakMap",
    dataless: " | the argument is something that cannot be read",
    dateless: "[0] | [0] is something that cannot be read",
    node: " | the argument is a HTMLBodyElement",
    big: "[0] | [0] is a bigint of more than 128 bits",
    small: " | the argument is a bigint of more than 128 bits",
    sparse: "[1] | [1] is a hole of a sparse array",
    endless: "[0] | [0] is a hole of a sparse array",
    half: "text | text is text with half of a surrogate pair",
    key: "\udc00 | \udc00 is text with half of a surrogate pair",
    moved: "[0] | [0] is a detached buffer",
    outrun: "outrun | outrun is a view beyond the end of its resized buffer",
    outrunView: "[0] | [0] is a view beyond the end of its resized buffer",
  });
});

test("a value that would take millions of others is refused before it takes the page's memory", needs("manyValues"), async () => {
  const answer = await inPage(page, async () => {
    const doubled = Array.from({ length: 60 }).reduce((inner) => [inner, inner], 0);
    const { code, message } = await told("echo_any", doubled);
    return [code, message];
  });
  assert.deepEqual(answer, ["BadInput", "the argument is a value of more than 16777216 objects and arrays, which cannot be sent to a task"]);
});

test("what is unusual and can be sent arrives as it was", async () => {
  const answer = await inPage(page, async () => {
    const same = async (task, argument, expected = argument) => {
      const { value, ...error } = await told(task, argument);
      // A map of Rust's comes back as a `Map`.
      const plain = (_, v) => {
        if (v instanceof Map) return Object.fromEntries(v);
        return typeof v === "bigint" || Object.is(v, -0) || (typeof v === "number" && !Number.isFinite(v)) ? `${Object.is(v, -0) ? "-0" : v}` : v;
      };
      const text = (value) => JSON.stringify(value, plain) ?? "undefined";
      const words = `${text(value)} ${text(error)} instead of ${text(expected)}`;
      return text(value) === text(expected) ? "same" : words.slice(0, 500);
    };
    class Point {
      constructor() { this.x = 1; }
      get norm() { return 1; }
    }
    const shared = { n: 1 };
    const numbers = [0, -0, NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 5e-324, 0.1];
    const answers = {};
    for (const number of numbers) answers[`number ${Object.is(number, -0) ? "-0" : number}`] = await same("echo_number", number);
    Object.assign(answers, {
      bigs: await same("echo_big", [2n ** 128n - 1n, -(2n ** 127n)]),
      bare: await same("echo_any", Object.assign(Object.create(null), { a: 1 })),
      instance: await same("echo_any", new Point(), { x: 1 }),
      proxy: await same("echo_any", new Proxy({ a: [1, "b"] }, {})),
      shared: await same("echo_any", [shared, shared]),
      map: await same("echo_any", new Map([["a", 1], ["b", [2]]]), { a: 1, b: [2] }),
      maps: await same("echo_maps", [{ a: 1 }, new Map([[7, "seven"]])]),
      mapAsObject: await same("echo_maps", [new Map([["a", 1]]), { 7: "seven" }]),
      set: await same("echo_any", new Set([1, "two"]), [1, "two"]),
      date: await same("echo_number", new Date(86_400_000), 86_400_000),
      proto: await same("echo_any", JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}')),
      undefinedField: await same("echo_any", { a: undefined, b: 1 }, { b: 1 }),
      text: await same("echo_text", "a\0b \u{10ffff} \ud83e\udd80"),
      long: await same("echo_text", "ü".repeat(5_000_000)),
      deep: await same("echo_any", Array.from({ length: 120 }).reduce((inner) => ({ inner }), [])),
      many: await same("echo_any", Array.from({ length: 100_000 }, (_, i) => ({ i }))),
    });
    return Object.entries(answers).filter(([, outcome]) => outcome !== "same");
  });
  assert.deepEqual(answer, []);
});

test("what is of another window is taken as what is of this one", async () => {
  const answer = await inPage(page, async (app) => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    const other = frame.contentWindow;
    const moving = new other.ArrayBuffer(100_000);
    const input = new other.Uint8Array([1, 2, 3]);
    const error = [new other.Error("e")];
    const argument = {
      floats: new other.Float32Array([0.5, 1]), clamped: new other.Uint8ClampedArray([300]), buffer: new other.ArrayBuffer(2),
      shared: new other.SharedArrayBuffer(1), view: new other.DataView(new other.ArrayBuffer(3), 1), date: new other.Date(86_400_000),
      map: new other.Map([["a", new other.Set([1, "x"])]]), list: other.Array.of(1, new other.Object()), big: new other.BigInt64Array([-1n]),
    };
    const answers = [(await told("echo_any", argument)).value, (await told("echo_any", error)).message];
    await pool.run("echo_any", moving, { transfer: [moving] });
    const second = await app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, input });
    const given = Array.from(await second.run("input"));
    await second.exit();
    frame.remove();
    return [...answers, moving.byteLength, given];
  });
  const value = {
    floats: [0.5, 1], clamped: [255], buffer: [0, 0], shared: [0], view: [0, 0], date: 86_400_000, map: { a: [1, "x"] }, list: [1, {}], big: [-1],
  };
  assert.deepEqual(answer, [value, "[0] is an Error, which cannot be sent to a task", 0, [1, 2, 3]]);
});

test("a result that cannot be sent is told, and its job alone fails", async () => {
  const answer = await inPage(page, async () => ({
    deep: (await told("deep_result", 100)).code ?? "fulfilled",
    tooDeep: (await told("deep_result", 129)).message,
    handle: await told("unsendable"),
  }));
  assert.equal(answer.deep, "fulfilled");
  assert.equal(answer.tooDeep, "its result cannot be sent: nested deeper than 128");
  assert.deepEqual([answer.handle.code, answer.handle.message], ["TaskFailed", "its result cannot be sent: a file handle stays where it is"]);
});

test("a task's name is checked, and the nearest one named", async () => {
  const answer = await inPage(page, async () => {
    const answers = [];
    for (const name of ["sum_of_root", "no such thing", "", undefined, 5, 5n, Symbol("add"), { toString() { throw new Error("no"); } }, "x".repeat(1e7), "__proto__"]) {
      const { code, message } = await told(name);
      answers.push(`${code}: ${message.replace(/; there are .*_.*, [^;]*/, "; list")}`);
    }
    return answers;
  });
  const told = (shown, hint = "") => `UnknownTask: no task is called ${shown}; list${hint}`;
  assert.deepEqual(answer, [
    told('"sum_of_root"', '; did you mean "sum_of_roots"?'), told('"no such thing"'), told('""'), told("undefined"), told("5"),
    told("5n"), told("a symbol"), told("an object"), told(`"${"x".repeat(40)}…"`), told('"__proto__"'),
  ]);
});
