// @ts-check
// Names for the package's own types, as this page uses them.

/** @typedef {typeof import("../pkg/perennial_demo.js")} Package */
/** @typedef {import("../pkg/perennial_demo.js").Pool} Pool */
/** @typedef {import("../pkg/perennial_demo.js").Pool.Options} PoolOptions */
/** @typedef {import("../pkg/perennial_demo.js").Pool.RunOptions} RunOptions */
/** @typedef {import("../pkg/perennial_demo.js").Pool.Health} Health */
/** @typedef {import("../pkg/perennial_demo.js").Pool.Events} Events */
/** @typedef {import("../pkg/perennial_demo.js").Pool.Reason} Reason */

/** Calls a task of a pool. @typedef {(task: string, argument?: unknown, options?: RunOptions) => Promise<any>} Run */

/** @typedef {"plain" | "good" | "bad"} Tone */

/** @typedef {{ provingKey: Uint8Array, verifyingKey: Uint8Array, constraints: number, members: number }} Keys */

/** @typedef {{ bytes: Uint8Array, publicInputs: Uint8Array, leaf: number, seed: number, milliseconds: number }} Proof */

export {};
