// @ts-check
// What runs in a thread's realm beside its Rust: it posts to the leader.

import { instantiate } from "./glue.js";
import { ENDED, holdLock } from "./protocol.js";
import { adopt, endOf, takeThrown, thread } from "./root.js";

// All that a thread's Rust imports comes from here: the server of wasm-bindgen's test runner hangs over five scripts at once.
export { enter, notePanic, stackOverflowed } from "./root.js";

/** Tells the page of a death, past the leader, which may be busy or dead. @type {MessagePort | undefined} */
let port;
/** See `Start` in `protocol.js`. @type {Int32Array<SharedArrayBuffer> | undefined} */
let ended;

/** Makes this worker the Rayon thread that its leader says. */
export function becomeThread() {
  const locked = new Promise((/** @type {(_: void) => void} */ resolve) => holdLock(resolve));
  locked.then(() => post({ kind: "locked" }));
  self.addEventListener("message", async (/** @type {any} */ { data }) => {
    if (data?.kind !== "become") return;
    // The lock is granted on this thread's event loop, which it leaves for good when it becomes one of Rayon's.
    await locked;
    // Not left to the listeners below: Firefox calls none in a worker that has closed itself, and reports to the page's console.
    await become(data).catch(trapped);
  });
  // A trap in a worker is no `error` event for its owner. It does end the promise that the thread runs in, and that is
  // told here.
  self.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    trapped(event.reason);
  });
  self.addEventListener("error", (event) => {
    event.preventDefault();
    trapped(event.error ?? event.message);
  });
}

/** As wasm-bindgen-rayon's own script does, which does not know where a bundler puts the glue. */
async function become(/** @type {import("./protocol.js").Become} */ { glue, build, module, stacks, receiver, ...ways }) {
  ({ port, ended } = ways);
  const { app, exports } = await instantiate(glue, module, build);
  adopt({ app, exports, memory: module.memory, stackSize: module.thread_stack_size, stacks, ended: ways.ended }, died);
  // What wasm-bindgen-rayon waits for.
  self.postMessage({ type: "wasm_bindgen_worker_ready" });
  app.wbg_rayon_start_worker(receiver);
}

/** @param {unknown} thrown by which this thread's Rust has ended */
function trapped(thrown) {
  if (thread.leaving) return;
  if (ended) Atomics.store(ended, ENDED.isEnded, 1);
  const { cause, wait } = endOf(thrown);
  if (wait > 0) setTimeout(() => died(cause), wait);
  else died(cause);
}

/** @param {string} cause */
function died(cause) {
  if (thread.leaving) return;
  thread.leaving = true;
  if (ended) {
    // Before any word of it: who dies of this death is not the first, and the leader looks here before each call (invariant 3).
    Atomics.store(ended, ENDED.isKnown, 1);
    Atomics.store(ended, ENDED.isEnded, 1);
  }
  /** @type {import("./protocol.js").Died} */
  const message = { kind: "died", cause };
  post(message);
  port?.postMessage(message);
  // It can do nothing more, and one that is closed already ends at once.
  self.close();
}

/** @param {import("./protocol.js").FromThread} message @param {Transferable[]} [transfer] */
function post(message, transfer = []) {
  self.postMessage(message, /** @type {any} */ (transfer));
}

/** Something was said where the leader finds it. */
export function postWords() {
  post({ kind: "words" });
}

/** @param {number} job */
export function postStarted(job) {
  post({ kind: "started", job });
}

/** @param {number} job @param {number} progress */
export function postProgress(job, progress) {
  post({ kind: "progress", job, progress });
}

/** Large buffers of results that are being written, by number. @type {Map<number, ArrayBuffer>} */
const held = new Map();
let lastHeld = 0;

/** Copies a buffer out of the shared memory, so that it can be transferred. @param {Uint8Array} bytes */
export function hold(bytes) {
  try {
    held.set(++lastHeld, copyOf(bytes));
    return lastHeld;
  } catch {
    // There is no memory for it; 0 says so.
    return 0;
  }
}

/** @param {number} number */
export function letGo(number) {
  held.delete(number);
}

/** @param {Uint8Array} bytes */
function copyOf(bytes) {
  return /** @type {ArrayBuffer} */ (bytes.slice().buffer);
}

/**
 * @param {number} job @param {number} ending @param {number} ran in ms @param {Uint8Array} value
 * @param {Uint32Array} beside what is held of it @param {Float64Array} health
 */
export function postEnded(job, ending, ran, value, beside, health) {
  const buffer = copyOf(value);
  const segments = Array.from(beside, (number) => /** @type {ArrayBuffer} */ (held.get(number)));
  post({ kind: "ended", job, ending, ran, value: buffer, segments, health: Array.from(health) }, [buffer, ...segments]);
}

/** What left the job's root ends it. @param {number} job @param {Float64Array} health */
export function postThrew(job, health) {
  const { fault, thrown } = takeThrown();
  const message = { kind: /** @type {const} */ ("threw"), job, fault, health: Array.from(health) };
  try {
    post({ ...message, thrown, name: thrown instanceof Error ? thrown.name : undefined });
  } catch {
    // Not everything can be cloned.
    post({ ...message, thrown: new Error(fault.message), name: undefined });
  }
}

/** @param {Float64Array} health */
export function postReadyThrew(health) {
  post({ kind: "ready", cause: `on_start failed: ${takeThrown().fault.message}`, health: Array.from(health) });
}

export function postSnapshotThrew() {
  post({ kind: "snapshot", value: new ArrayBuffer(0), cause: `snapshot failed: ${takeThrown().fault.message}` });
}

/** @param {Uint8Array} cause @param {Float64Array} health */
export function postReady(cause, health) {
  post({ kind: "ready", cause: new TextDecoder().decode(cause.slice()), health: Array.from(health) });
}

/** @param {Uint8Array} value @param {Uint8Array} cause */
export function postSnapshot(value, cause) {
  const buffer = copyOf(value);
  post({ kind: "snapshot", value: buffer, cause: new TextDecoder().decode(cause.slice()) }, [buffer]);
}

/**
 * Closes this worker and throws, out of the Rust that never returns. Rayon answers with an abort, which ends this thread
 * in a trap at once; that is the point. Called on every thread, with no job left, as the last call into the memory.
 */
export function leave() {
  thread.leaving = true;
  post({ kind: "left" });
  self.close();
  throw new Error("this thread leaves");
}
