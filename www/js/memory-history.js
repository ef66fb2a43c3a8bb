// @ts-check
/** @import { GenerationHealth } from "./types.js" */

/** How far back the plot goes. */
export const WINDOW_MS = 60_000;

/**
 * @typedef {object} Life
 * @property {number} generation
 * @property {number} hue       which of the four colours
 * @property {number} limit
 * @property {string} phase     its phase, or "gone"
 * @property {{ at: number, reserved: number, live: number }[]} points
 */

/** What each generation's memory was, for as long as the plot shows it. */
export class MemoryHistory {
  /** @type {Map<string, Life>} */
  #lives = new Map();
  #era = 0;

  /** A new pool may count its generations from the start again; the old ones keep their lines. */
  newEra() {
    this.sample([], performance.now());
    this.#era += 1;
  }

  /**
   * @param {GenerationHealth[]} generations
   * @param {number} at
   */
  sample(generations, at) {
    const present = new Set();
    for (const { generation, phase, reserved, live, limit } of generations) {
      const key = `${this.#era}:${generation}`;
      present.add(key);
      let life = this.#lives.get(key);
      if (!life) {
        life = { generation, hue: hueOf(generation), limit, phase, points: [] };
        this.#lives.set(key, life);
      }
      life.phase = phase;
      life.limit = limit;
      life.points.push({ at, reserved, live });
    }
    for (const [key, life] of this.#lives) {
      if (!present.has(key) && life.phase !== "gone") {
        life.phase = "gone";
        life.points.push({ at, reserved: 0, live: 0 });
      }
      const first = life.points.findIndex((point) => point.at >= at - WINDOW_MS);
      if (first < 0) this.#lives.delete(key);
      // One point before the window stays, so that a line reaches its edge.
      else if (first > 1) life.points.splice(0, first - 1);
    }
  }

  get lives() {
    return Array.from(this.#lives.values());
  }
}

/** @param {number} generation */
export function hueOf(generation) {
  return generation % 4;
}
