// Bare wasm-bindgen-rayon: the same build with its plain exports, in a worker that blocks while a kernel runs. Panics
// unwind and the allocator counts here as well, so that nothing but the way through the pool differs.

import init, { initThreadPool, kernel, pageMemory, prepare } from "../pkg/perennial_bench.js";

addEventListener("message", async ({ data: { threads, limit, name } }) => {
  try {
    if (threads) {
      await init({ memory: pageMemory({ maximum: limit }) });
      await initThreadPool(threads);
      prepare();
      return postMessage({});
    }
    const begun = performance.now();
    const checksum = kernel(name);
    postMessage({ ms: performance.now() - begun, checksum });
  } catch (error) {
    postMessage({ error: String(error) });
  }
});
