// The package.

import init, { Pool, pageMemory } from "../../../peers/pkg-pool/perennial_bench_peers.js";

/** More than are ever called at once. */
const QUEUE_MAX = 20_000;

/** @type {Promise<unknown> | undefined} */
let loaded;

/** @param {{ workers: number, idempotent?: boolean }} options `workers`: threads of Rayon */
export async function start({ workers, idempotent }) {
  await (loaded ??= init({ memory: pageMemory() }));
  const pool = await Pool.start({ threads: workers, maxQueue: QUEUE_MAX });
  const again = idempotent ? { idempotent } : undefined;
  return {
    noop: (number) => pool.run("noop", number),
    echo: (bytes) => pool.run("echo", bytes, { transfer: [bytes.buffer] }),
    spin: (us) => pool.run("spin", us, again),
    spinAll: (pieces, us) => pool.run("spin_all", [pieces, us], again),
    fill: (bytes) => pool.run("fill", bytes),
    recycle: () => pool.recycle(),
    end: () => pool.exit(),
  };
}
