// What the parts of the benchmark call in the page, as `window.bench`.

import init, { Pool, pageMemory } from "../pkg/perennial_bench.js";

import { flood } from "./coordinator.js";
import { deaths, neighbours } from "./deaths.js";
import { startHealth } from "./health.js";
import { startKernels } from "./kernels.js";
import { pauses } from "./pause.js";
import { recycles } from "./recycles.js";
import { starts } from "./start.js";
import { startValues } from "./values.js";

await init({ memory: pageMemory() });

/** What a part keeps between its calls: a pool, the sides of what is compared. */
let kept;
let sides;

window.bench = {
  starts,
  pauses,
  recycles,
  flood,
  deaths,
  neighbours,
  async startHealth(...all) {
    sides = await startHealth(...all);
  },
  timed: (side, load) => sides[side](load),
  async startKernels(threads, limit) {
    sides = await startKernels(threads, limit);
  },
  kernel: (side, name) => sides[side](name),
  async startValues(limit) {
    sides = await startValues(limit);
  },
  value: (side, argument) => sides[side](argument),
  end: () => sides.end(),
  async keep(options) {
    kept = await Pool.start(options);
  },
  run: (task, argument) => kept.run(task, argument),
  recycle: () => kept.recycle(),
  exit: () => kept.exit(),
};
