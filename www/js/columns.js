// @ts-check
// The two sides, beside one another: state, memory, figures.

import { byId, make, setText } from "./dom.js";
import { bytes, duration } from "./format.js";
import { Plot } from "./plot.js";
/** @import { BareSide } from "./bare-side.js" */
/** @import { PoolSide } from "./pool-side.js" */
/** @import { Threshold } from "./plot.js" */
/** @import { Health } from "./types.js" */

/** A side's frame tells how it is: `none`, `good`, `busy` or `bad`. @typedef {"none" | "good" | "busy" | "bad"} Mood */

export class PoolColumn {
  #side = byId("perennial", HTMLElement);
  #badge = byId("perennial-badge", HTMLElement);
  #decision = byId("decision", HTMLElement);
  #place = byId("perennial-plot", HTMLElement);
  #legend = byId("perennial-legend", HTMLElement);

  /** @param {PoolSide} pool */
  constructor(pool) {
    this.pool = pool;
    this.plot = new Plot(this.#place, pool.history, { hues: ["--hue-0", "--hue-1", "--hue-2", "--hue-3"] });
  }

  /** @param {number} now */
  draw(now) {
    const { decision, health } = this.pool;
    const [mood, word] = moodOf(this.pool);
    this.#side.dataset.state = mood;
    setText(this.#badge, word);
    setText(this.#decision, decision);
    const lines = thresholds(health);
    this.plot.draw(now, lines);
    const lives = health?.generations ?? [];
    const words = lives.map(
      ({ generation, phase, reserved, live }) => `generation ${generation}, ${phase}: ${bytes(reserved)} reserved, ${bytes(live)} live`,
    );
    showLegend(this.#legend, words, (index) => this.pool.hueOf(lives[index].generation));
    const label = words.length > 0 ? `Memory over the last minute. ${words.join("; ")}. ${inWords(lines)}.` : "No generation holds memory.";
    if (this.#place.ariaLabel !== label) this.#place.ariaLabel = label;
  }
}

/**
 * @param {PoolSide} pool
 * @returns {[Mood, string]}
 */
function moodOf({ health, doing, isLost }) {
  if (isLost) return ["bad", "lost"];
  if (doing === "starting") return ["busy", "starting"];
  if (!health) return ["none", "not started"];
  if (health.degraded !== null) return ["bad", "degraded"];
  const { phase } = health;
  return [phase === "serving" ? "good" : phase === "exited" ? "none" : "busy", phase];
}

/**
 * @param {Health | undefined} health
 * @returns {Threshold[]}
 */
function thresholds(health) {
  if (!health || health.phase === "exited") return [];
  const { recycleAt, criticalAt, limit } = health.memory;
  // What the device granted may be less, and the thresholds are parts of that.
  const granted = Math.min(limit, ...health.generations.map((generation) => generation.limit));
  const part = granted / limit;
  return [
    { at: recycleAt * part, text: "recycleAt", tone: "soft" },
    { at: criticalAt * part, text: "criticalAt", tone: "warn" },
    { at: granted, text: "limit", tone: "bad" },
  ];
}

/** @param {Threshold[]} lines */
const inWords = (lines) => lines.map(({ at, text }) => `${text} ${bytes(at)}`).join(", ");

export class BareColumn {
  #side = byId("bare-side", HTMLElement);
  #badge = byId("bare-badge", HTMLElement);
  #words = byId("bare-words", HTMLElement);
  #place = byId("bare-plot", HTMLElement);
  #legend = byId("bare-legend", HTMLElement);
  #reload = byId("reload", HTMLButtonElement);

  /** @param {BareSide} bare */
  constructor(bare) {
    this.bare = bare;
    this.plot = new Plot(this.#place, bare.history, { hues: ["--bare"] });
  }

  /** @param {number} now */
  draw(now) {
    const { status, since, words, fulfilled, rejected, oldestMs, reservedBytes, limitBytes } = this.bare.state;
    const { isLost } = this.bare;
    /** @type {Mood} */
    const mood = isLost ? "bad" : status === "working" ? "good" : status === "none" ? "none" : "busy";
    this.#side.dataset.state = mood;
    setText(this.#badge, status === "none" ? "not started" : isLost ? `${status}, ${duration(Math.max(0, now - since))}` : status);
    setText(this.#words, status !== "none" ? words : "It gets the same work and the same abuse, in an iframe of its own.");
    this.#reload.disabled = status === "none" || status === "loading";
    this.#stat("done", String(fulfilled));
    this.#stat("failed", String(rejected), rejected > 0 ? "bad" : "plain");
    this.#stat("oldest", oldestMs > 0 ? duration(oldestMs) : "–", oldestMs > 5000 ? "bad" : "plain");
    this.#stat("reserved", reservedBytes > 0 ? bytes(reservedBytes) : "–");
    this.plot.draw(now, limitBytes > 0 ? [{ at: limitBytes, text: "limit", tone: "bad" }] : []);
    const legend = reservedBytes > 0 ? [`the one instance: ${bytes(reservedBytes)} reserved, never less`] : [];
    showLegend(this.#legend, legend, () => undefined);
    const label = legend.length > 0 ? `Memory over the last minute: ${bytes(reservedBytes)} reserved.` : "It holds no memory.";
    if (this.#place.ariaLabel !== label) this.#place.ariaLabel = label;
  }

  /**
   * @param {string} name
   * @param {string} text
   * @param {"plain" | "bad"} [tone]
   */
  #stat(name, text, tone = "plain") {
    const element = /** @type {HTMLElement} */ (this.#side.querySelector(`[data-bare="${name}"]`));
    setText(element, text);
    element.dataset.tone = tone;
  }
}

/**
 * @param {HTMLElement} list
 * @param {string[]} words
 * @param {(index: number) => number | undefined} hueOf
 */
function showLegend(list, words, hueOf) {
  while (list.childElementCount > words.length) list.lastElementChild?.remove();
  while (list.childElementCount < words.length) list.append(make("li"));
  words.forEach((text, index) => {
    const entry = /** @type {HTMLElement} */ (list.children[index]);
    const hue = hueOf(index);
    if (hue !== undefined) entry.dataset.hue = String(hue);
    setText(entry, text);
  });
}
