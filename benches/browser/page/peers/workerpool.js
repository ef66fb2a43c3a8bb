// workerpool.

import workerpool from "../../pkg-peers/workerpool.js";

/** @param {{ workers: number }} options */
export function start({ workers }) {
  const script = new URL("./workerpool-worker.js", import.meta.url).href;
  const pool = workerpool.pool(script, { minWorkers: workers, maxWorkers: workers, workerType: "web", workerOpts: { type: "module" } });
  return {
    noop: (number) => pool.exec("noop", [number]),
    echo: (bytes) => pool.exec("echo", [bytes], { transfer: [bytes.buffer] }),
    spin: (us) => pool.exec("spin", [us]),
    fill: (bytes) => pool.exec("fill", [bytes]),
    end: () => pool.terminate(true),
  };
}
