// Values there and back: through a pool, and through a worker without one.

import { Pool } from "../pkg/perennial_bench.js";

/** @param {number} limit in bytes, of the pool's memory and of the worker's */
export async function startValues(limit) {
  const pool = await Pool.start({ threads: 1, memory: { limit } });
  const worker = new Worker(new URL("./values-worker.js", import.meta.url), { type: "module" });
  await ask(worker, { limit });
  const floats = (/** @type {number} */ bytes) => new Float32Array(bytes / 4).fill(0.5);
  const objects = (/** @type {number} */ count) => Array.from({ length: count }, (_, id) => ({ id, name: `object ${id}`, x: id / 7, y: -id / 3, tags: ["a", "b"] }));
  /** Each makes what it sends before its time begins, and says how long it took. */
  return {
    cloned: (bytes) => timed(floats(bytes), (list) => pool.run("echo_floats", list), bytes / 4),
    moved: (bytes) => timed(floats(bytes), (list) => pool.run("echo_floats", list, { transfer: [list.buffer] }), bytes / 4),
    bare: (bytes) => timed(floats(bytes), async (list) => new Float32Array(await ask(worker, { bytes: list.buffer }, [list.buffer])), bytes / 4),
    objects: (count) => timed(objects(count), (list) => pool.run("echo_objects", list), count),
    serdeWasmBindgen: (count) => timed(objects(count), (objects) => ask(worker, { objects }), count),
    async end() {
      worker.terminate();
      await pool.exit();
    },
  };
}

/** @param {any} value @param {(value: any) => Promise<any>} call @param {number} length of what has to come back */
async function timed(value, call, length) {
  const begun = performance.now();
  const back = await call(value);
  const ms = performance.now() - begun;
  if (back.length !== length) throw new Error(`${back.length} came back instead of ${length}`);
  return ms;
}

function ask(worker, message, transfer = []) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.value));
    worker.onerror = (event) => reject(new Error(`the worker: ${event.message}`));
    worker.postMessage(message, transfer);
  });
}
