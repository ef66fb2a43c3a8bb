// Short calls at a rate, beside one long call after the other.

import { collect, within } from "./limit.js";
import { peers } from "./list.js";
import { endWorkers } from "./workers.js";

const LIMIT_MS = 15_000;

/**
 * @param {{ peer: string, options: Record<string, any>, pieces: number, pieceUs: number, longs: number, every: number }} plan
 *   `pieces`: of how many pieces of `pieceUs` a long call is, to be taken by any thread; 0 if it is one whole
 * @returns {Promise<{ latencies: number[], longs: number[] }>} in ms, from when a short call was due
 */
export async function beside({ peer: name, options, pieces, pieceUs, longs, every }) {
  const { start } = await peers[name]();
  const peer = await within(start(options), LIMIT_MS, "start");
  const short = peer.short ?? (() => peer.noop(0));
  const long = pieces > 0 ? () => peer.spinAll(pieces, pieceUs) : () => (peer.long ?? peer.spin)(pieceUs);
  for (let n = 0; n < 200; n++) await within(short(), LIMIT_MS, "a short call");
  await within(pieces > 0 ? peer.spinAll(2, 1000) : peer.spin(1000), LIMIT_MS, "the warm-up");
  collect();

  const latencies = [];
  const took = [];
  let shut = false;
  const open = new Set();
  const failed = [];
  const pacer = new Worker(new URL("../pacer.js", import.meta.url), { type: "module" });
  pacer.onmessage = ({ data }) => {
    if (shut) return;
    const due = data - performance.timeOrigin;
    const call = Promise.resolve(short())
      .then(() => latencies.push(performance.now() - due), (thrown) => failed.push(thrown))
      .finally(() => open.delete(call));
    open.add(call);
  };
  pacer.postMessage({ every });
  try {
    for (let n = 0; n < longs; n++) {
      const begun = performance.now();
      await within(long(), LIMIT_MS, "a long call");
      took.push(performance.now() - begun);
    }
    shut = true;
    await within(Promise.all(open), LIMIT_MS, "a short call");
    if (failed.length > 0) throw failed[0];
    return { latencies, longs: took };
  } finally {
    pacer.terminate();
    await within(peer.end(), LIMIT_MS, "end").finally(endWorkers);
  }
}
