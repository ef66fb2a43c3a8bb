// @ts-check
// The leader of a generation: a module worker that owns an instance, its memory and its threads. It stays on its event
// loop: it carries messages, copies arguments in slices, and never waits for a thread.
//
// The glue imports this file on the page and in the threads too, where it does nothing.

import { causeOf, holdLock, INPUT, role, SAMPLE, SNAPSHOT, threadName } from "./protocol.js";

/** What one turn of the event loop copies: some 5 ms. */
const SLICE = 4 * 1024 * 1024;
/** Four times what was enough in every one of some hundred recycles on two busy cores. */
const HEARD_MS = 20;

/** @param {import("./protocol.js").FromLeader} message @param {Transferable[]} [transfer] */
function post(message, transfer = []) {
  self.postMessage(message, /** @type {any} */ (transfer));
}

function lead() {
  /** The glue: the user's module. @type {any} */
  let app;
  /** @type {WebAssembly.Memory} */
  let memory;
  /** @type {Worker[]} */
  const threads = [];
  /** No call goes into the memory once a thread has trapped (invariant 3) or retirement has begun. */
  let callable = true;
  let retiring = false;
  /** Words for what goes wrong while the threads start. */
  let startingThreads = "";
  /** Each resolves when its thread is really dead. @type {Promise<void>[]} */
  const deaths = [];
  /** Jobs whose argument is being copied in, and whether they were told to stop meanwhile. @type {Map<number, boolean>} */
  const staging = new Map();
  /** Threads that have closed themselves. @type {Set<Worker>} */
  const gone = new Set();
  /** What each thread's last report was made of. @type {string[]} */
  const reported = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let sampling;

  /** @param {unknown} thrown */
  function died(thrown) {
    if (!callable) return;
    callable = false;
    clearInterval(sampling);
    post({ kind: "died", cause: `${causeOf(thrown)} ${startingThreads}`.trim() });
  }

  /** @param {import("./protocol.js").ToLeader} message */
  function hear(message) {
    switch (message.kind) {
      case "start":
        start(message).catch((thrown) => post({ kind: "startfailed", cause: causeOf(thrown) }));
        break;
      case "run":
        // A thread that has trapped tells more than what this call into its memory threw; its word is on the way.
        run(message).catch((thrown) => nextTurn().then(() => died(thrown)));
        break;
      case "stop":
        if (staging.has(message.job)) staging.set(message.job, true);
        else if (callable) app.__perennialStop(message.job);
        break;
      case "snapshot":
        // What cannot be said here is not answered, and the coordinator's time limit goes on without.
        if (callable) app.__perennialSnapshot(message.max);
        break;
      case "retire":
        retire();
        break;
      case "end":
        end();
        break;
    }
  }

  /** @param {import("./protocol.js").Start} message */
  async function start({ pool, generation, glue, module, initialPages, limit, threads: count, reportInterval, input, snapshot }) {
    // Created here, not on the page: so its bytes return when this worker ends, not with the page's garbage collection.
    const least = initialPages * 65536;
    if (limit < least) throw new Error(`memory.limit is ${limit} bytes, and this module begins with ${least}: raise it`);
    memory = new WebAssembly.Memory({ initial: initialPages, maximum: Math.floor(limit / 65536), shared: true });
    app = await import(/* @vite-ignore */ glue);
    await app.default({ module_or_path: module, memory });
    const noRoom = (/** @type {string} */ what) => new Error(`memory.limit is ${limit} bytes, which has no room for ${what}: raise it`);
    if (!app.__perennialPrepare(count, limit)) throw noRoom("the reserve that an exhausted memory needs");
    const native = self.Worker;
    adoptThreads(pool, generation);
    startingThreads = `while its ${count} threads started, each with a stack of 2 MiB: is memory.limit, ${limit} bytes, enough?`;
    await app.initThreadPool(count);
    startingThreads = "";
    self.Worker = native;
    if (input && !(await stage(INPUT, [input]))) throw noRoom(`the input of ${input.byteLength} bytes`);
    if (snapshot && !(await stage(SNAPSHOT, [snapshot]))) throw noRoom(`the snapshot of ${snapshot.byteLength} bytes`);
    if (!app.__perennialBegin()) throw noRoom("a job");
    // A longer one would wrap around, to none at all.
    sampling = setInterval(sample, Math.min(reportInterval, 0x7fffffff));
  }

  /** wasm-bindgen-rayon starts its threads with the realm's `Worker`: this one keeps the handles, names and hears them. */
  function adoptThreads(/** @type {string} */ pool, /** @type {number} */ generation) {
    const Native = self.Worker;
    self.Worker = class extends Native {
      /** @param {string | URL} url @param {WorkerOptions} [options] */
      constructor(url, options) {
        const name = threadName(pool, generation, threads.length);
        super(url, { ...options, name });
        threads.push(this);
        this.addEventListener("message", ({ data }) => {
          if (data?.kind === "locked") deaths.push(deathOf(name));
          else heardOfThread(this, data);
        });
        this.addEventListener("messageerror", () => died("a thread's message cannot be read"));
        this.addEventListener("error", (event) => {
          event.preventDefault();
          died(event.message || "a thread's script did not load");
        });
      }

      /** @param {any} message @param {any} [options] */
      postMessage(message, options) {
        if (message?.type === "wasm_bindgen_worker_init") {
          // The glue takes its options as one object; two arguments are deprecated there.
          const { module, memory: shared, ...rest } = message;
          message = { ...rest, module: { module_or_path: module, memory: shared } };
        }
        super.postMessage(message, options);
      }
    };
  }

  /** @param {string} lock @returns {Promise<void>} */
  async function deathOf(lock) {
    try {
      await navigator.locks.request(lock, () => {});
    } catch {
      // Where there are no locks, only what a thread posts tells of its end.
      return;
    }
    if (!retiring) died("a thread has ended");
  }

  /**
   * @param {Worker} thread
   * @param {Exclude<import("./protocol.js").FromThread, import("./protocol.js").Locked> | { kind?: undefined } | null} message
   */
  function heardOfThread(thread, message) {
    // wasm-bindgen-rayon's threads post words of their own.
    if (!message || message.kind === undefined) return;
    switch (message.kind) {
      case "left":
      case "died":
        gone.add(thread);
        if (!retiring) died(message.kind === "died" ? message.cause : "a thread left by itself");
        // The first to leave marks the memory as terminated, so one that is just coming back from a post dies instead.
        else if (gone.size === threads.length) finish().catch(died);
        break;
      case "ended":
      case "snapshot":
        post(message, [message.value]);
        break;
      default:
        post(message);
    }
  }

  /** @param {import("./protocol.js").Run} message */
  async function run({ job, task, announce, argument: { head, segments } }) {
    const pieces = [head, ...segments];
    staging.set(job, false);
    const staged = callable && (await stage(job, pieces));
    const stopped = staging.get(job) === true;
    staging.delete(job);
    if (!callable) return;
    if (!staged || !app.__perennialRun(job, task, announce, stopped)) {
      app.__perennialUnstage(job);
      const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
      post({ kind: "noroom", job, bytes, live: takeSample()[SAMPLE.live] });
    }
  }

  /**
   * Copies the pieces in, each into room that was asked for, a slice a turn.
   * @param {number} job
   * @param {(ArrayBuffer | SharedArrayBuffer)[]} pieces
   */
  async function stage(job, pieces) {
    for (const piece of pieces) {
      // A length crosses as 32 bits.
      if (piece.byteLength > 0xffff_ffff) return false;
      const room = app.__perennialStage(job, piece.byteLength) >>> 0;
      if (room === 0) return false;
      for (let at = 0; at < piece.byteLength; at += SLICE) {
        if (at > 0) await nextTurn();
        if (!callable) return false;
        const slice = new Uint8Array(piece, at, Math.min(SLICE, piece.byteLength - at));
        // Read anew each time: the buffer is another object after the memory has grown.
        new Uint8Array(memory.buffer, room + at, slice.length).set(slice);
      }
    }
    return true;
  }

  function takeSample() {
    const at = app.__perennialSample() >>> 0;
    return new Float64Array(memory.buffer, at, SAMPLE.head + SAMPLE.thread * threads.length);
  }

  /** Reports every thread that is busy or has done something since its last report. */
  function sample() {
    if (!callable) return;
    const numbers = takeSample();
    const reports = [];
    for (let thread = 0; thread < threads.length; thread++) {
      const at = SAMPLE.head + SAMPLE.thread * thread;
      const done = numbers[at + SAMPLE.done];
      const open = numbers[at + SAMPLE.open];
      const report = [thread, numbers[SAMPLE.reserved], numbers[SAMPLE.live], numbers[SAMPLE.peak], done];
      for (let i = 0; i < open * 2; i++) report.push(numbers[at + SAMPLE.jobs + i]);
      const print = report.join();
      if (open > 0 || print !== reported[thread]) reports.push(report);
      reported[thread] = print;
    }
    if (reports.length > 0) post({ kind: "reports", reports });
  }

  function retire() {
    if (!callable) return;
    callable = false;
    retiring = true;
    clearInterval(sampling);
    // What cannot be said here is not answered, and the coordinator's time limit ends this generation.
    app.__perennialRetire();
  }

  /** By force, whatever the threads do. */
  async function end() {
    callable = false;
    retiring = true;
    clearInterval(sampling);
    for (const thread of threads) thread.terminate();
    await threadsEnded();
    self.close();
  }

  /** All threads have left: waits until they are dead, and ends. */
  async function finish() {
    await threadsEnded();
    post({ kind: "retired" });
    self.close();
  }

  async function threadsEnded() {
    await Promise.all(deaths);
    // In Chromium a worker that ends before it has heard of its own workers' end stays behind for good, memory and all.
    // Nobody tells when it has heard; a few milliseconds after their locks are free it has.
    await new Promise((resolve) => setTimeout(resolve, HEARD_MS));
  }

  return { hear, died };
}

/** @type {(() => void)[]} */
const waiting = [];
const turns = role() === "leader" ? new MessageChannel() : undefined;
if (turns) turns.port1.onmessage = () => waiting.shift()?.();

/** Lets what has arrived be heard. */
function nextTurn() {
  return new Promise((/** @type {(_: void) => void} */ resolve) => {
    waiting.push(resolve);
    turns?.port2.postMessage(null);
  });
}

if (role() === "leader") {
  const leader = lead();
  self.addEventListener("message", (/** @type {MessageEvent} */ event) => leader.hear(event.data));
  self.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    leader.died(event.reason);
  });
  self.addEventListener("error", (event) => {
    event.preventDefault();
    leader.died(event.error ?? event.message);
  });
  holdLock(() => post({ kind: "hello" }));
}

/** The glue imports a name of each script that it ships. */
export const leads = role() === "leader";
