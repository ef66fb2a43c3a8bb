// What a worker says last.

/** Tells the page when it was, on the clock that all share. Made here: a worker that does not die needs none. */
export function tell() {
  new BroadcastChannel("perennial-bench-deed").postMessage(performance.timeOrigin + performance.now());
}

export function tellAndThrow() {
  tell();
  throw new Error("thrown across Rayon");
}
