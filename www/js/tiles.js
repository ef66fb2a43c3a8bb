// @ts-check
import { make, setText } from "./dom.js";
import { duration } from "./format.js";
/** @import { Health } from "./types.js" */

/** @typedef {Health["threads"][number]} Thread */

/**
 * A tile for each thread: what it runs and since when, and when it was heard last. While two generations live, a tile shows the
 * newer one's thread, and what the older one's of the same number still runs.
 * @param {HTMLElement} list
 * @param {Thread[]} threads
 * @param {(generation: number) => number} hueOf
 * @param {number} least how many tiles there are, so that nothing moves when a pool starts
 */
export function showThreads(list, threads, hueOf, least) {
  const slots = bySlot(threads);
  while (slots.length < least) slots.push([]);
  while (list.childElementCount > slots.length) list.lastElementChild?.remove();
  while (list.childElementCount < slots.length) list.append(make("li", {}, make("span"), make("strong"), make("span"), make("span"), make("span")));
  slots.forEach(([newest, ...older], index) => {
    const tile = /** @type {HTMLElement} */ (list.children[index]);
    const [whose, task, since, heard, below] = Array.from(tile.children);
    if (!newest) {
      for (const name of Object.keys(tile.dataset)) delete tile.dataset[name];
      for (const part of tile.children) setText(part, part === task ? "no thread" : "");
      return;
    }
    const current = newest.busy.at(-1);
    // Rayon takes up further work while it waits, so a thread may be inside several jobs. The last is the one it runs.
    const nested = newest.busy.length - 1;
    tile.dataset.thread = String(newest.thread);
    tile.dataset.hue = String(hueOf(newest.generation));
    tile.dataset.threadState = newest.state;
    setText(whose, `gen ${newest.generation}, thread ${newest.thread}`);
    setText(task, current ? `${current.task ?? "a job that ended"}${nested > 0 ? ` +${nested}` : ""}` : "idle");
    const part = `${Math.round(newest.utilisation.recent * 100)} % busy`;
    setText(since, current ? `${newest.state === "stuck" ? "stuck " : ""}for ${duration(current.forMs)}, ${part}` : `waits for work, ${part}`);
    setText(heard, `${newest.jobsDone} done, ${ago(newest.reportedMsAgo)}`);
    const busy = older.flatMap(({ busy }) => busy).at(-1);
    setText(below, older.length > 0 ? `gen ${older[0].generation}: ${busy ? `${busy.task ?? "a job"}, ${duration(busy.forMs)}` : "leaves"}` : "");
  });
}

/** The threads of each number, the newest first. @param {Thread[]} threads */
function bySlot(threads) {
  /** @type {Thread[][]} */
  const slots = [];
  for (const thread of [...threads].sort((a, b) => b.generation - a.generation)) (slots[thread.thread] ??= []).push(thread);
  return slots.filter(Boolean);
}

/** Steady words for what is not worth a number. @param {number} ms */
function ago(ms) {
  return ms < 1000 ? "told just now" : `told ${duration(ms)} ago`;
}
