// What the part `peers` of the benchmark calls in the page, as `window.peers`.

import { beside } from "./beside.js";
import { death } from "./death.js";
import { collect, within, words } from "./limit.js";
import { peers as list } from "./list.js";
import { first, measure } from "./measure.js";
import { workersStarted } from "./workers.js";

/** What a part keeps between its calls. */
let kept;

window.peers = {
  measure,
  beside,
  death,
  collect,
  /** Starts a peer in a page that has loaded nothing of it, and keeps it. Returns how long its first result took, in ms. */
  async first(name, workers) {
    const { ms, peer } = await first(name, workers);
    kept = peer;
    return ms;
  },
  /** Brings what was kept to where its memory is at rest. */
  async exercise() {
    for (let n = 0; n < 1000; n++) await kept.noop(n);
  },
  /** Whether a peer starts, and how many workers it has taken to. @param {string} name @param {any} options @param {number} ms the limit */
  async attempt(name, options, ms) {
    const { start } = await list[name]();
    const how = await within(start(options).noop(1), ms, "the first call").then(() => "resolved", words);
    return { how, workers: workersStarted() };
  },
  fill: (bytes) => kept.fill(bytes),
  canRecycle: () => kept.recycle !== undefined,
  recycle: () => kept.recycle(),
};
