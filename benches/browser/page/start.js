// How long a generation takes to start, on a pool that has nothing else to do.

import { Pool } from "../pkg/perennial_bench.js";

/** The first rounds load the scripts and are not counted. */
const WARM_UP = 3;

/** @param {number} rounds @param {Record<string, unknown>} options of `Pool.start` */
export async function starts(rounds, options) {
  const times = { start: [], ready: [], recycle: [], exit: [] };
  for (let round = -WARM_UP; round < rounds; round++) {
    const begun = performance.now();
    const pool = await Pool.start(options);
    const started = performance.now();

    // A thread of the new generation reports in the very message that says it is ready.
    let ready;
    pool.addEventListener("report", ({ detail }) => {
      if (detail.generation > 1) ready ??= performance.now();
    });
    await rest();
    const asked = performance.now();
    await pool.recycle();
    const recycled = performance.now();

    await rest();
    const left = performance.now();
    await pool.exit();
    const exited = performance.now();
    await rest();
    if (round < 0) continue;
    times.start.push(started - begun);
    times.ready.push(ready - asked);
    times.recycle.push(recycled - asked);
    times.exit.push(exited - left);
  }
  return times;
}

const rest = () => new Promise((resolve) => setTimeout(resolve, 50));
