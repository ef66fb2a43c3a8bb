// @ts-check
// What the memory of each generation was, over the last minute.

export const WINDOW_S = 60;

/** Neighbours in time have different colours. */
export const HUES = 4;

/** How many marks are kept: a generation each tenth of a second would be many. */
const MARKS_MAX = 200;

/**
 * One life of a pool at a moment, in bytes. `key` tells it from all others; `hue` is from 0 to `HUES`; `live` is
 * `null` where nobody counts it.
 * @typedef {{ key: string, hue: number, reserved: number, live: number | null }} Life
 *
 * Something that happened, in seconds as of `performance.now()`.
 * @typedef {{ at: number, text: string, tone: "good" | "bad" }} Mark
 */

/**
 * Samples as columns: seconds, then for each hue what was reserved and what was live. Lives of one hue follow one another in
 * its columns, with a gap between them.
 */
export class History {
  /** @type {(number | null)[][]} */
  columns = Array.from({ length: 1 + 2 * HUES }, () => []);
  /** @type {Mark[]} */
  marks = [];
  /** Whose samples each hue has now. @type {(string | undefined)[]} */
  #shown = [];

  /**
   * @param {Life[]} lives those that hold memory
   * @param {number} now in ms
   */
  sample(lives, now) {
    const last = this.columns[0].at(-1) ?? -Infinity;
    // Two samples of one moment would stand on top of one another.
    const at = Math.max(now / 1000, last + 0.001);
    const changed = lives.some(({ hue, key }) => this.#shown[hue] !== undefined && this.#shown[hue] !== key);
    if (changed) this.#push(at - 0.0005, []);
    this.#push(at, lives);
    this.#shown = [];
    for (const { hue, key } of lives) this.#shown[hue] = key;
    this.#forget(at - WINDOW_S - 2);
  }

  /**
   * @param {string} text
   * @param {"good" | "bad"} tone
   * @param {number} now in ms
   */
  mark(text, tone, now) {
    this.marks.push({ at: now / 1000, text, tone });
    if (this.marks.length > MARKS_MAX) this.marks.shift();
  }

  /** The most that was reserved by one life, in bytes. */
  get highest() {
    let most = 0;
    for (let hue = 0; hue < HUES; hue++) {
      for (const value of this.columns[1 + 2 * hue]) if (value !== null && value > most) most = value;
    }
    return most;
  }

  get isEmpty() {
    return this.columns[0].length === 0;
  }

  /**
   * @param {number} at
   * @param {Life[]} lives
   */
  #push(at, lives) {
    this.columns[0].push(at);
    for (let hue = 0; hue < HUES; hue++) {
      const life = lives.find((life) => life.hue === hue);
      this.columns[1 + 2 * hue].push(life ? life.reserved : null);
      this.columns[2 + 2 * hue].push(life ? life.live : null);
    }
  }

  /** @param {number} before in seconds */
  #forget(before) {
    const times = /** @type {number[]} */ (this.columns[0]);
    const kept = times.findIndex((at) => at >= before);
    if (kept > 0) for (const column of this.columns) column.splice(0, kept);
    while (this.marks.length > 0 && this.marks[0].at < before) this.marks.shift();
  }
}
