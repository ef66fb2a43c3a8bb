// @ts-check
// The package's outside interface, as far as this page uses it.

/**
 * @typedef {object} GenerationHealth
 * @property {number} generation
 * @property {"starting" | "serving" | "draining" | "retiring"} phase
 * @property {number} reserved  bytes of its memory
 * @property {number} live      bytes of it in use
 * @property {number} peak
 * @property {number} limit
 * @property {number} inFlight
 * @property {number} jobsDone
 * @property {number} ageMs
 */

/**
 * @typedef {object} ThreadHealth
 * @property {number} generation
 * @property {number} thread
 * @property {{ job: number, task: string, forMs: number }[]} busy
 * @property {number} jobsDone
 * @property {number} reportedMsAgo
 */

/**
 * @typedef {object} Health
 * @property {string} phase
 * @property {GenerationHealth[]} generations
 * @property {ThreadHealth[]} threads
 * @property {{ length: number, max: number }} queue
 * @property {{ submitted: number, fulfilled: number, rejected: number, recycles: number }} counters
 */

/** @typedef {{ from: number, to: number, reason: string, pauseMs: number, bytesFreed: number }} RecycleEnd */

/**
 * @typedef {object} RunOptions
 * @property {AbortSignal} [signal]
 * @property {number} [timeout]
 * @property {boolean} [idempotent]
 * @property {(fraction: number) => void} [onProgress]
 */

/**
 * @typedef {EventTarget & {
 *   run(task: string, argument?: unknown, options?: RunOptions): Promise<any>,
 *   recycle(): Promise<unknown>,
 *   exit(): Promise<unknown>,
 *   init(): Promise<unknown>,
 *   health(): Health,
 * }} Pool
 */

/**
 * @typedef {object} PoolOptions
 * @property {number} threads
 * @property {{ limit: number | string }} memory
 * @property {Uint8Array} [input]
 */

/**
 * @typedef {object} Package
 * @property {(options: { memory: WebAssembly.Memory }) => Promise<unknown>} default
 * @property {{ start(options: PoolOptions): Promise<Pool> }} Pool
 * @property {() => WebAssembly.Memory} pageMemory
 */

/** @typedef {{ provingKey: Uint8Array, verifyingKey: Uint8Array, constraints: number, members: number }} Keys */

/**
 * @typedef {object} Proof
 * @property {Uint8Array} bytes
 * @property {Uint8Array} publicInputs
 * @property {number} leaf
 * @property {number} seed
 * @property {number} milliseconds
 */

export {};
