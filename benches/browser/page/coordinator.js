// Jobs at a rate, however long each takes.

import { Pool } from "../pkg/perennial_bench.js";

const TURN_MS = 2;
/** More are not called until some are done: the pool does not reach the rate. */
const OPEN_MAX = 500;

/**
 * @param {number} rate jobs a second @param {number} ms
 * @param {Record<string, unknown>} options of `Pool.start`
 */
export async function flood(rate, ms, options) {
  const pool = await Pool.start(options);
  const open = new Set();
  let done = 0;
  const call = () => {
    const job = pool.run("small", 0).then(() => (done += 1)).finally(() => open.delete(job));
    open.add(job);
  };
  const pacer = new Worker(new URL("./pacer.js", import.meta.url), { type: "module" });
  let owed = 0;
  pacer.onmessage = () => {
    owed = Math.min(owed + (rate * TURN_MS) / 1000, OPEN_MAX);
    for (; owed >= 1 && open.size < OPEN_MAX; owed -= 1) call();
  };
  pacer.postMessage({ every: TURN_MS });
  await sleep(1000);
  await window.measureFrom?.();
  const [from, doneBefore] = [performance.now(), done];
  await sleep(ms);
  const reached = ((done - doneBefore) / (performance.now() - from)) * 1000;
  await window.measureTo?.();
  pacer.terminate();
  await Promise.all(open);
  await pool.exit();
  return reached;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
