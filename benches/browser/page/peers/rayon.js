// Bare wasm-bindgen-rayon: a worker that starts it, is called by messages, and waits while a call runs.

import { line } from "./line.js";

/** @param {{ workers: number }} options `workers`: threads of Rayon */
export async function start({ workers }) {
  const { call, end } = line(new Worker(new URL("./rayon-worker.js", import.meta.url), { type: "module" }));
  await call("start", workers);
  return {
    noop: (number) => call("noop", number),
    echo: (bytes) => call("echo", bytes),
    spin: (us) => call("spin", us),
    spinAll: (pieces, us) => call("spinAll", { pieces, us }),
    fill: (bytes) => call("fill", bytes),
    end,
  };
}
