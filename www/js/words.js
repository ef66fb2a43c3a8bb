// @ts-check
// What a pool does and why, in words.

import { bytes, duration } from "./format.js";
/** @import { Events, Reason, Tone } from "./types.js" */

/** @type {Record<Reason, string>} */
const REASONS = {
  requested: "it was asked to",
  hang: "a job would not stop",
  pressure: "its memory was getting full",
  admission: "a job waited that fits a fresh memory only",
  exhausted: "a job found no memory and runs again in a fresh one",
  age: "it had reached its age",
  jobs: "it had done its number of jobs",
  exception: "an exception of JavaScript had left a job half done",
  idle: "it was idle and held memory that nothing used",
};

/**
 * An event in words, and how bad it is. `short`, if it is a decision of the pool's: what it does and why.
 * @typedef {{ text: string, tone: Tone, short?: string }} Told
 */

/** @type {{ [Type in keyof Events]?: (detail: Events[Type]) => Told }} */
const TELLS = {
  recyclestart: ({ from, to, reason }) => decision(`Generation ${to} grows to take over from ${from}, because ${REASONS[reason]}.`),
  recycleend: ({ from, to, reason, pauseMs, totalMs, bytesFreed }) =>
    decision(
      `Generation ${from} gave way to ${to}, because ${REASONS[reason]}: ${bytes(bytesFreed)} given back in ${duration(totalMs)}, ` +
        `${pauseMs > 0 ? `a pause of ${duration(pauseMs)}` : "no pause"}.`,
      "good",
    ),
  recyclefailed: ({ from, cause }) => decision(`Generation ${from} serves on, because its successor failed: ${cause}.`, "bad"),
  generationlost: ({ generation, cause, rerun, rejected }) => {
    const end = `${jobs(rerun, "runs again", "run again")}, ${jobs(rejected, "was rejected", "were rejected")}; a new one starts at once.`;
    const text = `Generation ${generation} died: ${sentence(cause)} ${end}`;
    return { text, tone: "bad", short: `Generation ${generation} died (${brief(cause)}): ${end}` };
  },
  pressure: ({ generation, level, live, limit, msToLimit }) => ({
    text:
      level === "calm"
        ? `Generation ${generation} is calm again.`
        : `Memory of generation ${generation} is ${level}: ${bytes(live)} of ${bytes(limit)} live` +
          `${msToLimit === null ? "" : `, ${duration(msToLimit)} to the limit at this rate`}.`,
    tone: "plain",
  }),
  limitreduced: ({ generation, asked, granted }) =>
    decision(`The device refused ${bytes(asked)}; generation ${generation} has ${bytes(granted)}.`),
  snapshotfailed: ({ generation, cause }) => ({ text: `Generation ${generation} gave no snapshot: ${cause}.`, tone: "plain" }),
  degraded: ({ cause }) => decision(`The pool is degraded: ${sentence(cause)}`, "bad"),
  recovered: ({ generation }) => decision(`The pool has recovered, with generation ${generation}.`, "good"),
  backpressure: ({ length, max }) => ({ text: `The queue is nearly full: ${length} of ${max}.`, tone: "bad" }),
  drain: ({ length, max }) => ({ text: `The queue has room again: ${length} of ${max}.`, tone: "plain" }),
};

/** The events that are told. */
export const TOLD = /** @type {(keyof Events)[]} */ (Object.keys(TELLS));

/**
 * @template {keyof Events} Type
 * @param {Type} type one of `TOLD`
 * @param {Events[Type]} detail
 * @returns {Told}
 */
export function tell(type, detail) {
  const words = /** @type {((detail: Events[Type]) => Told) | undefined} */ (TELLS[type]);
  return words?.(detail) ?? { text: String(type), tone: "plain" };
}

/**
 * @param {string} text
 * @param {Tone} [tone]
 * @returns {Told}
 */
function decision(text, tone = "plain") {
  return { text, tone, short: text };
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} many
 */
function jobs(count, one, many) {
  return count === 0 ? `no job ${one}` : count === 1 ? `1 job ${one}` : `${count} jobs ${many}`;
}

/** A cause without what it says of places and jobs: that is in the log. @param {string} cause */
function brief(cause) {
  const [words] = cause.split(/ \(| at |[.;\n]/, 1);
  return words.length > 70 ? `${words.slice(0, 69)}…` : words;
}

/** @param {string} text */
function sentence(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
