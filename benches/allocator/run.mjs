// Times the kernels of src/kernels.rs under the package's allocator, the standard library's and others, in one page, by turns,
// and as a program for this machine; prints a Markdown table.
//
// `cargo xtask bench allocator` makes the builds, in the folders pkg-NAME beside this file, and calls this: see
// ../browser/lib/environment.mjs. Each build says which allocator it has.
//
// On a machine that does other work, trust the best times: a median of pairs shows the other work too.
//
// `--quick` does few rounds, to see that everything runs. `--write` also puts the table into docs/benchmarks.md.

import { browserName, inBrowser } from "../browser/lib/browser.mjs";
import { machine, now, others } from "../browser/lib/machine.mjs";
import { startNative } from "../browser/lib/native.mjs";
import { table, write } from "../browser/lib/report.mjs";
import { median, middleHalf } from "../browser/lib/stats.mjs";

const words = process.argv.slice(2);
const unknown = words.filter((word) => !["--quick", "--write"].includes(word));
if (unknown.length > 0) {
  console.error(`${unknown.join(", ")}: not understood; there are --quick and --write`);
  process.exit(2);
}
const quick = words.includes("--quick");
const TURNS = quick ? 3 : 31;
/** For the engine to compile. */
const WARM_UP = quick ? 2 : 10;
/** One that takes so many times as long is not asked again. */
const FAR = 20;

/** By name: which build, and whether its threads may sleep where they meet the package's lock held. */
const ALLOCATORS = {
  std: { build: "std", sleeps: true },
  ours: { build: "ours", sleeps: true },
  "ours, never asleep": { build: "ours", sleeps: false },
  talc: { build: "talc", sleeps: true },
  lol_alloc: { build: "lol_alloc", sleeps: true },
};

// Rounds for some tens of milliseconds each: long against the clock's steps, short against the machine's moods.
const KERNELS = [
  { kernel: "small", rounds: 500_000, what: "small blocks, one thread" },
  { kernel: "small_on_all", rounds: 300_000, what: "small blocks, two threads" },
  { kernel: "growth", rounds: 100, what: "a growing `Vec`" },
  { kernel: "words", rounds: 100, what: "strings and maps, two threads" },
  { kernel: "strings", rounds: 80, what: "`par_iter` to strings, joined" },
  { kernel: "collects", rounds: 160, what: "`par_iter` to `Vec<Vec<_>>`" },
  { kernel: "maps", rounds: 6, what: "`par_iter` to hash maps, merged" },
  { kernel: "compute", rounds: 20, what: "compute, two threads" },
];

const on = machine(await browserName());
let text;
let failed = false;
try {
  const results = await inBrowser("/benches/allocator/index.html", (page) => {
    return page.evaluate(measure, { kernels: KERNELS, allocators: ALLOCATORS, turns: TURNS, warmUp: WARM_UP, far: FAR });
  });
  const program = startNative(2);
  for (const result of results) {
    result.native = [];
    for (let turn = -2; turn < TURNS; turn++) {
      const { ms } = await program.run(`${result.kernel} ${result.rounds}`);
      if (turn >= 0) result.native.push(ms);
    }
  }
  program.end();
  text = shown(results);
} catch (error) {
  failed = true;
  console.error(error);
  text = `This part failed: ${error.message}`;
}
const command = `cargo xtask bench allocator${quick ? " --quick" : ""}`;
text += `\n\n\`${command}\`, ${now()}; others took up to ${others()} of the processors; ${on}.`;
console.log(`\n## allocator\n\n${text}\n`);
if (words.includes("--write")) await write("allocator", text);
process.exit(failed ? 1 : 0);

// Runs in the page.
async function measure({ kernels, allocators, turns, warmUp, far }) {
  const ask = (worker, message) =>
    new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`no answer to ${JSON.stringify(message)} within a minute`)), 60_000);
      worker.onmessage = ({ data }) => {
        clearTimeout(limit);
        data.error ? reject(new Error(data.error)) : resolve(data);
      };
      worker.onerror = (event) => reject(new Error(`worker: ${event.message}`));
      worker.postMessage(message);
    });
  const workers = {};
  for (const [name, { build, sleeps }] of Object.entries(allocators)) {
    workers[name] = new Worker(`worker.js?build=${build}&sleeps=${sleeps}`, { type: "module" });
    const { allocator } = await ask(workers[name], {});
    if (allocator !== build) throw new Error(`pkg-${build} is built with another allocator: ${allocator}`);
  }
  const names = Object.keys(allocators);
  const results = [];
  for (const { kernel, rounds, what } of kernels) {
    const times = Object.fromEntries(names.map((name) => [name, []]));
    const slow = {};
    for (let turn = -warmUp; turn < turns; turn++) {
      // Who goes first takes turns too.
      const at = (turn + warmUp) % names.length;
      let std;
      for (const name of [...names.slice(at), ...names.slice(0, at)]) {
        if (slow[name]) continue;
        const { ms } = await ask(workers[name], { kernel, rounds });
        if (turn >= 0) times[name].push(ms);
        if (name === "std") std = ms;
        if (std !== undefined && ms > far * std) slow[name] = true;
      }
    }
    results.push({ kernel, rounds, what, times, slow });
  }
  return results;
}

function shown(results) {
  const others = Object.keys(ALLOCATORS).filter((name) => name !== "std");
  const best = (times) => Math.min(...times);
  const rows = results.map(({ what, times, slow, native }) => {
    const cells = others.map((name) => {
      if (slow[name]) return `> ${FAR}`;
      const ratios = times[name].map((ms, turn) => ms / times.std[turn]);
      return `${(best(times[name]) / best(times.std)).toFixed(2)}; **${median(ratios).toFixed(2)}** (${middleHalf(ratios, 2)})`;
    });
    return [what, times.std.length, best(times.std).toFixed(1), best(native).toFixed(1), ...cells];
  });
  return table(["time to std's: of the best; median of pairs (middle half)", "n", "std, best, ms", "native, best, ms", ...others], rows);
}
