// The same loads with health reports and without.

/**
 * @param {Record<string, string>} sides the folder of each side's package
 * @param {number} threads @param {number} limit in bytes
 */
export async function startHealth(sides, threads, limit) {
  const pools = {};
  for (const [side, folder] of Object.entries(sides)) {
    const app = await import(`../${folder}/perennial_bench.js`);
    await app.default({ memory: app.pageMemory() });
    // Without reports nothing is sampled either: the longest interval that a timer can have.
    const interval = side === "off" ? { reportInterval: 2 ** 31 - 1 } : {};
    pools[side] = await app.Pool.start({ threads, memory: { limit }, ...interval });
  }
  const timed = (side) => async ({ task, argument, jobs, inFlight }) => {
    const pool = pools[side];
    let left = jobs;
    const flow = async () => {
      while (left-- > 0) await pool.run(task, argument);
    };
    const begun = performance.now();
    await Promise.all(Array.from({ length: inFlight }, flow));
    return performance.now() - begun;
  };
  return {
    ...Object.fromEntries(Object.keys(sides).map((side) => [side, timed(side)])),
    /** How many reports a side tells while it does a load. */
    async reports({ side, load }) {
      let count = 0;
      const hear = () => (count += 1);
      pools[side].addEventListener("report", hear);
      await timed(side)(load);
      pools[side].removeEventListener("report", hear);
      return count;
    },
    async end() {
      for (const pool of Object.values(pools)) await pool.exit();
    },
  };
}
