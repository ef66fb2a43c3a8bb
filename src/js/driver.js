// @ts-check
// Does what the coordinator says, and tells it what happens. What must outlive Rust is kept here: the table of promises
// and the handles of the workers.

import { given, NO_OPTIONS, ownOptions } from "./call.js";
import { afterMessages } from "./end.js";
import { fromFault, isFault, PerennialError, taskFailed, uncaught } from "./errors.js";
import { sharedCopy } from "./input.js";
import { Lives } from "./lives.js";
import { workerUrlOf } from "./open.js";
import { badConfig, plain, section, shown } from "./options.js";
import { causeOf, ENDING, EVERYWHERE, OUTPUT, OUTPUT_AT } from "./protocol.js";
import { timed, timedRecycle } from "./timing.js";
import { exhausted, moved, Reader, take as takeValue } from "./value.js";
import { Words } from "./words.js";

/**
 * @import { Given, RunOptions } from "./call.js"
 *
 * @typedef {{ resolve: (value: any) => void, reject: (reason: unknown) => void, argument: import("./protocol.js").Encoded,
 *   keep: boolean, onProgress: Given["onProgress"], signal: Given["signal"], onAbort: (() => void) | undefined }} Entry
 *
 * @typedef {{ resolve: (value: any) => void, reject: (reason: unknown) => void }} Settler
 */

/** A name of a task that is longer than this is no mistyped one. */
const NAME_MAX = 64;

/** So many calls of one turn go to the coordinator together, at the most. */
const CALLS_MAX = 256;
/** The numbers of each. */
const CALL_LENGTH = 2;

/** The argument of a job that is refused, or has left and is not kept. @type {import("./protocol.js").Encoded} */
const NOTHING = { head: new Uint8Array(0), segments: [], sizes: [] };

export class Driver {
  /** The last snapshot of a generation. @type {ArrayBuffer | undefined} */
  #snapshot;
  /** What the pool's events are given to. @type {(type: string, detail: unknown) => void} */
  onEvent = () => {};
  /** Whether a listener to reports was added. There is one of every job, so they are not made for nobody. */
  #hasReportListener = false;

  /** @type {Map<number, Entry>} */
  #table = new Map();
  #lives;
  #nextJob = 1;
  /** Calls of this turn that the coordinator has not been given yet: of each its job and its task. @type {number[]} */
  #calls = [];
  /** When the first of them was made. */
  #calledAt = 0;
  /** Whether the end of this turn is waited for. */
  #isTurnWatched = false;
  /** How the job settles of which something but small words was just heard. @type {{ job: number, how: (entry: Entry) => void } | undefined} */
  #said;
  #words = new Words(new ArrayBuffer(0));
  /** @type {Settler[]} */
  #starting = [];
  /** `target`: what the new generation's number is at the least, once its start was told. @type {(Settler & { target: number | undefined })[]} */
  #recycling = [];
  /** @type {Settler[]} */
  #exiting = [];
  /** Who waits for a state of the pool. @type {Record<"idle" | "ready" | "room", Settler[]>} */
  #waiting = { idle: [], ready: [], room: [] };
  /** Who is given reports, beside the listeners. @type {Set<import("./reports.js").Sink>} */
  #sinks = new Set();
  /** @type {"exited" | "live" | "exiting"} */
  #life = "exited";
  /** @type {PerennialError | undefined} */
  #lost;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #timerAt = NaN;
  #performing = false;
  /** Messages of leaders. */
  #heard = 0;

  /**
   * @param {any} app the glue's module
   * @param {string} glue its address
   * @param {unknown} options of `Pool.start`
   */
  constructor(app, glue, options) {
    const { input, workerUrl, userTiming, ...rest } = section(options);
    if (typeof (userTiming ?? false) !== "boolean") throw badConfig("userTiming", shown(userTiming), "true or false");
    /** Whether jobs and recycles are told to the browser's performance panel. */
    this.userTiming = userTiming === true;
    this.app = app;
    this.glue = glue;
    const leaders = workerUrlOf(workerUrl);
    /** What the glue in the first leader was: nothing else goes with this module. @type {string | undefined} */
    this.build = undefined;
    this.module = words(() => app.__perennialModule());
    /** @type {Map<string, number>} */
    this.tasks = new Map(words(() => app.__perennialTaskNames()).map((/** @type {string} */ name, /** @type {number} */ i) => [name, i]));
    const checked = plain(rest);
    this.core = words(() => new app.__PerennialCoordinator(checked, navigator.hardwareConcurrency || 1));
    this.config = this.core.config();
    /** Those taken, as `OUTPUT_AT`. @type {Float64Array} */
    this.outputs = this.core.outputs();
    this.input = sharedCopy(input);
    this.#lives = new Lives(crypto.randomUUID(), this.config.threads, leaders, {
      message: (generation, message) => this.#hear(generation, message),
      // Invariant 4: nothing of one that was terminated.
      trapped: (generation, cause) => {
        if (this.#lives.has(generation)) this.#tell((core, now) => core.trapped(now, generation, cause));
      },
      died: (generation, cause) => this.#tell((core, now) => core.died(now, generation, cause)),
    });
  }

  /** @param {string} task @param {unknown} argument @param {RunOptions} [options] @param {boolean} [everywhere] on each thread */
  run(task, argument, options, everywhere = false) {
    if (this.#lost) throw this.#lost;
    const number = this.#numberOf(task) + (everywhere ? EVERYWHERE : 0);
    const { signal, onProgress, moving, keep, rest } = options === undefined ? NO_OPTIONS : given(options);
    if (rest) this.#ask((core) => core.check(rest));
    if (signal?.aborted) throw signal.reason;
    const encoded = this.#taken(argument, moving, signal);
    const job = this.#nextJob++;
    return new Promise((resolve, reject) => {
      /** @type {Entry} */
      const entry = { resolve, reject, argument: encoded, keep, onProgress, signal, onAbort: undefined };
      if (this.userTiming) Object.assign(entry, timed(task, { resolve, reject }));
      this.#table.set(job, entry);
      if (signal) {
        entry.onAbort = () => this.#tell((core, now) => core.abort(now, job));
        signal.addEventListener("abort", entry.onAbort, { once: true });
      }
      if (rest) this.#tell((core, now) => core.submitWith(now, job, number, rest));
      else this.#call(job, number, this.#lives.isSmall(encoded));
    });
  }

  /**
   * The coordinator is given all small calls of a turn at once, at its end or before anything else: to look after each what
   * follows from it would cost more than the call. A large one that may be refused is not kept waiting.
   * @param {number} job @param {number} task @param {boolean} isSmall
   */
  #call(job, task, isSmall) {
    if (this.#calls.length === 0) this.#calledAt = performance.now();
    this.#calls.push(job, task);
    if (!isSmall || this.#calls.length >= CALLS_MAX * CALL_LENGTH) return this.#tell(() => {});
    if (this.#isTurnWatched) return;
    this.#isTurnWatched = true;
    queueMicrotask(() => {
      this.#isTurnWatched = false;
      // Also if they were passed on before a question: what follows from them is done here.
      this.#tell(() => {});
    });
  }

  #passCallsOn() {
    if (this.#calls.length === 0) return;
    const calls = new Float64Array(this.#calls);
    this.#calls.length = 0;
    this.core.submitAll(this.#calledAt, calls);
  }

  /** @param {unknown} argument @param {Set<ArrayBuffer> | undefined} moving @param {AbortSignal | undefined} signal */
  #taken(argument, moving, signal) {
    const taken = takeValue(argument, moving, this.config.limit);
    // Taking it has run the argument's getters, and those what they liked.
    if (this.#lost) throw this.#lost;
    if (signal?.aborted) throw signal.reason;
    if (!moving) return taken;
    // What is refused moves nothing.
    return this.#ask((core) => core.admits()) ? moved(taken, moving) : NOTHING;
  }

  /** Throws what a call with these options would be refused for. @param {string} task @param {RunOptions} options */
  check(task, { signal, onProgress, ...rest }) {
    if (this.#lost) throw this.#lost;
    this.#numberOf(task);
    ownOptions(signal ?? undefined, onProgress ?? undefined);
    const checked = plain(rest);
    this.#ask((core) => core.check(checked));
  }

  /** Whether a call is not refused for `maxQueue`. */
  hasRoom() {
    return this.#lost !== undefined || this.#ask((core) => core.queueHasRoom());
  }

  /** Once there is. @returns {Promise<void>} */
  room() {
    return this.#wait("room");
  }

  /** Once nothing waits or runs. @returns {Promise<void>} */
  idle() {
    return this.#wait("idle");
  }

  /** Once a generation serves. @returns {Promise<void>} */
  ready() {
    return this.#wait("ready");
  }

  /** @param {import("./reports.js").Sink} sink is given every report from now on, and the end */
  subscribe(sink) {
    if (this.#lost) return sink.end(this.#lost);
    if (this.#life === "exited") return sink.end();
    this.#sinks.add(sink);
    this.#hearReports();
  }

  /** @param {import("./reports.js").Sink} sink */
  unsubscribe(sink) {
    this.#sinks.delete(sink);
    this.#hearReports();
  }

  listenToReports() {
    this.#hasReportListener = true;
    this.#hearReports();
  }

  #hearReports() {
    const areHeard = this.#hasReportListener || this.#sinks.size > 0;
    this.#tell((core) => {
      core.hearReports(areHeard);
      return true;
    });
  }

  recycle() {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#tell((core, now) => {
        this.#recycling.push({ resolve, reject, target: core.recycleTarget() });
        core.recycle(now);
      });
    });
  }

  async exit() {
    if (this.#lost || this.#life === "exited") return this.#lives.allEnded();
    await new Promise((resolve, reject) => {
      this.#exiting.push({ resolve, reject });
      if (this.#life === "exiting") return;
      this.#life = "exiting";
      this.#tell((core, now) => core.exit(now));
    });
  }

  /** Invariant 9: who waits for the pool's end finds nothing left. */
  #exited() {
    const exiting = take(this.#exiting);
    this.#lives.allEnded().then(() => exiting.forEach(({ resolve }) => resolve(undefined)));
  }

  async init() {
    // Again: another call may have started it meanwhile, and a third one ended it.
    while (this.#life === "exiting" && !this.#lost) await this.exit();
    if (this.#lost) throw this.#lost;
    if (this.#life === "live" && this.#starting.length === 0) return;
    await new Promise((resolve, reject) => {
      this.#starting.push({ resolve, reject });
      if (this.#life === "live") return;
      this.#life = "live";
      this.#tell((core, now) => core.start(now));
    });
  }

  health() {
    let health;
    this.#tell((core, now) => (health = core.health(now)));
    if (this.#lost) throw this.#lost;
    return health;
  }

  /** @param {string} task */
  #numberOf(task) {
    const number = this.tasks.get(task);
    if (number === undefined) throw this.#unknownTask(task);
    return number;
  }

  /** @param {"idle" | "ready" | "room"} what @returns {Promise<void>} */
  #wait(what) {
    return new Promise((resolve, reject) => {
      this.#waiting[what].push({ resolve, reject });
      this.#look();
    });
  }

  /** Answers those who wait for what is now. */
  #look() {
    const { idle, ready, room } = this.#waiting;
    if (idle.length + ready.length + room.length === 0) return;
    try {
      if (idle.length > 0 && this.#ask((core) => core.isIdle())) take(idle).forEach(({ resolve }) => resolve(undefined));
      if (room.length > 0 && this.hasRoom()) take(room).forEach(({ resolve }) => resolve(undefined));
      if (ready.length === 0) return;
      const fault = this.#ask((core) => core.whyNotReady());
      if (fault === null) return;
      take(ready).forEach(({ resolve, reject }) => (fault ? reject(fromFault(fault)) : resolve(undefined)));
    } catch (thrown) {
      // The coordinator has died.
      take(ready).forEach(({ reject }) => reject(thrown));
      // Nothing runs, and a call is refused for another reason.
      [...take(idle), ...take(room)].forEach(({ resolve }) => resolve(undefined));
    }
  }

  /** @param {unknown} task */
  #unknownTask(task) {
    const known = [...this.tasks.keys()];
    const list = known.join(", ") || "none: mark a function with #[task]";
    const nearest = typeof task === "string" && task.length <= NAME_MAX ? this.#ask((core) => core.nearest(task)) : undefined;
    const hint = nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
    return new PerennialError("UnknownTask", `no task is called ${shown(task)}; there are ${list}${hint}`, { task, known });
  }

  /**
   * Asks the coordinator something. Words that it throws are the caller's; anything else is its end.
   * @template T
   * @param {(core: any) => T} question
   * @returns {T}
   */
  #ask(question) {
    try {
      if (!this.#lost) {
        this.#passCallsOn();
        return question(this.core);
      }
    } catch (thrown) {
      if (isFault(thrown)) throw fromFault(/** @type {any} */ (thrown));
      this.#lose(thrown);
    }
    throw this.#lost;
  }

  /**
   * Tells the coordinator something and does what it answers. What it throws is its end.
   * @param {(core: any, now: number) => unknown} input may return `true` to say that there is nothing to do
   */
  #tell(input) {
    if (this.#lost) return;
    try {
      this.#passCallsOn();
      if (input(this.core, performance.now()) === true) return;
    } catch (thrown) {
      return this.#lose(thrown);
    }
    this.#perform();
  }

  #perform() {
    // An event's listener may call in here: its outputs queue up behind those of this turn.
    if (this.#performing) return;
    this.#performing = true;
    try {
      for (let count = this.core.take(); count > 0; count = this.core.take()) {
        for (let i = 0; i < count; i++) this.#do(i * OUTPUT_AT.length);
      }
      this.#schedule(this.core.wakeAt());
      this.#look();
    } catch (thrown) {
      this.#lose(thrown);
    } finally {
      this.#performing = false;
    }
  }

  /** @param {number} at where it is */
  #do(at) {
    const { core, outputs } = this;
    const generation = outputs[at + OUTPUT_AT.generation];
    const job = outputs[at + OUTPUT_AT.job];
    switch (outputs[at + OUTPUT_AT.what]) {
      case OUTPUT.start:
        return this.#start(generation);
      case OUTPUT.post:
        return this.#post(generation, job, outputs[at + OUTPUT_AT.task], outputs[at + OUTPUT_AT.announce] === 1);
      case OUTPUT.stop:
        return this.#lives.send(generation, { kind: "stop", job });
      case OUTPUT.ask:
        return this.#lives.send(generation, { kind: "ask" });
      case OUTPUT.retire:
        return this.#lives.send(generation, { kind: "retire" });
      case OUTPUT.terminate:
        return this.#lives.terminate(generation);
      case OUTPUT.settleAsSaid:
        return this.#settleAsSaid(job);
      case OUTPUT.settle: {
        const error = fromFault(core.detail());
        return this.#settle(job, ({ reject, signal }) => reject(error.code === "Cancelled" ? signal?.reason ?? error : error));
      }
      case OUTPUT.emit:
        return this.#emit(core.detail());
      case OUTPUT.report:
        return this.#report(core.detail());
      case OUTPUT.snapshot:
        return this.#lives.send(generation, { kind: "snapshot", max: Math.floor(this.config.limit / 4) });
    }
  }

  /** @param {[string, any]} event */
  #report(event) {
    for (const sink of this.#sinks) sink.put(event[1]);
    if (this.#hasReportListener) this.#emit(event);
  }

  /** @param {number} generation */
  #start(generation) {
    const { glue, build, module, input } = this;
    const { limit, stackSize, reportInterval } = this.config;
    const initialPages = this.app.__perennialInitialPages();
    const snapshot = this.#snapshot;
    try {
      this.#lives.open(generation, { glue, build, module, initialPages, limit, stackSize, reportInterval, input, snapshot });
    } catch (thrown) {
      // Told in a turn of its own: the coordinator is still giving out this turn's outputs.
      queueMicrotask(() => this.#tell((core, now) => core.startFailed(now, generation, causeOf(thrown))));
    }
  }

  /** @param {number} generation @param {number} job @param {number} task @param {boolean} announce */
  #post(generation, job, task, announce) {
    const entry = this.#table.get(job);
    if (!entry) return;
    const { argument, keep } = entry;
    try {
      this.#lives.post(generation, { job, task, announce, argument }, keep);
      if (!keep) entry.argument = NOTHING;
    } catch (cause) {
      // The copy that an idempotent job is posted as cannot be had. Told in a turn of its own: outputs are being given out.
      const error = new PerennialError("BadInput", `its argument cannot be copied: ${causeOf(cause)}`, { path: "", cause });
      queueMicrotask(() => this.#refuse(generation, job, error));
    }
  }

  /** @param {number} generation @param {import("./protocol.js").FromLeader} message */
  #hear(generation, message) {
    this.#heard++;
    // Invariant 4: nothing of one that was terminated.
    if (!this.#lives.has(generation)) return;
    switch (message.kind) {
      case "hello":
        this.#lives.watch(generation);
        return this.#tell((core, now) => core.hello(now, generation));
      case "build":
        this.build ??= message.build;
        return;
      case "granted":
        return this.#tell((core, now) => core.granted(now, generation, message.limit));
      case "ready":
        return this.#tell((core, now) => {
          core.reported(now, generation, message.health);
          if (message.cause) {
            // It may be what this generation was given that it cannot start with.
            this.#snapshot = undefined;
            core.startFailed(now, generation, message.cause);
          } else core.ready(now, generation);
        });
      case "snapshot":
        if (!message.cause) this.#snapshot = message.value;
        return this.#tell((core, now) => core.snapshotCame(now, generation, message.cause));
      case "startfailed":
        this.#snapshot = undefined;
        return this.#tell((core, now) => core.startFailed(now, generation, message.cause));
      case "started":
        return this.#tell((core, now) => core.started(now, generation, message.job));
      case "progress":
        return this.#progress(message.job, message.progress);
      case "ended":
        return this.#ended(generation, message);
      case "threw":
        return this.#threw(generation, message);
      case "words":
        return this.#heardWords(generation, message.words);
      case "noroom":
        return this.#noRoom(generation, message);
      case "reports":
        return this.#tell((core, now) => message.reports.forEach((report) => core.reported(now, generation, report)));
      case "died":
        return this.#tell((core, now) => core.died(now, generation, message.cause));
      case "answered":
        return this.#tell((core, now) => core.answered(now, generation));
      case "retired":
        return this.#tell((core, now) => core.retired(now, generation));
    }
  }

  /** @param {number} generation @param {import("./protocol.js").Ended} message */
  #ended(generation, { job, ending, ran, value, segments, health }) {
    this.#tell((core, now) => core.reported(now, generation, health));
    const end = { fulfilled: ending === ENDING.fulfilled, reader: new Reader(value, segments), from: 0, to: value.byteLength };
    this.#said = { job, how: (entry) => settleAsSaid(entry, end) };
    this.#tell((core, now) => core.ended(now, generation, job, ending, ran));
    this.#said = undefined;
  }

  /** What threads have said of small jobs. @param {number} generation @param {ArrayBuffer} words */
  #heardWords(generation, words) {
    this.#lives.heardWords(generation);
    this.#words = new Words(words);
    this.#words.eachProgress((job, progress) => this.#progress(job, progress));
    this.#tell((core, now) => core.words(now, generation, this.#words.numbers));
  }

  /** @param {number} generation @param {import("./protocol.js").Threw} message */
  #threw(generation, { job, fault, thrown: cause, name, health }) {
    // A clone has the name only of the errors that every engine knows.
    if (cause instanceof Error && name !== undefined && cause.name !== name) {
      Object.defineProperty(cause, "name", { value: name, configurable: true, writable: true });
    }
    this.#tell((core, now) => core.reported(now, generation, health));
    this.#refuse(generation, job, fromFault({ ...fault, cause }), ENDING.threw);
  }

  /** @param {number} generation @param {import("./protocol.js").NoRoom} message */
  #noRoom(generation, { job, bytes, live, limit }) {
    this.#refuse(generation, job, exhausted({ requested: bytes, live, limit }), ENDING.exhausted);
  }

  /**
   * A job of which no Rust tells.
   * @param {number} generation @param {number} job @param {Error} error @param {number} [ending]
   */
  #refuse(generation, job, error, ending = ENDING.rejected) {
    this.#said = { job, how: ({ reject }) => reject(error) };
    // It did not run, so nothing is learned from it.
    this.#tell((core, now) => core.ended(now, generation, job, ending, NaN));
    this.#said = undefined;
  }

  /** @param {number} job @param {number} progress */
  #progress(job, progress) {
    try {
      this.#table.get(job)?.onProgress?.(progress);
    } catch (thrown) {
      uncaught(thrown);
    }
  }

  /** @param {number} job */
  #settleAsSaid(job) {
    const entry = this.#takeOut(job);
    if (!entry) return;
    if (this.#said?.job === job) return this.#said.how(entry);
    const end = this.#words.endOf(job);
    if (end) settleAsSaid(entry, end);
    else entry.reject(new PerennialError("PoolLost", `nothing was said of job ${job}, yet it has ended`));
  }

  /** @param {number} job @param {(entry: Entry) => void} how */
  #settle(job, how) {
    const entry = this.#takeOut(job);
    if (entry) how(entry);
  }

  /** Invariant 1: what is taken out settles once. @param {number} job */
  #takeOut(job) {
    const entry = this.#table.get(job);
    if (!entry) return;
    this.#table.delete(job);
    if (entry.onAbort) entry.signal?.removeEventListener("abort", entry.onAbort);
    return entry;
  }

  /** @param {[string, any]} event */
  #emit([type, detail]) {
    switch (type) {
      case "started":
        return take(this.#starting).forEach(({ resolve }) => resolve(undefined));
      case "startfailed": {
        this.#life = this.#life === "exiting" ? "exiting" : "exited";
        const error = new PerennialError("StartFailed", `the pool did not start: ${detail.cause}`, detail);
        this.#endReports();
        return [...take(this.#starting), ...take(this.#waiting.ready)].forEach(({ reject }) => reject(error));
      }
      case "recyclestart":
        for (const waiting of this.#recycling) waiting.target ??= detail.to;
        break;
      case "recycleend": {
        const [done, others] = parted(this.#recycling, ({ target = Infinity }) => target <= detail.to);
        this.#recycling = others;
        done.forEach(({ resolve }) => resolve(detail));
        if (this.userTiming) timedRecycle(detail);
        break;
      }
      case "recyclefailed": {
        const code = this.#life === "live" ? "StartFailed" : "PoolExited";
        const error = new PerennialError(code, `the recycle came to nothing: ${detail.cause}`, detail);
        // One whose new generation serves already ends all the same, with its old one.
        const [failed, others] = parted(this.#recycling, ({ target = Infinity }) => target > detail.from);
        this.#recycling = others;
        failed.forEach(({ reject }) => reject(error));
        break;
      }
      case "exit":
        this.#life = "exited";
        this.#snapshot = undefined;
        take(this.#recycling).forEach(({ reject }) => reject(new PerennialError("PoolExited", "the pool has exited")));
        this.#exited();
        this.#endReports();
        break;
    }
    this.onEvent(type, detail);
  }

  /** @param {unknown} [error] */
  #endReports(error) {
    const sinks = [...this.#sinks];
    this.#sinks.clear();
    this.#hearReports();
    for (const sink of sinks) sink.end(error);
  }

  /** @param {number} at */
  #schedule(at) {
    if (Object.is(at, this.#timerAt)) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    if (Number.isNaN(at)) return;
    // Rounded up: a tick that comes early would be set again.
    const wait = Math.min(Math.max(Math.ceil(at - performance.now()), 0), 0x7fffffff);
    this.#timer = setTimeout(() => {
      // This thread may have been busy: what was said meanwhile is heard before anybody is found late.
      afterMessages(
        () => this.#heard,
        () => {
          this.#timerAt = NaN;
          this.#tell((core, now) => core.tick(now));
        },
      );
    }, wait);
  }

  /** The coordinator's own Rust has died: nothing can be decided any more. @param {unknown} thrown */
  #lose(thrown) {
    if (this.#lost) return;
    const error = new PerennialError("PoolLost", `the coordinator's own instance died: ${causeOf(thrown)}`, { cause: thrown });
    this.#lost = error;
    clearTimeout(this.#timer);
    // Else the glue frees it, once nobody has this pool any more, by a call into the instance that has died.
    this.core.__destroy_into_raw();
    for (const generation of this.#lives.all()) this.#lives.terminate(generation);
    for (const job of [...this.#table.keys()]) this.#settle(job, ({ reject }) => reject(error));
    for (const { reject } of [...take(this.#starting), ...take(this.#recycling)]) reject(error);
    // Everything ends, which is all that `exit` promises.
    this.#exited();
    this.#endReports(error);
    this.#look();
  }
}

/** @param {Entry} entry @param {import("./words.js").End} end */
function settleAsSaid({ resolve, reject }, { fulfilled, reader, from, to }) {
  if (from === to) {
    return reject(new PerennialError("TaskFailed", "its result, or its error, could not be copied out of the memory"));
  }
  try {
    if (fulfilled) return resolve(reader.first(from));
    const [said, data] = reader.all(from, to);
    reject(rejection(said, data));
  } catch (thrown) {
    reject(thrown);
  }
}

/** @param {any} said as `Rejection` in `src/task/outcome.rs` @param {unknown} data of the task's own error */
function rejection(said, data) {
  if (said.code === "MemoryExhausted") return exhausted(said);
  return said.code === "TaskFailed" ? taskFailed(said, data) : fromFault(said);
}

/** Those of which it is true, and the others. @template T @param {T[]} list @param {(item: T) => boolean} isOne */
function parted(list, isOne) {
  return [list.filter(isOne), list.filter((item) => !isOne(item))];
}

/** @template T @param {T[]} list */
function take(list) {
  return list.splice(0);
}

/** Words that Rust throws, as an `Error`. @template T @param {() => T} call */
function words(call) {
  try {
    return call();
  } catch (thrown) {
    if (isFault(thrown)) throw fromFault(/** @type {any} */ (thrown));
    const message = typeof thrown === "string" ? thrown : `the instance of this page cannot be called: ${causeOf(thrown)}`;
    throw new PerennialError("StartFailed", message, { cause: thrown });
  }
}
