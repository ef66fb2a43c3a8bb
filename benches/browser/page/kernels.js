// The kernels through a pool, and on bare wasm-bindgen-rayon in a worker.

import { Pool } from "../pkg/perennial_bench.js";

/** @param {number} threads @param {number} limit in bytes, of either memory */
export async function startKernels(threads, limit) {
  const pool = await Pool.start({ threads, memory: { limit } });
  const worker = new Worker(new URL("./bare-worker.js", import.meta.url), { type: "module" });
  await ask(worker, { threads, limit });
  return {
    /** Timed here, so the way there and back is part of it. */
    async perennial(name) {
      const begun = performance.now();
      const checksum = await pool.run("kernel", name);
      return { ms: performance.now() - begun, checksum };
    },
    /** Timed inside the worker: no way there and back. */
    bare: (name) => ask(worker, { name }),
    async end() {
      worker.terminate();
      await pool.exit();
    },
  };
}

function ask(worker, message) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
    worker.onerror = (event) => reject(new Error(`the bare worker: ${event.message}`));
    worker.postMessage(message);
  });
}
