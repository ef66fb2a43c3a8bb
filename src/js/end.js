// @ts-check
// How a generation's workers are ended from the page, and how the page hears first what they have said.

import { ENDED } from "./protocol.js";

/** Messages that a page has not heard for being busy are fewer; a leader that never stops posting holds up no timer. */
const TURNS_MAX = 10_000;

/** A thread that spins is ended 2 s after it was terminated; on a busy machine 12 s were seen. */
const END_MS = 120_000;
/** A leader that has not begun to end by then has no event loop any more. */
const HEED_MS = 5_000;
/** Who waits for the end waits no longer: WebKitGTK never ends a thread that spins in WebAssembly. */
const AWAITED_MS = 15_000;

/**
 * @typedef {{ leader: Worker, ended: Int32Array<SharedArrayBuffer>, flow: import("./flow.js").Flow, ports: MessagePort[] }} Life
 *   `ended`, `flow` and `ports` as `Start` in `protocol.js` says, the ports being this side's
 */

/**
 * A leader that is terminated from here leaves some of its threads behind in Chromium, with their memory. So it ends them,
 * and then itself; one that does not in time, or has no event loop, is terminated.
 * @param {Life} life @param {string[]} locks that its leader holds while it lives, and behind it each of its threads
 * @returns {Promise<void>} when all of its workers are really dead, or that takes too long
 */
export function end({ leader, ended, ports }, [lock, ...others]) {
  // Heard before any message is (invariant 3).
  Atomics.store(ended, ENDED.isEnded, 1);
  for (const port of ports) port.close();
  const terminate = () => afterMessages(
    () => 0,
    () => isEnding || leader.terminate(),
  );
  let isEnding = false;
  let timer = setTimeout(terminate, HEED_MS);
  leader.addEventListener("message", ({ data }) => {
    if (data.kind !== "ending") return;
    isEnding = true;
    clearTimeout(timer);
    timer = setTimeout(() => leader.terminate(), END_MS);
  });
  leader.postMessage({ kind: "end" });
  return new Promise((resolve) => {
    const awaited = setTimeout(resolve, AWAITED_MS);
    const dead = () => {
      clearTimeout(timer);
      leader.terminate();
    };
    const over = () => {
      clearTimeout(awaited);
      resolve();
    };
    // A thread may outlive a leader that was killed. And once this page has let go of them again: nobody then finds a worker's name.
    const free = others.map((other) => navigator.locks.request(other, () => {}));
    // Where there are no locks, the time limits end it, and nobody waits.
    Promise.all([navigator.locks.request(lock, dead), ...free]).then(over, over);
  });
}

/**
 * Calls when the messages that have arrived by now are heard: a message itself, behind them. Not a second timer, which a
 * hidden tab delays by up to a minute. Firefox gives out one message of a worker a turn, so turns are counted in which one was.
 * @param {() => number} heard how many so far
 * @param {() => void} then
 */
export function afterMessages(heard, then) {
  const { port1, port2 } = new MessageChannel();
  let before = heard();
  let turns = 0;
  port1.onmessage = () => {
    if (heard() !== before && turns++ < TURNS_MAX) {
      before = heard();
      return port2.postMessage(null);
    }
    port1.close();
    then();
  };
  port2.postMessage(null);
}
