// What is called: the soak's kinds, each call with its job's number, so that its runs are counted, and those that take their
// generation with them.

import { DISASTERS, KINDS as LOAD } from "../soak/kinds.mjs";

const rejects = (...codes) => ({ error }) => codes.includes(error?.code);

/**
 * Each run of one of these ends its generation. `ends`: how many generations a call takes.
 * @type {Record<string, Kind>}
 */
export const DEADLY = {
  trap: deadly("trap", null),
  "a trap that may run again": { ...deadly("trap", null, { idempotent: true }), ends: 3 },
  hang: deadly("hang", null, { timeout: 100 }, "TimedOut"),
  "an exception across Rayon": deadly("throw", "AcrossRayon"),
  "a detached panic, heard of": deadly("detached_panic", "Stays"),
  "a detached panic, too late": {
    ends: 1,
    // Its job may have its result before the panic.
    call: () => {
      const isRight = (end) => end.error === undefined || rejects("GenerationLost")(end);
      return { task: "detached_panic", argument: "Returns", isRight };
    },
  },
  "an overflow in small frames": deadly("overflow", "Small"),
  // It writes over what its neighbours have in the memory below its stack, before anybody knows.
  "an overflow in large frames": deadly("overflow", "Large"),
};

/**
 * All kinds of jobs. `weight`: how often, beside the others; `ends`: instead, that it ends generations, and how many;
 * `exhausts`: uses its memory up.
 * @typedef {{ weight?: number, ends?: number, exhausts?: boolean, call: (random: () => number) => import("../soak/kinds.mjs").Call }} Kind
 * @type {Record<string, Kind>}
 */
export const KINDS = {
  ...LOAD,
  exhaustion: { call: DISASTERS.exhaustion.call, weight: 2, exhausts: true },
  "an exception at the root": { weight: 1, call: () => ({ task: "throw", argument: "Root", isRight: rejects("TaskFailed") }) },
  ...DEADLY,
};

/**
 * The call of a job of the plan.
 * @param {import("./plan.mjs").Job} job @param {() => number} random
 * @returns {import("../soak/kinds.mjs").Call}
 */
export function callOf({ job, kind, idempotent, abortAfter }, random) {
  const { task, argument, options, isRight, abortAfter: ownAbort } = KINDS[kind].call(random);
  const call = { task: `counted_${task}`, argument: [job, argument], options: { idempotent, ...options }, isRight, abortAfter: ownAbort };
  if (abortAfter === undefined || ownAbort !== undefined) return call;
  return { ...call, abortAfter, isRight: (end) => end.error?.name === "AbortError" || isRight(end) };
}

function deadly(task, argument, options = {}, code = "GenerationLost") {
  return { ends: 1, call: () => ({ task, argument, options, isRight: rejects(code) }) };
}
