// One build of the kernels with its pool. A worker, because the kernels block.
const asked = new URL(location.href).searchParams;
const THREADS = 2;

const started = (async () => {
  const kernels = await import(`./pkg-${asked.get("build")}/perennial_bench_allocator.js`);
  await kernels.default();
  await kernels.initThreadPool(THREADS);
  kernels.prepare(asked.get("sleeps") === "true");
  return kernels;
})();

addEventListener("message", async ({ data: { kernel, rounds } }) => {
  try {
    const kernels = await started;
    if (!kernel) return postMessage({ allocator: kernels.allocator() });
    const start = performance.now();
    if (!kernels.runKernel(kernel, rounds)) throw new Error(`there is no kernel ${kernel}`);
    postMessage({ ms: performance.now() - start });
  } catch (error) {
    postMessage({ error: String(error) });
  }
});
