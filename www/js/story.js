// @ts-check
// Plays scenarios: step by step, each until what it waits for has happened.

/** @import { Actions } from "./actions.js" */
/** @import { Tone } from "./types.js" */

/** How long a word takes to be read. */
const WORD_MS = 230;
const STEP_MS_MAX = 60_000;

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {(actions: Actions) => string} say told when the step begins
 * @property {(actions: Actions) => unknown} [act] what is done then
 * @property {(actions: Actions, then: Then) => boolean} [until] what is waited for
 * @property {(actions: Actions) => string} [late] told where it has not come within a minute
 *
 * @typedef {{ name: string, title: string, hint: string, steps: Step[] }} Scenario
 *
 * What was counted when a step began.
 * @typedef {{ done: number, recycles: number, lost: number, abused: number }} Then
 */

/** Fires `change` when a step begins or ends, and when it is paused, or not any more. */
export class Story extends EventTarget {
  /** @type {Scenario | undefined} */
  scenario;
  index = 0;
  isPlaying = false;
  isPaused = false;
  /** For who does not read. */
  wordMs = WORD_MS;
  /** @type {AbortController | undefined} */
  #stopping;
  #skips = false;
  /** Asks again whether what is waited for has come. */
  #look = () => {};

  /**
   * @param {Actions} actions
   * @param {(text: string, tone?: Tone) => void} tell
   */
  constructor(actions, tell) {
    super();
    this.actions = actions;
    this.tell = tell;
    for (const source of [actions, actions.pool, actions.bare]) source.addEventListener("change", () => this.#look());
  }

  /**
   * @param {Scenario} scenario
   * @returns {Promise<void>} when it is over, or was stopped
   */
  async play(scenario) {
    this.stop();
    const stopping = new AbortController();
    this.#stopping = stopping;
    Object.assign(this, { scenario, index: 0, isPlaying: true, isPaused: false });
    try {
      for (const [index, step] of scenario.steps.entries()) {
        this.index = index;
        this.#changed();
        await this.#step(step, stopping.signal);
        if (stopping.signal.aborted) return;
      }
      this.index = scenario.steps.length;
    } finally {
      if (this.#stopping === stopping) {
        this.#stopping = undefined;
        this.isPlaying = false;
        this.isPaused = false;
        this.#changed();
      }
    }
  }

  stop() {
    this.#stopping?.abort();
    this.#look();
  }

  /** Goes on with the next step, whatever has happened. */
  skip() {
    this.#skips = true;
    this.isPaused = false;
    this.#changed();
  }

  togglePause() {
    if (!this.isPlaying) return;
    this.isPaused = !this.isPaused;
    this.#changed();
  }

  /**
   * @param {Step} step
   * @param {AbortSignal} signal
   */
  async #step(step, signal) {
    const { actions } = this;
    this.#skips = false;
    const then = counted(actions);
    const words = step.say(actions);
    this.tell(words);
    const read = performance.now() + words.split(" ").length * this.wordMs;
    const left = new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    await Promise.race([step.act?.(actions), left]);
    if (signal.aborted) return;
    const { until } = step;
    const limit = performance.now() + STEP_MS_MAX;
    const come = await this.#wait(() => !until || until(actions, then), () => performance.now() > limit, signal);
    if (come === "late" && step.late) this.tell(step.late(actions), "bad");
    await this.#wait(() => performance.now() >= read && !this.isPaused, () => false, signal);
  }

  /**
   * @param {() => boolean} come
   * @param {() => boolean} late
   * @param {AbortSignal} signal
   * @returns {Promise<"come" | "late" | "left">}
   */
  #wait(come, late, signal) {
    return new Promise((resolve) => {
      const look = () => {
        const answer = signal.aborted || this.#skips ? "left" : come() ? "come" : late() ? "late" : undefined;
        if (!answer) return;
        // Another scenario may wait by now.
        if (this.#look === look) this.#look = () => {};
        resolve(answer);
      };
      if (!signal.aborted) this.#look = look;
      look();
    });
  }

  #changed() {
    this.#look();
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {Actions} actions
 * @returns {Then}
 */
function counted({ pool, abused }) {
  const { fulfilled = 0, recycles = 0, lost = 0 } = pool.health?.counters ?? {};
  return { done: fulfilled, recycles, lost, abused: abused.length };
}

/** @param {Actions} actions */
export const done = ({ pool }) => pool.health?.counters.fulfilled ?? 0;
/** @param {Actions} actions */
export const recycles = ({ pool }) => pool.health?.counters.recycles ?? 0;
/** @param {Actions} actions */
export const lost = ({ pool }) => pool.health?.counters.lost ?? 0;
