// @ts-check
import { make, setText } from "./dom.js";
import { duration } from "./format.js";
/** @import { ThreadHealth } from "./types.js" */

/**
 * A tile for each thread: whose it is, what it does and since when.
 * @param {HTMLElement} list
 * @param {ThreadHealth[]} threads
 * @param {(generation: number) => number} hueOf
 */
export function showThreads(list, threads, hueOf) {
  const seen = new Set();
  for (const thread of threads) {
    const key = `${thread.generation}-${thread.thread}`;
    seen.add(key);
    const tile = find(list, key) ?? list.appendChild(create(key, thread, hueOf(thread.generation)));
    const [, task, since, done] = Array.from(tile.children);
    // Rayon takes up further work while it waits, so a thread may be inside several jobs. The last is the one it runs.
    const current = thread.busy.at(-1);
    const below = thread.busy.length - 1;
    tile.dataset.busy = String(Boolean(current));
    setText(task, current ? current.task + (below > 0 ? ` +${below}` : "") : "idle");
    setText(since, current ? `for ${duration(current.forMs)}` : "waits for work");
    setText(done, `${thread.jobsDone} ${thread.jobsDone === 1 ? "job" : "jobs"} done`);
  }
  for (const tile of Array.from(list.children)) {
    if (!seen.has(/** @type {HTMLElement} */ (tile).dataset.thread)) tile.remove();
  }
}

/**
 * @param {HTMLElement} list
 * @param {string} key
 */
function find(list, key) {
  return /** @type {HTMLElement | null} */ (list.querySelector(`[data-thread="${key}"]`));
}

/**
 * @param {string} key
 * @param {ThreadHealth} thread
 * @param {number} hue
 */
function create(key, thread, hue) {
  const tile = make(
    "li",
    {},
    make("span", { class: "whose", text: `gen ${thread.generation}, thread ${thread.thread}` }),
    make("strong"),
    make("span"),
    make("span"),
  );
  tile.dataset.thread = key;
  tile.dataset.hue = String(hue);
  return tile;
}
