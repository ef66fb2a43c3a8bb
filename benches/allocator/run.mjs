// Times the kernels of src/lib.rs under the package's allocator and under the standard library's, in one page, by turns,
// and prints the ratios as a Markdown table.
//
// `cargo xtask bench allocator` makes both builds, in the folders pkg-ours and pkg-std beside this file, and calls this:
// see ../browser/lib/environment.mjs. The second build has the option --no-default-features, and a target folder of its
// own, so that neither can be linked into the other. If that goes wrong it is found out here and said.
//
// On a machine that does other work, trust the best times: a median of pairs shows the other work too.
//
// `--quick` does few pairs, to see that everything runs. `--write` also puts the table into docs/benchmarks.md.

import { browserName, inBrowser } from "../browser/lib/browser.mjs";
import { machine, now, others } from "../browser/lib/machine.mjs";
import { table, write } from "../browser/lib/report.mjs";
import { median, middleHalf } from "../browser/lib/stats.mjs";

const words = process.argv.slice(2);
const unknown = words.filter((word) => !["--quick", "--write"].includes(word));
if (unknown.length > 0) {
  console.error(`${unknown.join(", ")}: not understood; there are --quick and --write`);
  process.exit(2);
}
const quick = words.includes("--quick");
const pairs = quick ? 3 : 31;

// Rounds for some tens of milliseconds each: long against the clock's steps, short against the machine's moods.
const KERNELS = [
  { kernel: "small", rounds: 500_000, what: "small blocks, one thread" },
  { kernel: "small_on_all", rounds: 300_000, what: "small blocks, two threads" },
  { kernel: "growth", rounds: 100, what: "a growing `Vec`" },
  { kernel: "words", rounds: 100, what: "strings and maps, two threads" },
  { kernel: "compute", rounds: 20, what: "compute, two threads" },
];

const on = machine(await browserName());
let text;
let failed = false;
try {
  const results = await inBrowser("/benches/allocator/index.html", (page) => page.evaluate(measure, KERNELS, pairs));
  text = ratios(results);
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
async function measure(kernels, pairs) {
  const ask = (worker, message) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
      worker.onerror = (event) => reject(new Error(`worker: ${event.message}`));
      worker.postMessage(message);
    });
  const workers = {};
  for (const [name, counted] of Object.entries({ ours: true, std: false })) {
    workers[name] = new Worker(`worker.js?build=pkg-${name}`, { type: "module" });
    const answer = await ask(workers[name], {});
    if (answer.counted !== counted) throw new Error(`pkg-${name} is built with the wrong allocator`);
  }
  const results = [];
  for (const { kernel, rounds, what } of kernels) {
    const times = { ours: [], std: [] };
    for (let pair = -10; pair < pairs; pair++) {
      // Who goes first takes turns too; the first ten pairs are for the engine to compile.
      const order = pair % 2 === 0 ? ["ours", "std"] : ["std", "ours"];
      for (const name of order) {
        const { ms } = await ask(workers[name], { kernel, rounds });
        if (pair >= 0) times[name].push(ms);
      }
    }
    results.push({ what, times });
  }
  return results;
}

function ratios(results) {
  const rows = results.map(({ what, times: { ours, std } }) => {
    const ratios = ours.map((ms, pair) => ms / std[pair]);
    const [a, b] = [ours, std].map((times) => Math.min(...times));
    return [
      what, ours.length, a.toFixed(1), b.toFixed(1), (a / b).toFixed(2), `**${median(ratios).toFixed(2)}**`, middleHalf(ratios, 2),
    ];
  });
  const head = ["kernel", "pairs", "counted, best, ms", "std, best, ms", "ratio of the best", "median ratio of a pair", "middle half"];
  return table(head, rows);
}
