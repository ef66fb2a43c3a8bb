// Runs in every worker of a pool, before its own script: counts runs, and lets the page end a thread. See `workers.js`.

import { countRun } from "./ledger.mjs";

const Native = self.Worker;
/** @type {Worker[]} */
const threads = [];
/** @type {Int32Array | undefined} */
let ledger;

self.addEventListener("message", (event) => {
  if (event.data?.chaos === undefined) return;
  // Not for the worker's own script.
  event.stopImmediatePropagation();
  const { chaos, thread } = event.data;
  if (chaos === "ledger") ledger = event.data.ledger;
  if (chaos === "kill") threads[thread]?.terminate();
});

/** Threads are started by their leader, with what that realm calls `Worker`. */
self.Worker = class extends Native {
  constructor(url, options) {
    super(url, options);
    threads.push(this);
    this.postMessage({ chaos: "ledger", ledger });
  }
};

self.countRun = (job) => countRun(ledger, job, generation());

/** As `threadName` in `src/js/protocol.js` puts it into the name. */
const generation = () => Number(self.name.match(/^perennial-thread-(\d+)-/)?.[1]);
