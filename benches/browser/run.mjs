// Times what the package promises, in a real browser, and prints tables.
//
//   node run.mjs [start|pause|recycles|memory|health|coordinator|kernels|values|deaths|peers|size ...] [--quick] [--write]
//
// `--quick` does few rounds, to see that everything runs; its figures mean little. `--write` also puts the tables into
// docs/benchmarks.md, each into its place. `cargo xtask bench` builds, serves, and calls this: see lib/environment.mjs.

import { browserName } from "./lib/browser.mjs";
import { machine, now, others } from "./lib/machine.mjs";
import { write } from "./lib/report.mjs";
import { coordinator } from "./parts/coordinator.mjs";
import { deaths } from "./parts/deaths.mjs";
import { health } from "./parts/health.mjs";
import { kernels } from "./parts/kernels.mjs";
import { memory } from "./parts/memory.mjs";
import { pause } from "./parts/pause.mjs";
import { peers } from "./parts/peers.mjs";
import { recycles } from "./parts/recycles.mjs";
import { size } from "./parts/size.mjs";
import { start } from "./parts/start.mjs";
import { values } from "./parts/values.mjs";

const PARTS = { start, pause, recycles, memory, health, coordinator, kernels, values, deaths, peers, size };

const words = process.argv.slice(2);
const options = words.filter((word) => word.startsWith("--"));
const named = words.filter((word) => !word.startsWith("--"));
const unknown = [...options.filter((word) => !["--quick", "--write"].includes(word)), ...named.filter((word) => !Object.hasOwn(PARTS, word))];
if (unknown.length > 0) {
  console.error(`${unknown.join(", ")}: not understood; there are ${Object.keys(PARTS).join(", ")}, --quick and --write`);
  process.exit(2);
}
const quick = options.includes("--quick");

const on = machine(await browserName());
let failed = false;
for (const part of named.length > 0 ? named : Object.keys(PARTS)) {
  const begun = performance.now();
  let text;
  try {
    text = await PARTS[part]({ quick, write: options.includes("--write") });
  } catch (error) {
    failed = true;
    console.error(error);
    text = `This part failed: ${error.message}`;
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  const command = `cargo xtask bench ${part}${quick ? " --quick" : ""}`;
  text += `\n\n\`${command}\`, ${now()}, ${seconds} s; others took up to ${others()} of the processors; ${on}.`;
  console.log(`\n## ${part}\n\n${text}\n`);
  if (options.includes("--write")) await write(part, text);
}
process.exit(failed ? 1 : process.exitCode);
