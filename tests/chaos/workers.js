// Takes hold of a pool's workers from outside, as a browser does that ends one: no more of the package is known here than
// its workers' names.

const Native = globalThis.Worker;
/** @type {Map<number, Worker>} */
const leaders = new Map();
/** More generations than live at a time: older ones need no handle. */
const KEPT = 8;

/**
 * From now on each leader's and thread's script is preceded by `inside.js`.
 * @param {Int32Array} ledger
 */
export function adoptWorkers(ledger) {
  globalThis.Worker = class extends Native {
    constructor(url, options) {
      const generation = Number(options?.name?.match(/^perennial-leader-(\d+)-/)?.[1]);
      super(generation > 0 ? preceded(url) : url, options);
      if (!(generation > 0)) return;
      leaders.set(generation, this);
      leaders.delete(generation - KEPT);
      this.postMessage({ chaos: "ledger", ledger });
    }
  };
}

/** @param {number} generation */
export const killLeader = (generation) => leaders.get(generation)?.terminate();

/** @param {number} generation @param {number} thread */
export const killThread = (generation, thread) => leaders.get(generation)?.postMessage({ chaos: "kill", thread });

const scripts = new Map();

function preceded(url) {
  const { href } = new URL(url, import.meta.url);
  if (!scripts.has(href)) {
    const inside = new URL("./inside.js", import.meta.url).href;
    const text = `import ${JSON.stringify(inside)};\nimport ${JSON.stringify(href)};`;
    scripts.set(href, URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  }
  return scripts.get(href);
}
