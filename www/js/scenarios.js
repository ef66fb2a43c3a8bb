// @ts-check
// The story, and a scenario for each thing that can be done. Each has a link of its own: `#` and its name.

import { bytes, duration } from "./format.js";
import { done, lost, recycles } from "./story.js";
import { ABUSES } from "./work/abuses.js";
/** @import { Actions, WorkName } from "./actions.js" */
/** @import { Scenario, Step } from "./story.js" */

const LEAK = 60;

/** @param {Actions} actions */
const held = ({ pool }) => bytes(pool.health?.memory.reserved ?? 0);

/** @param {number} count @param {string} one */
const several = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

/** Whether nothing more is to be waited for on the bare side. @param {Actions} actions */
const isOver = ({ bare }) => bare.isLost || !bare.isLoaded;

/** What has become of the bare side by the leak, as it is. @param {Actions} actions */
function wall({ bare }) {
  const { status, words, reservedBytes, limitBytes } = bare.state;
  if (status === "none") return "The bare side is switched off.";
  if (status === "failed") return `The bare side has no part in this: ${words}`;
  const holds = `It holds ${bytes(reservedBytes)} of ${bytes(limitBytes)}`;
  if (bare.isLost) return `The bare side: ${words} ${holds}, and only a reload helps.`;
  return `The bare side still works. ${holds}, and never gives any of it back.`;
}

/** @param {WorkName} name @returns {Step} */
const working = (name) => ({
  title: "Work",
  say: () => "Both sides run the same Rust on the same number of threads.",
  act: async (actions, signal) => {
    if (!actions.isBeside) await actions.setBeside(true);
    signal.throwIfAborted();
    await actions.work(name, true, signal);
  },
  until: (actions, then) => done(actions) >= then.done + 4 && (isOver(actions) || actions.bare.state.made >= 2),
  late: () => "The work is slow on this machine; on with it.",
});

/** @type {Scenario} */
export const STORY = {
  name: "story",
  title: "The whole story",
  hint: "Work, leak, recycle, trap, recovery.",
  steps: [
    {
      ...working("mandelbrot"),
      say: () => "Both sides zoom into the Mandelbrot set: the same Rust, on the same number of Rayon threads.",
    },
    {
      title: "Leak",
      say: () => `Now a task forgets ${LEAK} MiB a second, on both sides. A memory of WebAssembly only grows, so both lines climb.`,
      act: (actions) => actions.setLeak(LEAK),
      until: (actions, then) => recycles(actions) > then.recycles,
      late: () => "No recycle was needed within a minute; on with the story.",
    },
    {
      title: "Recycle",
      say: (actions) => `${recycles(actions) > 0 ? "perennial saw it coming" : "Nothing was recycled yet"}. ${actions.pool.decision}`,
      until: (actions, then) => recycles(actions) >= then.recycles + 2 && isOver(actions),
      late: ({ bare }) => `The bare side still says: ${bare.state.words}`,
    },
    { title: "The wall", say: wall },
    {
      title: "Trap",
      say: () => "To be fair, the bare side is reloaded. Now both meet a trap: an instruction that ends the instance.",
      act: async (actions, signal) => {
        await actions.setLeak(0);
        signal.throwIfAborted();
        await actions.reloadBare();
        signal.throwIfAborted();
        await actions.abuse("trap", signal);
      },
      until: (actions, then) => lost(actions) > then.lost && actions.pool.health?.phase === "serving",
      late: () => "The trap has not been told yet; on with the story.",
    },
    {
      title: "Recovery",
      say: ({ pool }) => `${pool.decision} What may run twice runs again; the trap's caller got an error.`,
      until: (actions, then) => done(actions) >= then.done + 4 && isOver(actions),
      late: ({ bare }) => `The bare side still says: ${bare.state.words}`,
    },
    {
      title: "The end",
      say: (actions) =>
        `perennial: ${several(done(actions), "job")} done, ${several(actions.lost, "job")} of the work lost, ${several(recycles(actions), "recycle")}, ` +
        `${held(actions)} held. Bare: ${actions.bare.state.words} Now do your own worst.`,
      act: (actions) => actions.rest(),
    },
  ],
};

/** @param {WorkName} name @param {string} title @param {string} hint @returns {Scenario} */
const work = (name, title, hint) => ({ name, title, hint, steps: [{ ...working(name), say: () => hint }] });

/** @type {Scenario} */
const LEAKING = {
  name: "leak",
  title: "A leak",
  hint: `A task forgets ${LEAK} MiB a second, for as long as you let it.`,
  steps: [
    working("mandelbrot"),
    {
      title: "Leak",
      say: () => `A task forgets ${LEAK} MiB a second, on both sides. Watch the saw-tooth on the left, and the limit on the right.`,
      act: (actions) => actions.setLeak(LEAK),
      until: (actions, then) => recycles(actions) >= then.recycles + 3,
      late: () => "No three recycles within a minute: the limit is high for this leak.",
    },
    { title: "Outlived", say: ({ pool }) => `${pool.decision} It goes on like this until you end the leak.` },
  ],
};

/** @type {Scenario} */
const RECYCLE = {
  name: "recycle",
  title: "A recycle",
  hint: "A new generation takes over in the middle of the work.",
  steps: [
    working("mandelbrot"),
    {
      title: "Recycle",
      say: () => "A new generation grows beside the old one, takes the work over, and the old one's memory goes back.",
      act: (actions) => actions.recycle(),
      until: (actions, then) => recycles(actions) > then.recycles && done(actions) >= then.done + 2,
    },
    { title: "Done", say: ({ pool }) => pool.decision },
  ],
};

/** @param {typeof ABUSES[number]} abuse @returns {Scenario} */
function abusing({ name, label, hint, perennial, bare }) {
  return {
    name: name === "leak" ? "leak-once" : name,
    title: label,
    hint,
    steps: [
      working("mandelbrot"),
      {
        title: label,
        say: () => `${hint} What is expected of perennial: ${perennial}`,
        act: (actions, signal) => actions.abuse(name, signal),
        until: (actions, then) => actions.abused.length > then.abused,
        late: () => "It has not ended within a minute.",
      },
      {
        title: "After it",
        say: () => `What is expected of the bare side: ${bare}`,
        until: (actions, then) => done(actions) >= then.done + 3,
        late: () => "The work has not gone on within a minute.",
      },
      {
        title: "Result",
        say: (actions) =>
          `perennial has done ${several(done(actions), "job")} and lost ${actions.lost} of the work. ` +
          `Bare: ${actions.bare.state.words} Its oldest open call: ${duration(actions.bare.state.oldestMs)}.`,
      },
    ],
  };
}

/** @type {Scenario[]} */
export const SCENARIOS = [
  STORY,
  work("proofs", "Groth16 proofs", "Zero-knowledge proofs, each verified under the key of the first generation."),
  work("mandelbrot", "A Mandelbrot zoom", "An endless zoom, each picture on all threads."),
  work("photo", "A photo", "A photo is decoded, resized and encoded in pure Rust."),
  LEAKING,
  RECYCLE,
  ...ABUSES.map(abusing),
];

/** @param {string} hash of an address */
export function scenarioOf(hash) {
  return SCENARIOS.find(({ name }) => `#${name}` === hash);
}
