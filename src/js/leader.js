// @ts-check
// The leader of a generation: a worker that owns an instance, its memory and its threads. It stays on its event loop: it
// carries messages, copies arguments in slices, and never waits for a thread.
//
// Its threads are workers of this same script, so that one address, `workerUrl`, says where all of them come from.

import { instantiate } from "./glue.js";
import { causeOf, holdLock, INPUT, role, SAMPLE, SNAPSHOT, threadName } from "./protocol.js";
import { becomeThread } from "./realm.js";

/** What one turn of the event loop copies: some 5 ms. */
const SLICE = 4 * 1024 * 1024;
/**
 * A limit that the device refuses is halved down to this, or to what the module begins with. A generation of a few threads
 * works in it; a device that refuses so little refuses for another reason than the size, and a smaller one would be refused
 * too.
 */
const LIMIT_FLOOR = 64 * 1024 * 1024;
const PAGE = 65536;
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
  /** Bytes: the memory's maximum. */
  let limit = 0;
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
        if (callable) app.__perennialSnapshot(Math.min(message.max, Math.floor(limit / 4)));
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
  async function start(message) {
    const { pool, generation, glue, build, module, initialPages, limit: asked, threads: count, reportInterval, input, snapshot } = message;
    // Created here, not on the page: so its bytes return when this worker ends, not with the page's garbage collection.
    ({ memory, limit } = grantedMemory(initialPages, asked));
    post({ kind: "granted", limit });
    const instance = await instantiate(glue, { module_or_path: module, memory }, build);
    app = instance.app;
    post({ kind: "build", build: instance.build });
    const noRoom = (/** @type {string} */ what) => new Error(`${inWords(limit, asked)}, which has no room for ${what}: raise it`);
    if (!app.__perennialPrepare(count, limit)) throw noRoom("the reserve that an exhausted memory needs");
    const native = self.Worker;
    adoptThreads(pool, generation, glue, instance.build);
    startingThreads = `while its ${count} threads started, each with a stack of 2 MiB: is that enough? ${inWords(limit, asked)}`;
    await startThreads(count);
    startingThreads = "";
    self.Worker = native;
    if (input && !(await stage(INPUT, [input]))) throw noRoom(`the input of ${input.byteLength} bytes`);
    if (snapshot && !(await stage(SNAPSHOT, [snapshot]))) throw noRoom(`the snapshot of ${snapshot.byteLength} bytes`);
    if (!app.__perennialBegin()) throw noRoom("a job");
    // A longer one would wrap around, to none at all.
    sampling = setInterval(sample, Math.min(reportInterval, 0x7fffffff));
  }

  /** wasm-bindgen-rayon fetches its script, for a blob that is not used here: a policy may forbid it. @param {number} count */
  function startThreads(count) {
    const { fetch } = self;
    self.fetch = () => Promise.resolve(new Response());
    try {
      // It fetches for all of them before it returns.
      return app.initThreadPool(count);
    } finally {
      self.fetch = fetch;
    }
  }

  /**
   * wasm-bindgen-rayon starts its threads with the realm's `Worker`: this one starts them from this script, which finds the
   * glue wherever it is; it keeps the handles, names and hears them.
   * @param {string} pool @param {number} generation @param {string} glue @param {string} build
   */
  function adoptThreads(pool, generation, glue, build) {
    const Native = self.Worker;
    const type = isClassic() ? "classic" : "module";
    self.Worker = class extends Native {
      constructor() {
        const name = threadName(pool, generation, threads.length);
        super(self.location.href, { type, name });
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
          const { module, memory: shared, receiver } = message;
          message = { kind: "become", glue, build, module: { module_or_path: module, memory: shared }, receiver };
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
      post({ kind: "noroom", job, bytes, live: takeSample()[SAMPLE.live], limit });
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

/**
 * A memory with the maximum that was asked for or, if the device refuses that, the first half of it that it grants.
 * @param {number} initialPages @param {number} asked in bytes
 * @returns {{ memory: WebAssembly.Memory, limit: number }}
 */
function grantedMemory(initialPages, asked) {
  const least = initialPages * PAGE;
  if (asked < least) throw new Error(`memory.limit is ${asked} bytes, and this module begins with ${least}: raise it`);
  const floor = Math.max(least, Math.min(asked, LIMIT_FLOOR));
  for (let limit = asked; ; limit = Math.max(Math.floor(limit / 2 / PAGE) * PAGE, floor)) {
    try {
      const memory = new WebAssembly.Memory({ initial: initialPages, maximum: limit / PAGE, shared: true });
      return { memory, limit };
    } catch (cause) {
      if (limit > floor) continue;
      const halved = limit < asked ? `, and half of it again and again down to ${limit}` : "";
      throw new Error(`the device refuses a memory of ${asked} bytes, memory.limit${halved}: ${causeOf(cause)}`);
    }
  }
}

/** @param {number} limit @param {number} asked */
function inWords(limit, asked) {
  return limit === asked ? `memory.limit is ${asked} bytes` : `of memory.limit, ${asked} bytes, the device granted ${limit}`;
}

/** Some bundlers make a classic worker of this one: of a kind, then, are the threads. */
function isClassic() {
  try {
    // What is no address is fetched by nobody. Without one, Firefox lets a module worker call it too.
    /** @type {any} */ (self).importScripts("http://");
    return true;
  } catch (thrown) {
    return !(thrown instanceof TypeError);
  }
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
if (role() === "thread") becomeThread();

/** What Rust declares of this script, so that it is shipped. */
export const leads = role() === "leader";
