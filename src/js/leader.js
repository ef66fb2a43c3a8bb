// @ts-check
// The leader of a generation: a module worker that owns an instance, its memory and its threads. It stays on its event
// loop: it carries messages, copies arguments in slices, and never waits for a thread.
//
// The glue imports this file on the page and in the threads too, where it does nothing.

import { causeOf, INPUT, role, SAMPLE, threadName } from "./protocol.js";

/** What one turn of the event loop copies: some 5 ms. */
const SLICE = 4 * 1024 * 1024;

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
  let left = 0;
  /** What each thread's last report was made of. @type {string[]} */
  const reported = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let sampling;

  /** @param {unknown} thrown */
  function died(thrown) {
    if (!callable) return;
    callable = false;
    clearInterval(sampling);
    post({ kind: "died", cause: causeOf(thrown) });
  }

  /** @param {import("./protocol.js").ToLeader} message */
  function hear(message) {
    switch (message.kind) {
      case "start":
        start(message).catch((thrown) => post({ kind: "startfailed", cause: causeOf(thrown) }));
        break;
      case "run":
        run(message).catch(died);
        break;
      case "stop":
        if (callable) app.__perennialStop(message.job);
        break;
      case "retire":
        retire();
        break;
    }
  }

  /** @param {import("./protocol.js").Start} message */
  async function start({ generation, glue, module, initialPages, limit, threads: count, reportInterval, input }) {
    // Created here, not on the page: so its bytes return when this worker ends, not with the page's garbage collection.
    memory = new WebAssembly.Memory({ initial: initialPages, maximum: Math.floor(limit / 65536), shared: true });
    app = await import(/* @vite-ignore */ glue);
    await app.default({ module_or_path: module, memory });
    if (!app.__perennialPrepare(count, limit)) throw new Error(`its memory of ${limit} bytes has no room to start`);
    adoptThreads(generation);
    await app.initThreadPool(count);
    if (input && !(await stage(INPUT, [input]))) throw new Error(`its memory of ${limit} bytes has no room for the input`);
    if (!app.__perennialBegin()) throw new Error(`its memory of ${limit} bytes has no room to begin`);
    sampling = setInterval(sample, reportInterval);
  }

  /** wasm-bindgen-rayon starts its threads with the realm's `Worker`: this one keeps the handles, names and hears them. */
  function adoptThreads(/** @type {number} */ generation) {
    const Native = self.Worker;
    self.Worker = class extends Native {
      /** @param {string | URL} url @param {WorkerOptions} [options] */
      constructor(url, options) {
        super(url, { ...options, name: threadName(generation, threads.length) });
        threads.push(this);
        this.addEventListener("message", ({ data }) => heardOfThread(data));
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

  /** @param {import("./protocol.js").FromThread | { kind?: undefined } | null} message */
  function heardOfThread(message) {
    switch (message?.kind) {
      case undefined:
        break;
      case "left":
        left += 1;
        if (left === threads.length) {
          post({ kind: "retired" });
          self.close();
        }
        break;
      case "died":
        died(message.cause);
        break;
      case "ended":
        post(message, [message.value]);
        break;
      default:
        post(message);
    }
  }

  /** @param {import("./protocol.js").Run} message */
  async function run({ job, task, announce, argument: { head, segments } }) {
    const pieces = [head, ...segments];
    const staged = callable && (await stage(job, pieces));
    if (!callable) return;
    if (!staged || !app.__perennialRun(job, task, announce)) {
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
    clearInterval(sampling);
    // What cannot be said here is not answered, and the coordinator's time limit ends this generation.
    app.__perennialRetire();
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
  self.addEventListener("message", (event) => leader.hear(event.data));
  self.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    leader.died(event.reason);
  });
  self.addEventListener("error", (event) => {
    event.preventDefault();
    leader.died(event.error ?? event.message);
  });
  post({ kind: "hello" });
}

/** The glue imports a name of each script that it ships. */
export const leads = role() === "leader";
