// @ts-check
// The words between the page, a leader and its threads. Every message has a `kind`; from a leader on, also the number of
// its generation.

/** What the coordinator asks of the driver, as in `src/web/outputs.rs`. */
export const OUTPUT = Object.freeze({
  start: 1,
  post: 2,
  stop: 3,
  retire: 4,
  terminate: 5,
  settleAsSaid: 6,
  settle: 7,
  emit: 8,
  snapshot: 9,
  report: 10,
  ask: 11,
});
/** The numbers of an output, in order. */
export const OUTPUT_AT = Object.freeze({ what: 0, generation: 1, job: 2, task: 3, announce: 4, length: 5 });

/** How a job ended in its generation. */
export const ENDING = Object.freeze({ rejected: 0, fulfilled: 1, exhausted: 2, threw: 3 });

/**
 * The numbers of a thread's health, in order; after them, for each open job its number and how long it runs in ms. `worked` is
 * in ms too: how long it has had a job.
 */
export const HEALTH = Object.freeze({ thread: 0, reserved: 1, live: 2, peak: 3, done: 4, worked: 5, length: 6 });

/** A sample of a generation, as `src/web/leader.rs` lays it out: the memory, then the same count of numbers a thread. */
export const SAMPLE = Object.freeze({ reserved: 0, live: 1, peak: 2, head: 3, thread: 19, done: 0, worked: 1, open: 2, jobs: 3 });

/** The job numbers that stand for the pool's `input` and for the last snapshot; as in `src/web/leader.rs`. */
export const INPUT = 0;
export const SNAPSHOT = Number.MAX_SAFE_INTEGER;
/** And for a batch of small jobs. */
export const BATCH = SNAPSHOT - 1;

/**
 * A batch of small jobs: these numbers of each job, then each job's head. A head is the value that is the argument, without
 * the buffers beside it; a job that has some, or a head above `max` bytes, is posted alone.
 */
export const BATCH_JOB = Object.freeze({ job: 0, task: 1, announce: 2, head: 3, length: 4, max: 16 * 1024, maxTotal: 1024 * 1024 });

/** A word of a job, as `src/generation/outbox.rs` lays it out: these numbers, then the value, filled up to a whole number. */
export const WORD = Object.freeze({
  kind: 0, job: 1, number: 2, value: 3, ran: 4, health: 5, length: 11, started: 0, progress: 1, ended: 2,
});

/** In a task's number: it runs on every thread. As in `src/web/mod.rs`. */
export const EVERYWHERE = 2 ** 31;

/**
 * How long a trap's word waits, in ms, for one who knows more. A panic that nobody could catch, or an overflow, is told at once, and may
 * have marked the memory for the first to trap; who was only pulled along lets that one speak.
 */
export const PATIENCE = Object.freeze({ first: 10, later: 50 });

/** What is in `ended`: whether the generation has ended, and whether a worker of it says why. */
export const ENDED = Object.freeze({ isEnded: 0, isKnown: 1, length: 2 });

/**
 * How long who was left by this waits with its word; to be asked at once. The first trap marks the memory; who comes back from an
 * import then traps in its turn, and whom the glue did not let in has not trapped.
 * @param {Int32Array<SharedArrayBuffer>} ended @param {unknown} thrown
 */
export function patience(ended, thrown) {
  const isFirst = thrown instanceof WebAssembly.RuntimeError && Atomics.exchange(ended, ENDED.isKnown, 1) === 0;
  return isFirst ? PATIENCE.first : PATIENCE.later;
}

/**
 * An argument: its large buffers apart, each with the bytes of one of its elements. The head is all of its buffer.
 * @typedef {{ head: Uint8Array<ArrayBuffer>, segments: ArrayBuffer[], sizes: number[] }} Encoded
 *
 * Page to leader:
 * @typedef {{ kind: "start", pool: string, generation: number, glue: string, build: string | undefined, module: WebAssembly.Module,
 *   initialPages: number, limit: number, threads: number, stackSize: number, reportInterval: number, input: SharedArrayBuffer | undefined,
 *   snapshot: ArrayBuffer | undefined, ended: Int32Array<SharedArrayBuffer>, flow: import("./flow.js").Flow, ports: MessagePort[] }} Start
 *   `ended` as `ENDED`: nothing may call into the memory any more once its first word is not 0; of `ports` there is one a thread,
 *   by which it tells the page of its death
 * @typedef {{ kind: "run", job: number, task: number, announce: boolean, argument: Encoded }} Run
 * @typedef {{ kind: "batch", count: number, batch: ArrayBuffer }} Batch
 * @typedef {{ kind: "more" }} More words of small jobs, which were held back
 * @typedef {{ kind: "stop", job: number }} Stop
 * @typedef {{ kind: "snapshot", max: number }} TakeSnapshot
 * @typedef {{ kind: "retire" }} Retire
 * @typedef {{ kind: "ask" }} Ask
 * @typedef {{ kind: "end" }} End
 * @typedef {Start | Run | Batch | More | Stop | TakeSnapshot | Retire | Ask | End} ToLeader
 *
 * Leader to thread:
 * @typedef {{ kind: "become", glue: string, build: string, receiver: number, port: MessagePort,
 *   ended: Int32Array<SharedArrayBuffer>, stacks: Int32Array,
 *   module: { module_or_path: WebAssembly.Module, memory: WebAssembly.Memory, thread_stack_size: number } }} Become
 *
 * Thread to leader, passed on to the page; `Died` also to the page itself:
 * @typedef {{ kind: "ready", cause: string, health: number[] }} Ready
 * @typedef {{ kind: "started", job: number }} Started
 * @typedef {{ kind: "progress", job: number, progress: number }} Progress
 * @typedef {{ kind: "ended", job: number, ending: number, ran: number, value: ArrayBuffer, segments: ArrayBuffer[],
 *   health: number[] | Float64Array }} Ended
 * @typedef {{ kind: "threw", job: number, fault: { code: string, message: string }, thrown: unknown, name: string | undefined,
 *   health: number[] }} Threw an exception left the job's root; its own name, since a clone may have another
 * @typedef {{ kind: "snapshot", value: ArrayBuffer, cause: string }} Snapshot
 * @typedef {{ kind: "died", cause: string }} Died
 * Thread to leader alone:
 * @typedef {{ kind: "words" }} HasWords
 * @typedef {{ kind: "locked" }} Locked
 * @typedef {{ kind: "left" }} Left
 * @typedef {Ready | Started | Progress | Ended | Threw | Snapshot | Died | HasWords | Locked | Left} FromThread
 *
 * Leader to page:
 * @typedef {{ kind: "hello" }} Hello
 * @typedef {{ kind: "build", build: string }} Build
 * @typedef {{ kind: "granted", limit: number }} Granted
 * @typedef {{ kind: "startfailed", cause: string }} StartFailed
 * @typedef {{ kind: "reports", reports: number[][] }} Reports
 * @typedef {{ kind: "words", words: ArrayBuffer }} Words
 * @typedef {{ kind: "noroom", job: number, bytes: number, live: number, limit: number }} NoRoom
 * @typedef {{ kind: "retired" }} Retired
 * @typedef {{ kind: "answered" }} Answered
 * @typedef {{ kind: "ending" }} Ending
 * @typedef {Ready | Started | Progress | Ended | Threw | Snapshot | Died | Hello | Build | Granted | StartFailed | Reports
 *   | Words | NoRoom | Retired | Answered | Ending} FromLeader
 */

/** The name of a leader's worker, and of its threads': how a script knows where it runs. */
const LEADER = "perennial-leader-";
const THREAD = "perennial-thread-";

/**
 * Also the name of the Web Lock that the worker holds while it lives, so it is this worker's alone in all tabs.
 * @param {string} pool @param {number} generation
 */
export const leaderName = (pool, generation) => `${LEADER}${generation}-${pool}`;

/**
 * As `leaderName`.
 * @param {string} pool @param {number} generation @param {number} thread
 */
export const threadName = (pool, generation, thread) => `${THREAD}${generation}-${thread}-${pool}`;

/**
 * Takes this worker's lock, for life: it is free when the worker is really dead, however it died.
 * @param {() => void} held called when it has it, or where there are no locks
 */
export function holdLock(held) {
  const forEver = () => {
    held();
    return new Promise(() => {});
  };
  navigator.locks.request(self.name, forEver).catch(held);
}

const ROLES = /** @type {const} */ (["coordinator", "leader", "thread"]);

/** Where this script runs, as a number for `src/web/mod.rs`. */
export const roleNumber = () => ROLES.indexOf(role());

/** Where this script runs. @returns {"leader" | "thread" | "coordinator"} */
export function role() {
  const inWorker = typeof DedicatedWorkerGlobalScope !== "undefined" && globalThis instanceof DedicatedWorkerGlobalScope;
  if (inWorker && self.name.startsWith(LEADER)) return "leader";
  if (inWorker && self.name.startsWith(THREAD)) return "thread";
  return "coordinator";
}

/** Words for whatever was thrown, also for what cannot be asked for its own. @param {unknown} thrown */
export function causeOf(thrown) {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return "something that has no words";
  }
}
