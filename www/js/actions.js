// @ts-check
// What can be done to both sides, by the controls and by the scenarios alike.

import { bytes, codeOf, describe, duration } from "./format.js";
import { killThread } from "./kill.js";
import { ABUSES } from "./work/abuses.js";
import { Leak } from "./work/leak.js";
import { Mandelbrot } from "./work/mandelbrot.js";
import { Photo } from "./work/photo.js";
import { Proofs } from "./work/proofs.js";
/** @import { BareSide } from "./bare-side.js" */
/** @import { Log } from "./log.js" */
/** @import { PoolSide, Settings } from "./pool-side.js" */
/** @import { Tone } from "./types.js" */
/** @import { Workload } from "./work/workload.js" */

/** @typedef {"proofs" | "mandelbrot" | "photo"} WorkName */

/** @type {Record<WorkName, string>} */
export const WORKS = { proofs: "Groth16 proofs", mandelbrot: "the Mandelbrot zoom", photo: "resizing a photo" };

/** Fires `change` when a work is on or off, or the leak is another. */
export class Actions extends EventTarget {
  leak = new Leak({ rate: 0 });
  /** What became of each abuse on the pool, the latest last. @type {{ name: string, code: string | null, asExpected: boolean }[]} */
  abused = [];
  /** @type {Proofs | undefined} */
  proofs;
  /** What the visitor wants in flight of each work. */
  inFlight = 2;
  /** Whether the bare side takes part. */
  isBeside = true;
  /** @type {Promise<void> | undefined} */
  #starting;
  /** What is meant to go on. @type {Set<WorkName | "leak">} */
  #on = new Set();

  /**
   * @param {object} parts
   * @param {PoolSide} parts.pool
   * @param {BareSide} parts.bare
   * @param {Log} parts.log
   * @param {() => Settings} parts.settings as the visitor has chosen them
   * @param {(text: string, tone?: Tone, code?: string) => void} parts.say
   * @param {HTMLCanvasElement} parts.canvas
   */
  constructor({ pool, bare, log, settings, say, canvas }) {
    super();
    this.pool = pool;
    this.bare = bare;
    this.log = log;
    this.settings = settings;
    this.say = say;
    this.mandelbrot = new Mandelbrot(canvas, { inFlight: this.inFlight });
    this.photo = new Photo({ inFlight: 1 });
    this.#follow(this.mandelbrot, "mandelbrot");
    this.#follow(this.photo, "photo");
    this.#follow(this.leak, "leak");
  }

  /** @param {WorkName} name */
  isOn(name) {
    return this.#work(name)?.running ?? false;
  }

  /** Jobs that a death took down with it. */
  get lost() {
    return [this.proofs, this.mandelbrot, this.photo].reduce((sum, work) => sum + (work?.lost ?? 0), 0);
  }

  /** Starts what does not run; who asks meanwhile gets the same start. */
  start() {
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  async #start() {
    const { pool, bare } = this;
    if (!pool.serving) {
      const begun = performance.now();
      this.say("Starting a pool…");
      const settings = this.settings();
      await pool.start(settings);
      this.say(`The pool serves on ${settings.threads} threads, after ${duration(performance.now() - begun)}. Let it work.`, "good");
    }
    if (this.isBeside && !bare.isLoaded) void bare.load(pool.settings ?? this.settings(), pool.keys);
  }

  /** Other settings: a new pool, to which the work moves; a new iframe. */
  async apply() {
    const settings = this.settings();
    this.say("A new pool starts beside this one…");
    await this.pool.start(settings);
    this.say(`The new pool serves on ${settings.threads} threads with ${this.pool.granted} a generation; the old one has exited.`, "good");
    this.bare.unload();
    if (this.isBeside) void this.bare.load(settings, this.pool.keys);
  }

  async recycle() {
    await this.pool.recycle();
    this.say(this.pool.decision, "good");
  }

  /** Ends all work and both sides. */
  async exit() {
    this.rest();
    this.bare.unload();
    this.say("What is under way ends first…");
    await this.pool.exit();
    this.say(this.pool.decision, "good");
  }

  /** Ends all work and the leak. */
  rest() {
    for (const name of /** @type {WorkName[]} */ (Object.keys(WORKS))) if (this.isOn(name)) this.#turn(name, false);
    if (this.leak.rate > 0) this.setLeak(0);
  }

  /**
   * @param {WorkName} name
   * @param {boolean} on
   * @param {AbortSignal} [signal] of who may not want it any more when the pool is up
   */
  async work(name, on, signal) {
    if (on) await this.start();
    signal?.throwIfAborted();
    this.#turn(name, on);
  }

  /** @param {number} rate in MiB per second */
  async setLeak(rate) {
    this.leak.rate = rate;
    this.#changed();
    try {
      if (rate > 0) await this.start();
    } catch (error) {
      this.leak.rate = 0;
      throw error;
    }
    // Another rate was wished for meanwhile.
    if (this.leak.rate !== rate) return;
    const wasOn = this.leak.running;
    this.#wants("leak", rate > 0);
    if (rate > 0) this.leak.start(this.pool.run);
    else this.leak.stop();
    this.bare.leak(rate);
    if (wasOn !== rate > 0) this.log.add("abuse", rate > 0 ? `A task leaks ${rate} MiB a second now.` : "The leak has ended.");
    this.#changed();
  }

  /**
   * Does one of `ABUSES` to both sides.
   * @param {string} name
   * @param {AbortSignal} [signal] as `work` has it
   */
  async abuse(name, signal) {
    const abuse = ABUSES.find((abuse) => abuse.name === name);
    if (!abuse) throw new Error(`there is no abuse "${name}"; there are ${ABUSES.map(({ name }) => name).join(", ")}`);
    await this.start();
    signal?.throwIfAborted();
    this.log.add("abuse", `${abuse.label}, on both sides.`);
    this.say(`${abuse.label}: under way…`);
    this.bare.abuse(name);
    if (abuse.task === null) {
      const killed = await killThread();
      const words = killed ? `The worker ${killed} was ended from outside.` : "There was no worker to end.";
      this.log.add("abuse", words);
      this.say(words);
      this.abused.push({ name, code: null, asExpected: killed !== null });
      return;
    }
    const { code, text } = await this.pool.run(abuse.task, abuse.argument, abuse.options).then(
      () => ({ code: null, text: "It was fulfilled." }),
      (error) => ({ code: codeOf(error), text: describe(error) }),
    );
    const asExpected = code === abuse.ends;
    this.abused.push({ name, code, asExpected });
    this.log.add("abuse", `${abuse.label}: ${text}`, asExpected ? "good" : "bad");
    const end = code === null ? "the call was fulfilled" : `the call was rejected with ${code || "an error"}`;
    this.say(`${abuse.label}: ${end}, ${asExpected ? "as it should be." : `which should not be. ${text}`}`, asExpected ? "good" : "bad");
  }

  /** @param {number} count */
  setInFlight(count) {
    this.inFlight = count;
    for (const name of /** @type {const} */ (["proofs", "mandelbrot"])) this.#work(name)?.setInFlight(count);
    this.bare.inFlight(count);
  }

  /** @param {File} file of the visitor's */
  async choosePhoto(file) {
    const { name } = await this.photo.use(file);
    this.bare.photo(file);
    this.say(`${name}, ${bytes(file.size)}, is resized from now on. It does not leave your machine.`);
    await this.work("photo", true);
  }

  async reloadBare() {
    this.isBeside = true;
    if (this.bare.isLoaded) await this.bare.reload();
    else await this.bare.load(this.pool.settings ?? this.settings(), this.pool.keys);
  }

  /** Whether the bare side takes part from now on. @param {boolean} isBeside */
  async setBeside(isBeside) {
    if (!isBeside) this.bare.unload();
    else if (this.pool.serving) await this.reloadBare();
    this.isBeside = isBeside;
    this.#changed();
  }

  /**
   * @param {WorkName | "leak"} name
   * @param {boolean} on
   */
  #wants(name, on) {
    if (on) this.#on.add(name);
    else this.#on.delete(name);
  }

  /** @param {WorkName} name */
  #work(name) {
    return name === "proofs" ? this.#proofs() : this[name];
  }

  #proofs() {
    const { keys } = this.pool;
    if (!this.proofs && keys) {
      this.proofs = new Proofs(keys, { inFlight: this.inFlight });
      this.#follow(this.proofs, "proofs");
    }
    return this.proofs;
  }

  /**
   * @param {WorkName} name
   * @param {boolean} on
   */
  #turn(name, on) {
    const work = this.#work(name);
    this.#wants(name, on);
    if (on) work?.start(this.pool.run);
    else work?.stop();
    this.bare.work(name, on);
    this.log.add("work", `${on ? "Begun" : "Ended"}: ${WORKS[name]}.`);
    this.#changed();
  }

  /**
   * @param {Workload} work
   * @param {WorkName | "leak"} name
   */
  #follow(work, name) {
    let last = "";
    work.addEventListener("change", () => {
      if (this.#on.has(name) && !work.running) this.#ended(name, last);
      this.#changed();
    });
    work.addEventListener("failure", (event) => {
      const { error } = /** @type {CustomEvent<{ error: unknown }>} */ (event).detail;
      last = describe(error);
      this.log.add("work", last, "bad");
    });
  }

  /**
   * A work has given up by itself. The other side has the same load, so it ends there too.
   * @param {WorkName | "leak"} name
   * @param {string} why
   */
  #ended(name, why) {
    this.#on.delete(name);
    if (name === "leak") {
      this.leak.rate = 0;
      this.bare.leak(0);
    } else {
      this.bare.work(name, false);
    }
    const words = `It failed again and again, so this has ended: ${name === "leak" ? "the leak" : WORKS[name]}. ${why}`;
    this.log.add("work", words, "bad");
    this.say(words, "bad");
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
