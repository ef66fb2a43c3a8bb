// What the parts of the benchmark call in the page, as `window.bench`.

import init, { Pool, pageMemory } from "../pkg/perennial_bench.js";

import { startKernels } from "./kernels.js";
import { starts } from "./start.js";
import { pauses } from "./pause.js";

await init({ memory: pageMemory() });

/** What a part keeps between its calls: a pool, the sides of the kernels. */
let kept;
let sides;

window.bench = {
  starts,
  pauses,
  async startKernels(threads, limit) {
    sides = await startKernels(threads, limit);
  },
  kernel: (side, name) => sides[side](name),
  endKernels: () => sides.end(),
  async keep(options) {
    kept = await Pool.start(options);
  },
  run: (task, argument) => kept.run(task, argument),
  recycle: () => kept.recycle(),
  exit: () => kept.exit(),
};
