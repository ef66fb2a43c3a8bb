// Uses that have to compile, and the types that have to come of them. Never run.

import init, { PerennialError, Pool, pageMemory } from "../fixture/pkg/perennial_fixture.js";

/** Compiles if both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>) {}

export async function lifecycle() {
  await init({ memory: pageMemory({ initial: 4 << 20, maximum: 64 << 20 }) });
  const pool: Pool = await Pool.start({
    threads: 2,
    stackSize: "4MiB",
    memory: { limit: "512MiB", budget: 1 << 30, recycleAt: 0.7, criticalAt: "400MiB", overlap: "auto" },
    recycle: { maxAge: null, maxJobs: 1000, share: 0.1 },
    restart: { max: 5, within: 30_000 },
    input: new Uint8Array(4),
    maxQueue: 10,
    reportInterval: 250,
    startTimeout: 10_000,
    exitTimeout: 20_000,
    workerUrl: new URL("https://example.org/leader.js"),
    userTiming: true,
  });
  await Pool.start();
  await using disposed = await Pool.start({});
  const target: EventTarget = disposed;
  target.dispatchEvent(new Event("x"));
  const { pauseMs, bytesFreed }: Pool.RecycleEnd = await pool.recycle();
  const health: Pool.Health = pool.health();
  same<typeof health.phase, "starting" | "serving" | "recycling" | "restarting" | "exiting" | "exited">(true);
  const slow: number | null = health.latency.settle.p99;
  const busy: string | null | undefined = health.threads[0]?.busy[0]?.task;
  await pool.exit();
  await pool.init();
  return [pauseMs, bytesFreed, health.counters.failedStarts, health.generations.length, busy, slow];
}

export async function tasks(pool: Pool) {
  const options: Pool.RunOptions = {
    signal: AbortSignal.timeout(5),
    timeout: 5,
    queueTimeout: 5,
    priority: -1,
    idempotent: true,
    transfer: [new ArrayBuffer(1)],
    onProgress: (progress) => progress.toFixed(),
  };
  const root = await pool.run("sum_of_roots", new Float64Array([1, 4]), options);
  same<typeof root, number>(true);
  await pool.run("sum_of_roots", [1, 4]);
  await pool.run("sum_of_roots", new Uint8Array([1, 4]));
  same<Pool.Result<"nothing">, undefined>(true);
  await pool.run("nothing");
  await pool.run("nothing", undefined, { timeout: 5 });
  await pool.run("add", [1, 2]);
  same<Pool.Result<"sum_to">, number | bigint>(true);
  same<Pool.Result<"fail">, undefined>(true);
  const input = await pool.run("input");
  const blob = input && new Blob([input]);
  same<Pool.Argument<"panic_inside">, "ParIter" | "Join" | "Scope">(true);
  await pool.run("exhaust", { block: 4096, allThreads: true });
  same<Pool.Result<'named "so"'>, boolean>(true);
  same<Pool.Result<"echo_untold">, unknown>(true);
  await pool.run("echo_untold", { number: 1 });
  const bytes = await pool.run("large_result", 4);
  for (const byte of bytes) byte.toFixed();
  return [blob, bytes.length];
}

export async function iterators(pool: Pool) {
  async function* lists() {
    yield [1, 4];
    yield new Float32Array(2);
  }
  const options: Pool.MapOptions<{ bytes: Uint8Array<ArrayBuffer> }> = {
    concurrency: 4,
    ordered: false,
    signal: AbortSignal.timeout(5),
    transfer: ({ bytes }) => [bytes.buffer],
    onProgress: (progress, index) => progress + index,
  };
  let sum = 0;
  for await (const root of pool.map("sum_of_roots", lists(), { concurrency: null, timeout: 5 })) sum += root;
  for await (const root of pool.map("sum_of_roots", new Set([[1, 4]]))) sum += root;
  await using results = pool.map("add", [[1, 2]], { transfer: (item) => [new ArrayBuffer(item[0])] });
  const step = await results.next();
  same<typeof step.value, number | undefined>(true);
  const reports = pool.reports({ buffer: 10 });
  for await (const { thread, busy } of reports) sum += thread + busy.length + reports.dropped;
  const sums = await pool.broadcast("add", [1, 2], { timeout: 5 });
  same<typeof sums, number[]>(true);
  await pool.broadcast("nothing");
  await pool.onIdle();
  await pool.ready();
  return [sum, options];
}

export async function kinds(pool: Pool) {
  const argument: Pool.Argument<"echo_kinds"> = {
    largeNumber: 1n,
    hugeNumber: 1,
    letter: "x",
    nothing: null,
    shape: { kind: "circle", radius: 1 },
    pair: [1, "x"],
    hash: new Uint8Array(4),
    bytes: new ArrayBuffer(1),
    byteList: new Uint8Array(1),
    floats: [1],
    empty: [],
    largeNumbers: new BigUint64Array(1),
    maybes: [1, null],
    names: new Set(["x"]),
    counts: { x: 1 },
    result: { Ok: 1 },
  };
  await pool.run("echo_kinds", { ...argument, maybe: undefined, defaulted: 1, counts: new Map([["x", 1]]), names: ["x"], maybes: new Uint8Array(1) });
  await pool.run("echo_kinds", { ...argument, byteList: new DataView(new ArrayBuffer(1)) });
  await pool.run("echo_kinds", { ...argument, byteList: new SharedArrayBuffer(1) });
  const result = await pool.run("echo_kinds", argument);
  same<typeof result.largeNumber, number | bigint>(true);
  same<typeof result.hugeNumber, bigint>(true);
  same<typeof result.letter, string>(true);
  same<typeof result.nothing, undefined>(true);
  same<typeof result.maybe, string | undefined>(true);
  same<typeof result.defaulted, number>(true);
  same<typeof result.pair, [number, string]>(true);
  same<typeof result.hash, [number, number, number, number]>(true);
  same<typeof result.bytes, Uint8Array<ArrayBuffer>>(true);
  same<typeof result.byteList, Uint8Array<ArrayBuffer>>(true);
  same<typeof result.floats, Float32Array<ArrayBuffer>>(true);
  same<typeof result.largeNumbers, BigUint64Array<ArrayBuffer>>(true);
  same<typeof result.maybes, (number | undefined)[]>(true);
  same<typeof result.names, string[]>(true);
  same<typeof result.counts, { [key: string]: number }>(true);
  same<typeof result.result, { Ok: number } | { Err: string }>(true);
  if (result.shape.kind === "circle") result.shape.radius.toFixed();
  return new Float32Array(result.floats);
}

export async function samples(pool: Pool, sample: Pool.Argument<"echo_sample">) {
  const { lists, maps } = await pool.run("echo_sample", sample);
  same<typeof lists.sizes, Uint32Array<ArrayBuffer>>(true);
  same<typeof lists.wrapped, number[]>(true);
  same<typeof maps.by_number, Map<number, boolean>>(true);
  same<typeof maps.by_letter, { [key: string]: Uint8Array<ArrayBuffer> }>(true);
  const own: number = maps.flat.own + maps.flat.a;
  const further: unknown = maps.flat["further"];
  await pool.run("echo_sample", { ...sample, maps: { ...sample.maps, by_colour: { Red: 1 } } });
  return [own, further];
}

export function events(pool: Pool) {
  pool.addEventListener("recycleend", function ({ detail }) {
    this.health();
    return detail.pauseMs + detail.totalMs;
  });
  pool.addEventListener("report", ({ detail }) => detail.busy.map(({ forMs }) => forMs), { once: true });
  pool.addEventListener("generationlost", { handleEvent: ({ detail }) => detail.cause.length });
  const listener = (event: CustomEvent<Pool.Events["degraded"]>) => event.detail.cause;
  pool.addEventListener("degraded", listener);
  pool.removeEventListener("degraded", listener);
  pool.addEventListener("exit", null);
}

export function errors(thrown: unknown): string | number {
  if (!(thrown instanceof PerennialError)) return "";
  const code: PerennialError.Code = thrown.code;
  switch (thrown.code) {
    case "TaskPanicked":
      return thrown.file + thrown.line + thrown.column;
    case "MemoryExhausted":
      return thrown.requested + thrown.live + thrown.limit;
    case "GenerationLost":
      return thrown.generation + thrown.cause.length;
    case "UnknownTask":
      return thrown.known.length;
    case "BadInput":
      return thrown.path;
    case "TaskFailed": {
      const fields: unknown[] = [thrown.data, thrown.anyField, thrown.cause];
      return thrown.message + fields.length;
    }
    default:
      return `${code} ${thrown.message}`;
  }
}
