// @ts-check
// Plays scenarios: step by step, each until what it waits for has happened.

import { describe } from "./format.js";
/** @import { Actions } from "./actions.js" */
/** @import { Tone } from "./types.js" */

/** How long a word takes to be read. */
const WORD_MS = 230;
const STEP_MS_MAX = 60_000;

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {(actions: Actions) => string} say told when the step begins
 * @property {(actions: Actions, signal: AbortSignal) => unknown} [act] what is done then, until the step is left
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
  /** Aborted when the step is left before its time. */
  #leaving = new AbortController();
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
      await this.#endLeak();
      for (const [index, step] of scenario.steps.entries()) {
        if (stopping.signal.aborted) return;
        this.index = index;
        this.#changed();
        await this.#step(step);
      }
      if (stopping.signal.aborted) return;
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

  /** What has begun ends; a leak ends at once. */
  stop() {
    if (!this.#stopping) return;
    this.#stopping.abort();
    this.#leaving.abort();
    void this.#endLeak();
    this.#look();
  }

  /** Goes on with the next step, whatever has happened. */
  skip() {
    this.#leaving.abort();
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
   */
  async #step(step) {
    const { actions } = this;
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    const then = counted(actions);
    let read = this.#say(step.say(actions));
    const left = new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    await Promise.race([this.#act(step, signal), left]);
    if (signal.aborted) return;
    const { until } = step;
    const limit = performance.now() + STEP_MS_MAX;
    const come = await this.#wait(() => !until || until(actions, then), () => performance.now() > limit, signal);
    if (come === "late" && step.late) read = this.#say(step.late(actions), "bad");
    await this.#wait(() => performance.now() >= read && !this.isPaused, () => false, signal);
  }

  /**
   * Rejects with what goes wrong, if that is the step's own fault: one that was left may break off.
   * @param {Step} step
   * @param {AbortSignal} signal
   */
  async #act(step, signal) {
    try {
      await step.act?.(this.actions, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      if (error !== signal.reason) this.tell(describe(error), "bad");
    }
  }

  /**
   * @param {string} words
   * @param {Tone} [tone]
   * @returns {number} when they are read, as `performance.now()`
   */
  #say(words, tone) {
    this.tell(words, tone);
    return performance.now() + words.split(" ").length * this.wordMs;
  }

  /** What leaks beside a step spoils what it counts and says. */
  async #endLeak() {
    if (this.actions.leak.rate > 0) await this.actions.setLeak(0);
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
        const answer = signal.aborted ? "left" : come() ? "come" : late() ? "late" : undefined;
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
