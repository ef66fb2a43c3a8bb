// @ts-check
// Bare wasm-bindgen-rayon, as its README shows it: a worker of the page's starts the threads, and waits in each call.

import init, * as exported from "./pkg/perennial_demo_bare.js";

/** How often it says that it can hear. Not while a call runs. */
const BEAT_MS = 250;
/** More than the module declares; it grows from there. */
const INITIAL_PAGES = 64;

/** Their handles, for a visitor who ends one. @type {Worker[]} */
const threads = [];
const Native = self.Worker;
self.Worker = class extends Native {
  /**
   * @param {string | URL} url
   * @param {WorkerOptions} [options]
   */
  constructor(url, options) {
    super(url, options);
    threads.push(this);
    this.addEventListener("error", ({ message }) => postMessage({ kind: "log", text: `A thread: ${message}` }));
  }
};

/** @type {Record<string, (argument: any) => unknown>} */
const exports = /** @type {any} */ (exported);

addEventListener("message", ({ data }) => {
  if (data.kind === "start") void start(data);
  else if (data.kind === "call") call(data);
  else if (data.kind === "kill") kill(data);
});

/** @param {{ threads: number, maximumPages: number, provingKey?: Uint8Array }} settings */
async function start({ threads, maximumPages, provingKey }) {
  try {
    const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: maximumPages, shared: true });
    await init({ memory });
    await exported.initThreadPool(threads);
    if (provingKey) exported.warm_up(provingKey);
    // The page reads its size: it can, also while this worker waits.
    postMessage({ kind: "up", memory });
    setInterval(() => postMessage({ kind: "beat" }), BEAT_MS);
  } catch (error) {
    postMessage({ kind: "failed", text: String(error) });
  }
}

/** @param {{ id: number, task: string, argument: unknown }} what */
function call({ id, task, argument }) {
  try {
    const value = exports[task](argument);
    const transfer = value instanceof Uint8Array ? [/** @type {ArrayBuffer} */ (value.buffer)] : [];
    postMessage({ kind: "fulfilled", id, value }, { transfer });
  } catch (error) {
    // The engine's own errors mean that the instance broke off in the middle. Others are the task's: its error, its panic.
    const isTrap = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    postMessage({ kind: "rejected", id, text: String(error), isTrap });
  }
}

/** @param {{ id: number }} what */
function kill({ id }) {
  const thread = threads.pop();
  thread?.terminate();
  postMessage({ kind: "fulfilled", id, value: thread !== undefined });
}
