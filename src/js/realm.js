// @ts-check
// What runs in a thread's realm beside its Rust: it posts to the leader.

import { instantiate } from "./glue.js";
import { causeOf, holdLock } from "./protocol.js";

/** Set by the way out: what follows is no death. */
let leaving = false;

/** Makes this worker the Rayon thread that its leader says. */
export function becomeThread() {
  const locked = new Promise((/** @type {(_: void) => void} */ resolve) => holdLock(resolve));
  locked.then(() => post({ kind: "locked" }));
  self.addEventListener("message", async (/** @type {any} */ { data }) => {
    if (data?.kind !== "become") return;
    // The lock is granted on this thread's event loop, which it leaves for good when it becomes one of Rayon's.
    await locked;
    // Not left to the listeners below: Firefox calls none in a worker that has closed itself, and reports to the page's console.
    await become(data).catch(died);
  });
  // A trap in a worker is no `error` event for its owner. It does end the promise that the thread runs in, and that is
  // told here.
  self.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    died(event.reason);
  });
  self.addEventListener("error", (event) => {
    event.preventDefault();
    died(event.error ?? event.message);
  });
}

/** As wasm-bindgen-rayon's own script does, which does not know where a bundler puts the glue. */
async function become(/** @type {import("./protocol.js").Become} */ { glue, build, module, receiver }) {
  const { app } = await instantiate(glue, module, build);
  // What wasm-bindgen-rayon waits for.
  self.postMessage({ type: "wasm_bindgen_worker_ready" });
  app.wbg_rayon_start_worker(receiver);
}

/** @param {unknown} thrown */
function died(thrown) {
  if (leaving) return;
  post({ kind: "died", cause: causeOf(thrown) });
  // It can do nothing more, and one that is closed already ends at once.
  self.close();
}

/** @param {import("./protocol.js").FromThread} message @param {Transferable[]} [transfer] */
function post(message, transfer = []) {
  self.postMessage(message, /** @type {any} */ (transfer));
}

/** @param {number} job */
export function postStarted(job) {
  post({ kind: "started", job });
}

/** @param {number} job @param {number} progress */
export function postProgress(job, progress) {
  post({ kind: "progress", job, progress });
}

/** @param {number} job @param {number} ending @param {Uint8Array} value @param {Float64Array} health */
export function postEnded(job, ending, value, health) {
  // Out of the shared memory: a copy that can be transferred.
  const buffer = /** @type {ArrayBuffer} */ (value.slice().buffer);
  post({ kind: "ended", job, ending, value: buffer, health: Array.from(health) }, [buffer]);
}

/** @param {Uint8Array} cause @param {Float64Array} health */
export function postReady(cause, health) {
  post({ kind: "ready", cause: new TextDecoder().decode(cause.slice()), health: Array.from(health) });
}

/** @param {Uint8Array} value @param {Uint8Array} cause */
export function postSnapshot(value, cause) {
  const buffer = /** @type {ArrayBuffer} */ (value.slice().buffer);
  post({ kind: "snapshot", value: buffer, cause: new TextDecoder().decode(cause.slice()) }, [buffer]);
}

/**
 * Closes this worker and throws, out of the Rust that never returns. Rayon answers with an abort, which ends this thread
 * in a trap at once; that is the point. Called on every thread, with no job left, as the last call into the memory.
 */
export function leave() {
  leaving = true;
  post({ kind: "left" });
  self.close();
  throw new Error("this thread leaves");
}
