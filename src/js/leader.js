// @ts-check
// The leader of a generation: a worker that owns an instance, its memory and its threads. It stays on its event loop: it
// carries messages, copies arguments in slices, and never waits for a thread.
//
// Its threads are workers of this same script, so that one address, `workerUrl`, says where all of them come from.

import { newFlow, Outflow } from "./flow.js";
import { instantiate } from "./glue.js";
import { BATCH, BATCH_JOB, causeOf, ENDED, holdLock, INPUT, PATIENCE, patience, role, SAMPLE, SNAPSHOT, threadName } from "./protocol.js";
import { becomeThread } from "./realm.js";
import { isOverflow, overflowed, overflowWords, stacksOf } from "./stack.js";

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
/** As that, where a thread has not come to take its lock: then nothing says when it is dead. */
const UNHEARD_MS = 250;
/** What this thread has to be given of the processor meanwhile: its threads, which are ending, are given as much. */
const HEARD_OWN_MS = 8;
/** Less than a retirement may take. */
const HEARD_MAX_MS = 1_500;

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
  /** Bytes of each thread's. */
  let stackSize = 0;
  let stacks = stacksOf(0);
  /** Where the address is kept of what threads have said. */
  let outbox = 0;
  /** @type {Worker[]} */
  const threads = [];
  /** See `isCallable`. */
  let callable = true;
  /** See `Start` in `protocol.js`. */
  let ended = new Int32Array(new SharedArrayBuffer(ENDED.length * Int32Array.BYTES_PER_ELEMENT));
  let outflow = new Outflow(newFlow(), passWordsOn);
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

  /** Nothing is told of a death any more: it was, or the end is wanted. */
  let told = false;

  /**
   * No call goes into the memory once a worker of it has died (invariant 3) or retirement has begun. A thread that traps and
   * a page that gives this generation up say so in `ended`, which is there before their messages are: so it is asked
   * again after each wait.
   */
  function isCallable() {
    return callable && Atomics.load(ended, ENDED.isEnded) === 0;
  }

  /**
   * What this leader's own call threw, or words for what it found. If a thread has trapped before, it knows more, and its word is
   * on the way.
   * @param {unknown} thrown
   */
  function refused(thrown) {
    // Each time: a call that only found the memory dead may be told of before the trap that it died of.
    const tell = () => setTimeout(() => died(thrown), patience(ended, thrown));
    // A thread that has trapped marks the memory before it comes to say that it was the first. It hardly ever is this leader.
    if (thrown instanceof WebAssembly.RuntimeError) setTimeout(tell, PATIENCE.first);
    else tell();
    if (!callable) return;
    callable = false;
    Atomics.store(ended, ENDED.isEnded, 1);
    clearInterval(sampling);
  }

  /** Whether a stack has overflowed, which is the end: the guard breaks first, and what is then written over may be what others have made. */
  function endsByOverflow() {
    if (!overflowed(memory, stacks, 4)) return false;
    refused(overflowWords(stackSize));
    return true;
  }

  /** @param {unknown} thrown */
  function died(thrown) {
    if (told) return;
    told = true;
    callable = false;
    Atomics.store(ended, ENDED.isEnded, 1);
    clearInterval(sampling);
    const words = `${causeOf(thrown)} ${startingThreads}`.trim();
    // A thread that has overflowed writes over what others have said, and over what they trap on.
    const isOverwritten = memory !== undefined && overflowed(memory, stacks);
    try {
      if (!isOverwritten) passLastWordsOn();
    } catch {
      // They may be written over all the same, or there is no memory for a copy: their jobs count as lost then.
    }
    post({ kind: "died", cause: isOverwritten && !isOverflow(words) ? `${overflowWords(stackSize)}; then ${words}` : words });
  }

  /** @param {import("./protocol.js").ToLeader} message */
  function hear(message) {
    switch (message.kind) {
      case "start":
        // Who has ended it meanwhile has told, or knows.
        start(message).catch((thrown) => isCallable() && post({ kind: "startfailed", cause: causeOf(thrown) }));
        break;
      case "run":
        run(message).catch(refused);
        break;
      case "batch":
        runBatch(message).catch(refused);
        break;
      case "more":
        outflow.pass();
        break;
      case "stop":
        if (staging.has(message.job)) staging.set(message.job, true);
        else if (isCallable()) app.__perennialStop(message.job);
        break;
      case "snapshot":
        // What cannot be said here is not answered, and the coordinator's time limit goes on without.
        if (isCallable()) app.__perennialSnapshot(Math.min(message.max, Math.floor(limit / 4)));
        break;
      case "retire":
        retire();
        break;
      case "ask":
        // Who can do nothing more does not answer, so that this ends, whatever became of the word of it.
        if (isCallable() || retiring) post({ kind: "answered" });
        break;
      case "end":
        post({ kind: "ending" });
        end();
        break;
    }
  }

  /** @param {import("./protocol.js").Start} message */
  async function start(message) {
    const { glue, build, module, initialPages, limit: asked, threads: count, reportInterval, input, snapshot } = message;
    stackSize = message.stackSize;
    stacks = stacksOf(count);
    ended = message.ended;
    outflow = new Outflow(message.flow, passWordsOn);
    // Created here, not on the page: so its bytes return when this worker ends, not with the page's garbage collection.
    ({ memory, limit } = grantedMemory(initialPages, asked));
    post({ kind: "granted", limit });
    const instance = await withGuardedFinalizers(() => instantiate(glue, { module_or_path: module, memory }, build));
    if (!isCallable()) return;
    app = instance.app;
    post({ kind: "build", build: instance.build });
    const noRoom = (/** @type {string} */ what) => new Error(`${inWords(limit, asked)}, which has no room for ${what}: raise it`);
    if (!app.__perennialPrepare(count, limit)) throw noRoom("the reserve that an exhausted memory needs");
    outbox = app.__perennialOutbox() >>> 0;
    const native = self.Worker;
    adoptThreads(message, instance.build);
    startingThreads = `while its ${count} threads started, each with a stack of ${stackSize} bytes, the option stackSize: is there room for them? ${inWords(limit, asked)}`;
    await startThreads(count);
    startingThreads = "";
    self.Worker = native;
    if (input && !(await stage(INPUT, [input]))) throw noRoom(`the input of ${input.byteLength} bytes`);
    if (snapshot && !(await stage(SNAPSHOT, [snapshot]))) throw noRoom(`the snapshot of ${snapshot.byteLength} bytes`);
    if (!isCallable()) return;
    if (!app.__perennialBegin()) throw noRoom("a job");
    // A longer one would wrap around, to none at all.
    sampling = setInterval(sample, Math.min(reportInterval, 0x7fffffff));
  }

  /**
   * The glue that is loaded meanwhile frees, by its `FinalizationRegistry`s, what its JavaScript has let go of. That is a call into
   * the memory too.
   * @template T @param {() => Promise<T>} load
   */
  async function withGuardedFinalizers(load) {
    const { FinalizationRegistry } = self;
    self.FinalizationRegistry = class extends FinalizationRegistry {
      /** @param {(held: any) => void} free */
      constructor(free) {
        super((held) => {
          if (isCallable()) free(held);
        });
      }
    };
    try {
      return await load();
    } finally {
      self.FinalizationRegistry = FinalizationRegistry;
    }
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
   * @param {import("./protocol.js").Start} start @param {string} build
   */
  function adoptThreads({ pool, generation, glue, ports }, build) {
    const Native = self.Worker;
    const type = isClassic() ? "classic" : "module";
    self.Worker = class extends Native {
      /** By which it tells the page of its death. */
      port = ports[threads.length];

      constructor() {
        // Nobody would end it any more.
        if (!isCallable()) throw new Error("the generation has ended");
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
          const init = { module_or_path: module, memory: shared, thread_stack_size: stackSize };
          message = { kind: "become", glue, build, port: this.port, ended, module: init, stacks, receiver };
          options = [this.port];
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
    if (message.kind === "left" || message.kind === "died") {
      gone.add(thread);
      if (!retiring) died(message.kind === "died" ? message.cause : "a thread left by itself");
      // The first to leave marks the memory as terminated, so one that is just coming back from a post dies instead.
      else if (gone.size === threads.length) finish().catch(died);
      return;
    }
    if (message.kind === "words") return outflow.pass();
    // What was said before the message, progress for one, comes before it.
    if (endsByOverflow()) return;
    passWordsOn();
    if (message.kind === "ended") post(message, [message.value, ...message.segments]);
    else if (message.kind === "snapshot") post(message, [message.value]);
    else post(message);
  }

  function passWordsOn() {
    if (isCallable() && !endsByOverflow()) passOn(app.__perennialWords() >>> 0);
  }

  /** What threads have said before a death, read where it is: nothing may call into the memory any more. */
  function passLastWordsOn() {
    if (outbox === 0) return;
    const at = Atomics.load(new Int32Array(memory.buffer, outbox, 1), 0) >>> 0;
    if (at !== 0) passOn(at);
  }

  /** @param {number} at as `src/generation/outbox.rs` lays them out */
  function passOn(at) {
    const length = Atomics.load(new Int32Array(memory.buffer, at, 1), 0);
    if (length === 0) return;
    // Out of the shared memory: a copy that can be transferred.
    const words = /** @type {ArrayBuffer} */ (new Uint8Array(memory.buffer, at + Float64Array.BYTES_PER_ELEMENT, length).slice().buffer);
    outflow.left();
    post({ kind: "words", words }, [words]);
  }

  /** @param {import("./protocol.js").Run} message */
  async function run({ job, task, announce, argument: { head, segments, sizes } }) {
    const pieces = [head.buffer, ...segments];
    staging.set(job, false);
    const staged = isCallable() && (await stage(job, pieces, [1, ...sizes]));
    const stopped = staging.get(job) === true;
    staging.delete(job);
    if (!isCallable()) return;
    if (!staged || !app.__perennialRun(job, task, announce, stopped)) {
      app.__perennialUnstage(job);
      const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
      post({ kind: "noroom", job, bytes, live: takeSample()[SAMPLE.live], limit });
    }
  }

  /** @param {import("./protocol.js").Batch} message */
  async function runBatch({ count, batch }) {
    if (!isCallable()) return;
    // Small enough for one turn, so that none of its jobs can be told to stop meanwhile.
    const staged = await stage(BATCH, [batch]);
    if (!isCallable()) return;
    const posted = staged ? app.__perennialRunBatch(count) : 0;
    if (posted === count) return;
    const numbers = new Float64Array(batch, 0, count * BATCH_JOB.length);
    let at = numbers.byteLength;
    for (let i = 0; i < count; i++) {
      const [job, task, announce, length] = numbers.subarray(i * BATCH_JOB.length);
      // Where there is no room for all, there may be for each.
      if (i >= posted) await run({ kind: "run", job, task, announce: announce !== 0, argument: { head: new Uint8Array(batch.slice(at, at + length)), segments: [], sizes: [] } });
      at += length;
    }
  }

  /**
   * Copies the pieces in, a slice a turn, once there is room for all of them.
   * @param {number} job
   * @param {(ArrayBuffer | SharedArrayBuffer)[]} pieces
   * @param {number[]} sizes the bytes of an element of each piece
   */
  async function stage(job, pieces, sizes = [1]) {
    const rooms = [];
    for (const [i, piece] of pieces.entries()) {
      if (!isCallable()) return false;
      // A length crosses as 32 bits.
      if (piece.byteLength > 0xffff_ffff) return false;
      const room = app.__perennialStage(job, piece.byteLength, sizes[i]) >>> 0;
      if (room === 0) return false;
      rooms.push(room);
    }
    for (const [i, piece] of pieces.entries()) {
      const room = rooms[i];
      for (let at = 0; at < piece.byteLength; at += SLICE) {
        if (at > 0) await nextTurn();
        if (!isCallable()) return false;
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
    if (!isCallable()) return;
    // Nobody else may look, while the thread that has overflowed runs on and the others say nothing.
    if (endsByOverflow()) return;
    const numbers = takeSample();
    const reports = [];
    for (let thread = 0; thread < threads.length; thread++) {
      const at = SAMPLE.head + SAMPLE.thread * thread;
      const done = numbers[at + SAMPLE.done];
      const open = numbers[at + SAMPLE.open];
      const worked = numbers[at + SAMPLE.worked];
      const report = [thread, numbers[SAMPLE.reserved], numbers[SAMPLE.live], numbers[SAMPLE.peak], done, worked];
      for (let i = 0; i < open * 2; i++) report.push(numbers[at + SAMPLE.jobs + i]);
      const print = report.join();
      if (open > 0 || print !== reported[thread]) reports.push(report);
      reported[thread] = print;
    }
    if (reports.length > 0) post({ kind: "reports", reports });
  }

  function retire() {
    if (!isCallable()) return;
    callable = false;
    retiring = true;
    told = true;
    clearInterval(sampling);
    // What cannot be said here is not answered, and the coordinator's time limit ends this generation.
    app.__perennialRetire();
  }

  /** By force, whatever the threads do. */
  async function end() {
    callable = false;
    retiring = true;
    told = true;
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
    // Nobody tells when it has heard. A few milliseconds after their locks are free it has, if they were given the processor.
    const begun = performance.now();
    const least = deaths.length < threads.length ? UNHEARD_MS : HEARD_MS;
    let own = 0;
    for (let waited = 0; waited < least || own < HEARD_OWN_MS; waited = performance.now() - begun) {
      if (waited > HEARD_MAX_MS) return;
      await new Promise((resolve) => setTimeout(resolve, 4));
      own += ownTime();
    }
  }

  return { hear, refused };
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

/** Spins for some two milliseconds, and returns how many this thread was given of them: a longer step was another's. */
function ownTime() {
  const begun = performance.now();
  let own = 0;
  for (let last = begun, now = begun; now < begun + 2; last = now) {
    now = performance.now();
    if (now - last <= 1) own += now - last;
  }
  return own;
}

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
    leader.refused(event.reason);
  });
  self.addEventListener("error", (event) => {
    event.preventDefault();
    leader.refused(event.error ?? event.message);
  });
  holdLock(() => post({ kind: "hello" }));
}
if (role() === "thread") becomeThread();

/** What Rust declares of this script, so that it is shipped. */
export const leads = role() === "leader";
