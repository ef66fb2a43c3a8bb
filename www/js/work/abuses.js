// @ts-check
/** @import { RunOptions } from "../types.js" */

/**
 * What a visitor can do to a pool.
 * @typedef {object} Abuse
 * @property {string} name
 * @property {string} label  of its button
 * @property {string} hint  what it does
 * @property {string | null} task  `null`: it is no call
 * @property {unknown} argument
 * @property {RunOptions} options  of the call on a pool of perennial; bare wasm-bindgen-rayon has none
 * @property {string | null} ends  the code that the call rejects with; `null`: it is fulfilled
 * @property {string} perennial  what becomes of it on a pool of perennial
 * @property {string} bare  and on bare wasm-bindgen-rayon
 */

const MIB = 1024 * 1024;
/** How long an endless loop is let be. */
const TIMEOUT_MS = 2000;
const WAITS = "The worker waits for ever for the thread that is gone. Nothing says so, and no call after it ends.";

/** @type {Abuse[]} */
export const ABUSES = [
  {
    name: "leak",
    label: "Leak 50 MiB",
    hint: "Allocates memory and forgets it.",
    task: "leak",
    argument: 50 * MIB,
    options: {},
    ends: null,
    perennial: "The pool moves to a fresh memory before this one is full.",
    bare: "The memory grows, and stays grown. Full, it traps.",
  },
  {
    name: "touch",
    label: "Use 200 MiB and free it",
    hint: "Writes to every page of a large block, and frees it.",
    task: "touch",
    argument: 200 * MIB,
    options: { memory: 201 * MIB },
    ends: null,
    perennial: "The call says what it takes, so it waits until that fits. What it freed returns when the pool is idle.",
    bare: "The memory stays reserved for as long as the page is open.",
  },
  {
    name: "panic",
    label: "Panic deep inside Rayon",
    hint: "Panics under a parallel loop, inside joins inside one another.",
    task: "panic_deep",
    argument: undefined,
    options: {},
    ends: "TaskPanicked",
    perennial: "The call rejects with the panic's words and its place. The pool goes on.",
    bare: "The call rejects with the panic's words, as panics unwind here too. It goes on.",
  },
  {
    name: "exhaust",
    label: "Exhaust the memory",
    hint: "Takes blocks on every thread until there is no memory left.",
    task: "exhaust",
    argument: 64 * 1024,
    options: {},
    ends: "MemoryExhausted",
    perennial: "The call rejects, its memory is freed, and the pool goes on.",
    bare: `A failed allocation is a trap. ${WAITS}`,
  },
  {
    name: "trap",
    label: "Trap",
    hint: "Runs into an unreachable instruction on one thread.",
    task: "trap",
    argument: undefined,
    options: {},
    ends: "GenerationLost",
    perennial: "The generation is lost and replaced at once. Work that may run again does, and this call rejects.",
    bare: WAITS,
  },
  {
    name: "overflow",
    label: "Overflow the stack",
    hint: "Recurses without an end.",
    task: "overflow",
    argument: undefined,
    options: {},
    ends: "GenerationLost",
    perennial: "The overflow is seen, and told as the cause. The generation is replaced at once.",
    bare: `The stack runs over into the heap before anything traps. ${WAITS}`,
  },
  {
    name: "patient-loop",
    label: "Loop with checkpoints",
    hint: "Computes without an end, and asks at checkpoints whether it should go on.",
    task: "loop_patiently",
    argument: undefined,
    options: { timeout: TIMEOUT_MS },
    ends: "TimedOut",
    perennial: "After 2 s the call rejects, and the task ends at its next checkpoint. Nothing else notices.",
    bare: "The worker waits for a call that never ends. Nobody can stop it.",
  },
  {
    name: "loop",
    label: "Loop for ever",
    hint: "Computes without an end and without checkpoints.",
    task: "loop_forever",
    argument: undefined,
    options: { timeout: TIMEOUT_MS },
    ends: "TimedOut",
    perennial: "After 2 s the call rejects. The generation is replaced, its other jobs end first.",
    bare: "The worker waits for a call that never ends. Nobody can stop it.",
  },
  {
    name: "kill",
    label: "Kill a worker",
    hint: "Ends a thread's worker from outside, as a browser short of memory does.",
    task: null,
    argument: undefined,
    options: {},
    ends: null,
    perennial: "The pool notices at once and replaces the generation. Work that may run again does.",
    bare: "Nothing notices. The next call that needs the thread never ends.",
  },
];

/** @param {string} name */
export function abuseOf(name) {
  const abuse = ABUSES.find((abuse) => abuse.name === name);
  if (!abuse) throw new Error(`there is no abuse "${name}"; there are ${ABUSES.map(({ name }) => name).join(", ")}`);
  return abuse;
}
