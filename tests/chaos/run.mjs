// Chaos by hand, or for long. `cargo xtask soak chaos` builds, serves, and calls this.
//
//   node run.mjs JOBS SEED

import { again, run } from "./chaos.mjs";

const [jobs, seed] = process.argv.slice(2).map(Number);
if (!(Number.isInteger(jobs) && jobs > 0 && Number.isInteger(seed))) {
  console.error(`a whole number of jobs above 0 and a whole seed, not ${process.argv.slice(2).join(" ")}`);
  process.exit(2);
}

const { figures, found, shape, kinds, ms } = await run({ seed, jobs, log: every(10_000, console.log) });
console.log(`ends, by kind:\n${kinds.join("\n")}\n`);
console.log(`${jobs} jobs, seed ${seed} (${shape}), in ${(ms / 1000).toFixed(0)} s\n- ${figures.join("\n- ")}\n`);
console.log(found.length > 0 ? `${found.length} violations:\n- ${found.join("\n- ")}\n${again({ seed, jobs })}` : "nothing that must not be");
process.exit(found.length > 0 ? 1 : 0);

/** At most so often. */
function every(ms, log) {
  let last = -Infinity;
  return (words) => {
    if (performance.now() - last < ms) return;
    last = performance.now();
    log(words);
  };
}
