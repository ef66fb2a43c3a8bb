// @ts-check
/** @import { Keys, Package, PoolOptions } from "./types.js" */

/** The keys made so far, by depth. A key is made once; each generation reads the same. */
const made = /** @type {Map<number, Keys>} */ (new Map());

/**
 * The keys for a depth, made on a pool of their own, which is gone again when they are ready.
 * @param {Package["Pool"]} Pool
 * @param {number} depth
 * @param {PoolOptions} options
 * @returns {Promise<Keys>}
 */
export async function keysFor(Pool, depth, options) {
  const known = made.get(depth);
  if (known) return known;
  const pool = await Pool.start(options);
  try {
    const keys = await pool.run("setup", depth);
    made.set(depth, keys);
    return keys;
  } finally {
    await pool.exit();
  }
}
