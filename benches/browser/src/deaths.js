// What a worker says last.

/** Tells the page when it was, on the clock that all share. Made here: a worker that does not die needs none. */
export function tell() {
  new BroadcastChannel("perennial-bench-deed").postMessage(performance.timeOrigin + performance.now());
}

/** A way out of WebAssembly, where an engine may end the worker. */
export function turn() {}

export function tellAndThrow() {
  tell();
  throw new Error("thrown across Rayon");
}
