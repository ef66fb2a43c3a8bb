// @ts-check
// Figures, latencies and settlements, as `pool.health()` has them.

import { make, setText } from "./dom.js";
import { bytes, duration } from "./format.js";
/** @import { Actions } from "./actions.js" */
/** @import { Health } from "./types.js" */

/** @param {string} selector */
const find = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

/**
 * @param {string} name
 * @param {string | number} text
 * @param {"plain" | "good" | "bad"} [tone]
 */
function stat(name, text, tone = "plain") {
  const element = find(`[data-stat="${name}"]`);
  setText(element, String(text));
  element.dataset.tone = tone;
}

/** @param {Actions} actions */
export function showNumbers({ pool }) {
  const { health, oldestMs } = pool;
  const { fulfilled = 0, rejected = 0, recycles = 0, lost = 0 } = health?.counters ?? {};
  stat("done", fulfilled);
  stat("failed", rejected);
  stat("oldest", oldestMs > 0 ? duration(oldestMs) : "–", oldestMs > 5000 ? "bad" : "plain");
  stat("reserved", health && health.generations.length > 0 ? bytes(health.memory.reserved) : "–");
  stat("queue", health?.queue.length ?? 0);
  stat("in-flight", (health?.generations ?? []).reduce((sum, { inFlight }) => sum + inFlight, 0));
  stat("recycles", recycles, recycles > 0 ? "good" : "plain");
  stat("lost", lost, lost > 0 ? "bad" : "plain");
  showLatency(health);
  showSettled(pool.settled);
}

/** @param {Health | undefined} health */
function showLatency(health) {
  for (const kind of /** @type {const} */ (["queue", "run", "settle"])) {
    const cells = find(`[data-latency="${kind}"]`).querySelectorAll("td");
    const quantiles = health?.latency[kind];
    [quantiles?.p50, quantiles?.p99, quantiles?.max].forEach((ms, index) => setText(cells[index], typeof ms === "number" ? duration(ms) : "–"));
  }
}

/** @param {Map<string, number>} settled */
function showSettled(settled) {
  const list = find("#settled");
  const kinds = [...settled].sort(([a], [b]) => (a === "fulfilled" ? -1 : b === "fulfilled" ? 1 : a.localeCompare(b)));
  while (list.childElementCount > kinds.length) list.lastElementChild?.remove();
  while (list.childElementCount < kinds.length) list.append(make("li"));
  kinds.forEach(([kind, count], index) => {
    const chip = /** @type {HTMLElement} */ (list.children[index]);
    chip.dataset.kind = kind;
    chip.dataset.tone = kind === "fulfilled" ? "good" : "bad";
    setText(chip, `${kind} ${count}`);
  });
}
