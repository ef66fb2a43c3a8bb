// One build of the kernels with its pool. A worker, because the kernels block.
const build = new URL(location.href).searchParams.get("build");
const THREADS = 2;

const started = (async () => {
  const kernels = await import(`./${build}/perennial_bench_allocator.js`);
  await kernels.default();
  await kernels.initThreadPool(THREADS);
  kernels.prepare(true);
  return kernels;
})();

addEventListener("message", async ({ data: { kernel, rounds } }) => {
  try {
    const kernels = await started;
    if (!kernel) return postMessage({ counted: kernels.is_counted() });
    const start = performance.now();
    kernels[kernel](rounds);
    postMessage({ ms: performance.now() - start });
  } catch (error) {
    postMessage({ error: String(error) });
  }
});
