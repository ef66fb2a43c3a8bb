// Counts each run of each job in memory that belongs to the page: no death of a generation takes it, and a count that a
// thread has added is there even if the thread is killed in the same moment.

/** Runs whose generation is noted. */
const NOTED_MAX = 5;
/** Of each job: how many runs have begun, then the generation of each. */
const LENGTH = 1 + NOTED_MAX;

/** @param {number} jobs */
export const makeLedger = (jobs) => new Int32Array(new SharedArrayBuffer(jobs * LENGTH * Int32Array.BYTES_PER_ELEMENT));

/** @param {Int32Array} ledger @param {number} job @param {number} generation */
export function countRun(ledger, job, generation) {
  const run = Atomics.add(ledger, job * LENGTH, 1);
  if (run < NOTED_MAX) Atomics.store(ledger, job * LENGTH + 1 + run, generation);
}

/**
 * @param {Int32Array} ledger @param {number} job
 * @returns {{ runs: number, ranIn: number[] }} `ranIn`: generations, in order; 0 where a thread died between the two words
 */
export function runsOf(ledger, job) {
  const runs = Atomics.load(ledger, job * LENGTH);
  const ranIn = Array.from({ length: Math.min(runs, NOTED_MAX) }, (_, run) => Atomics.load(ledger, job * LENGTH + 1 + run));
  return { runs, ranIn };
}
