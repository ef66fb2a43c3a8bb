// Uses that must not compile, each with the reason. `@ts-expect-error` is itself an error where the next line compiles.

import { PerennialError, Pool, pageMemory } from "../fixture/pkg/perennial_fixture.js";

export function starts() {
  // @ts-expect-error a pool is made by `start`
  new Pool();
  // @ts-expect-error no such option
  Pool.start({ thread: 2 });
  // @ts-expect-error a number
  Pool.start({ threads: "two" });
  // @ts-expect-error no such option in `memory`
  Pool.start({ memory: { limits: 1 } });
  // @ts-expect-error one of three words
  Pool.start({ memory: { overlap: "both" } });
  // @ts-expect-error bytes
  Pool.start({ input: "words" });
  // @ts-expect-error in bytes
  pageMemory({ initial: "4MiB" });
}

export async function runs(pool: Pool) {
  // @ts-expect-error no such task
  await pool.run("sum_of_root", [1]);
  // @ts-expect-error its argument is missing
  await pool.run("sum_of_roots");
  // @ts-expect-error of numbers
  await pool.run("sum_of_roots", ["1"]);
  // @ts-expect-error whole numbers of 64 bits are no floats
  await pool.run("sum_of_roots", new BigInt64Array(1));
  // @ts-expect-error two numbers
  await pool.run("add", [1]);
  // @ts-expect-error it takes none
  await pool.run("nothing", 1);
  // @ts-expect-error a variant's name
  await pool.run("panic_inside", "Loop");
  // @ts-expect-error a field is missing
  await pool.run("exhaust", { block: 1 });
  // @ts-expect-error a field is of another type
  await pool.run("exhaust", { block: 1, allThreads: 1 });
  // @ts-expect-error a field too many
  await pool.run("exhaust", { block: 1, allThreads: true, all: true });
  // @ts-expect-error its name in JavaScript is camelCase
  await pool.run("exhaust", { block: 1, all_threads: true });
  // @ts-expect-error no such option
  await pool.run("nothing", undefined, { timeOut: 1 });
  // @ts-expect-error a signal
  await pool.run("nothing", undefined, { signal: new AbortController() });
  // @ts-expect-error only an ArrayBuffer is moved
  await pool.run("nothing", undefined, { transfer: [new MessageChannel().port1] });
  // @ts-expect-error a number, no string
  (await pool.run("sum_of_roots", [])).length;
  // @ts-expect-error may be a bigint
  (await pool.run("sum_to", 1)).toFixed();
  // @ts-expect-error not known
  (await pool.run("echo_untold", {})).number;
  // @ts-expect-error a field's nothing is `null`: `undefined` counts as absent
  const kinds: Pick<Pool.Argument<"echo_kinds">, "nothing"> = { nothing: undefined };
  // @ts-expect-error no such variant
  const maps: Pick<Pool.Argument<"echo_sample">["maps"], "by_colour"> = { by_colour: { Blue: 1 } };
  // @ts-expect-error only a known task has an argument
  type Argument = Pool.Argument<"sum_of_root">;
  return [kinds, maps];
}

export function iterators(pool: Pool) {
  // @ts-expect-error no such task
  pool.map("sum_of_root", [[1]]);
  // @ts-expect-error each item is an argument
  pool.map("sum_of_roots", [1]);
  // @ts-expect-error of what can be iterated
  pool.map("sum_of_roots", 4);
  // @ts-expect-error of each item
  pool.map("sum_of_roots", [[1]], { transfer: [new ArrayBuffer(1)] });
  // @ts-expect-error of ArrayBuffers
  pool.map("sum_of_roots", [[1]], { transfer: () => [new MessageChannel().port1] });
  // @ts-expect-error no such option
  pool.map("sum_of_roots", [[1]], { order: true });
  // @ts-expect-error a number
  pool.reports({ buffer: "all" });
  // @ts-expect-error it has no listener
  pool.onIdle(() => {});
}

export function events(pool: Pool) {
  // @ts-expect-error no such event
  pool.addEventListener("recycled", () => {});
  // @ts-expect-error no such field in its detail
  pool.addEventListener("recycleend", ({ detail }) => detail.pause);
  // @ts-expect-error of another event
  pool.addEventListener("exit", (event: CustomEvent<Pool.Events["report"]>) => event.detail.thread);
  // @ts-expect-error no such phase
  if (pool.health().phase === "done") return;
}

export function errors(error: PerennialError) {
  // @ts-expect-error no such code
  if (error.code === "Timeout") return;
  // @ts-expect-error only some errors have it
  error.path;
  // @ts-expect-error of another code
  if (error.code === "TimedOut") error.known;
}
