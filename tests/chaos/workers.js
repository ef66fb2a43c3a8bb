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

/**
 * Ends a leader, or one of its threads. Whether there was such a worker: one that does not hold its lock yet is a script that
 * does not load, and nobody would hear of its end.
 * @param {import("./plan.mjs").Kill} kill @param {number} generation
 */
export async function strike({ do: what, thread }, generation) {
  const { held = [] } = await navigator.locks.query();
  const named = (start) => held.map(({ name }) => name).filter((name) => name.startsWith(`${start}-${generation}-`)).sort();
  const leader = leaders.get(generation);
  if (named("perennial-leader").length === 0) return false;
  if (what === "kill a leader") {
    leader.terminate();
    return true;
  }
  const threads = named("perennial-thread").map((name) => Number(name.split("-")[3]));
  if (threads.length === 0) return false;
  leader.postMessage({ chaos: "kill", thread: threads[thread % threads.length] });
  return true;
}

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
