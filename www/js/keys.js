// @ts-check
/** @import { Keys, Package, PoolOptions } from "./types.js" */

/** How deep the tree of members is: a proof takes a good part of a second on one core. */
const DEPTH = 8;

/** Made once; each generation reads the same. @type {Keys | undefined} */
let made;

/**
 * The keys of the proofs, made on a pool of their own, which is gone again when they are ready.
 * @param {Package["Pool"]} Pool
 * @param {PoolOptions} options
 * @returns {Promise<Keys>}
 */
export async function keysFor(Pool, options) {
  if (made) return made;
  const pool = await Pool.start(options);
  try {
    made = /** @type {Keys} */ (await pool.run("setup", DEPTH));
    return made;
  } finally {
    await pool.exit();
  }
}
