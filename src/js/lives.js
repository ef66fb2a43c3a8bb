// @ts-check
// The generations as the page holds them: their leaders, what is sent to these, and their ends.

import { Outgoing } from "./batch.js";
import { end } from "./end.js";
import { heardOne, newFlow } from "./flow.js";
import { openLeader } from "./open.js";
import { causeOf, ENDED, leaderName, threadName } from "./protocol.js";

/**
 * @typedef {{ message: (generation: number, message: import("./protocol.js").FromLeader) => void,
 *   trapped: (generation: number, cause: string) => void, died: (generation: number, cause: string) => void }} Hearing
 *   what is heard of a generation, each in a turn of its own; `trapped` is a thread's own word, past its leader
 */

export class Lives {
  /** Those that were not terminated. @type {Map<number, import("./end.js").Life>} */
  #lives = new Map();
  /** The ends of those that were, as far as they are not dead. @type {Set<Promise<void>>} */
  #ends = new Set();
  /** Small jobs that leave at the end of this turn. */
  #outgoing = new Outgoing(
    (generation, message, transfer) => this.#lives.get(generation)?.leader.postMessage(message, transfer),
    (generation, thrown) => this.#cutOff(generation, thrown),
  );
  #pool;
  #threads;
  #workerUrl;
  #hearing;

  /**
   * @param {string} pool tells its locks from others'
   * @param {number} threads
   * @param {URL | undefined} workerUrl as `openLeader` takes it
   * @param {Hearing} hearing
   */
  constructor(pool, threads, workerUrl, hearing) {
    this.#pool = pool;
    this.#threads = threads;
    this.#workerUrl = workerUrl;
    this.#hearing = hearing;
  }

  /** @param {number} generation */
  has(generation) {
    return this.#lives.has(generation);
  }

  /** Their numbers. */
  all() {
    return [...this.#lives.keys()];
  }

  /**
   * Starts a leader, which starts its threads. Throws what the worker does that cannot be had.
   * @param {number} generation
   * @param {Omit<import("./protocol.js").Start, "kind" | "pool" | "generation" | "threads" | "ended" | "flow" | "ports">} start
   */
  open(generation, start) {
    const leader = openLeader(leaderName(this.#pool, generation), this.#workerUrl);
    const ended = new Int32Array(new SharedArrayBuffer(ENDED.length * Int32Array.BYTES_PER_ELEMENT));
    const flow = newFlow();
    const channels = Array.from({ length: this.#threads }, () => new MessageChannel());
    const ports = channels.map(({ port1 }) => port1);
    for (const port of ports) port.onmessage = ({ data }) => this.#hearing.trapped(generation, data.cause);
    this.#lives.set(generation, { leader, ended, flow, ports });
    leader.addEventListener("message", ({ data }) => this.#hearing.message(generation, data));
    leader.addEventListener("messageerror", () => this.#hearing.died(generation, "a message of its leader cannot be read"));
    leader.addEventListener("error", (event) => {
      event.preventDefault();
      this.#hearing.died(generation, event.message || "its leader's script did not load");
    });
    const theirs = channels.map(({ port2 }) => port2);
    const ours = { pool: this.#pool, generation, threads: this.#threads, ended, flow, ports: theirs };
    this.send(generation, { ...start, ...ours, kind: "start" }, theirs);
  }

  /** Its leader has its lock; who gets it next knows that the leader is dead. @param {number} generation */
  watch(generation) {
    const dead = () => this.#hearing.died(generation, "its leader has ended");
    navigator.locks.request(leaderName(this.#pool, generation), dead).catch(() => {
      // Where there are no locks, its death is noticed by its silence alone.
    });
  }

  /** Whether a job with this argument is small. @param {import("./protocol.js").Encoded} argument */
  isSmall(argument) {
    return this.#outgoing.takes(argument);
  }

  /**
   * Throws if an argument that is kept is too large to be copied.
   * @param {number} generation @param {Omit<import("./protocol.js").Run, "kind">} run
   * @param {boolean} keep whether its argument is needed again
   */
  post(generation, { job, task, announce, argument }, keep) {
    if (this.isSmall(argument)) return this.#outgoing.add(generation, job, task, announce, argument.head);
    this.#outgoing.flush();
    const transfer = keep ? [] : [argument.head.buffer, ...argument.segments];
    this.#lives.get(generation)?.leader.postMessage({ kind: "run", job, task, announce, argument }, transfer);
  }

  /** @param {number} generation @param {import("./protocol.js").ToLeader} message @param {Transferable[]} [transfer] */
  send(generation, message, transfer = []) {
    this.#outgoing.flush();
    try {
      this.#lives.get(generation)?.leader.postMessage(message, transfer);
    } catch (thrown) {
      this.#cutOff(generation, thrown);
    }
  }

  /** A message of small words was heard: those that its leader holds back may come. @param {number} generation */
  heardWords(generation) {
    const life = this.#lives.get(generation);
    if (life && heardOne(life.flow)) this.send(generation, { kind: "more" });
  }

  /** Nothing more can be sent to it. Outputs are being given out. @param {number} generation @param {unknown} thrown */
  #cutOff(generation, thrown) {
    queueMicrotask(() => this.#hearing.died(generation, causeOf(thrown)));
  }

  /** @param {number} generation */
  terminate(generation) {
    this.#outgoing.drop(generation);
    const life = this.#lives.get(generation);
    this.#lives.delete(generation);
    if (!life) return;
    const threads = Array.from({ length: this.#threads }, (_, thread) => threadName(this.#pool, generation, thread));
    const ended = end(life, [leaderName(this.#pool, generation), ...threads]);
    this.#ends.add(ended);
    ended.then(() => this.#ends.delete(ended));
  }

  /** Once the workers of all that were terminated are dead. */
  async allEnded() {
    await Promise.all(this.#ends);
  }
}
