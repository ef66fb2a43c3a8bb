// Where things are. `cargo xtask bench` says it.

export const {
  PERENNIAL_BASE_URL, PERENNIAL_CHROMIUM, PERENNIAL_CHROMIUM_ARGS = '["--no-sandbox"]', PERENNIAL_PUPPETEER,
  PERENNIAL_BENCH_NATIVE, PERENNIAL_PEERS, PERENNIAL_BUNDLERS, PERENNIAL_WASM_OPT, PERENNIAL_ENGINES,
} = process.env;

/** Of the parts that are run in more than one. @type {("chromium" | "firefox" | "webkit")[]} */
export const ENGINES = (PERENNIAL_ENGINES || "chromium").split(",");

if (!PERENNIAL_BASE_URL || !PERENNIAL_CHROMIUM || !PERENNIAL_PUPPETEER) {
  console.error(
    "run this with `cargo xtask bench`: it builds the packages and serves them. By hand, set PERENNIAL_BASE_URL (a server of\n" +
      "benches/ below /benches/, with the headers for cross-origin isolation), PERENNIAL_CHROMIUM (the browser),\n" +
      "PERENNIAL_CHROMIUM_ARGS (its arguments, as a JSON array), PERENNIAL_PUPPETEER (the URL of puppeteer-core's module),\n" +
      "PERENNIAL_BENCH_NATIVE (the native kernels, target/release/native), PERENNIAL_PEERS and PERENNIAL_BUNDLERS (folders\n" +
      "whose node_modules have the other worker pools, and esbuild) and PERENNIAL_WASM_OPT (the program wasm-opt). In other\n" +
      "engines: PERENNIAL_ENGINES (with commas between) and the variables that tests/e2e/engine.mjs asks for.",
  );
  process.exit(2);
}
