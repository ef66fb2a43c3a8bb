// Times the kernels of src/lib.rs under the package's allocator and under the standard library's, in one page, by turns,
// and prints the ratios as a Markdown table.
//
// Both builds have to be there first, in the folders pkg-ours and pkg-std beside this file:
//
//   CARGO_TARGET_DIR=target/ours wasm-pack build benches/allocator --target web --out-dir pkg-ours -- \
//     -Z build-std=std,panic_unwind
//   CARGO_TARGET_DIR=target/std wasm-pack build benches/allocator --target web --out-dir pkg-std -- \
//     -Z build-std=std,panic_unwind --no-default-features
//
// Two target folders, because cargo gives a path dependency that is also a cdylib one file name whatever its features
// are; the second build would be linked into a later first one. Here that is found out and said.
//
// On a machine that does other work, trust the best times: a median of pairs shows the other work too.
//
// The environment says where things are: PERENNIAL_BASE_URL, a server that serves the folder benches/ below /benches/
// with the headers for cross-origin isolation; PERENNIAL_CHROMIUM, the browser; PERENNIAL_PUPPETEER, the URL of
// puppeteer-core's entry module. PERENNIAL_BENCH_PAIRS is the number of pairs per kernel, 21 by default.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { PERENNIAL_BASE_URL, PERENNIAL_CHROMIUM, PERENNIAL_PUPPETEER, PERENNIAL_BENCH_PAIRS = "21" } = process.env;
if (!PERENNIAL_BASE_URL || !PERENNIAL_CHROMIUM || !PERENNIAL_PUPPETEER) {
  console.error("set PERENNIAL_BASE_URL, PERENNIAL_CHROMIUM and PERENNIAL_PUPPETEER; the head of this file says to what");
  process.exit(2);
}
const pairs = Number(PERENNIAL_BENCH_PAIRS);

// Rounds for some tens of milliseconds each: long against the clock's steps, short against the machine's moods.
const KERNELS = [
  { kernel: "small", rounds: 500_000, what: "small blocks, one thread" },
  { kernel: "small_on_all", rounds: 300_000, what: "small blocks, two threads" },
  { kernel: "growth", rounds: 100, what: "a growing `Vec`" },
  { kernel: "words", rounds: 100, what: "strings and maps, two threads" },
  { kernel: "compute", rounds: 20, what: "compute, two threads" },
];

const { default: puppeteer } = await import(PERENNIAL_PUPPETEER);
const userDataDir = await mkdtemp(join(tmpdir(), "perennial-bench-"));
const browser = await puppeteer.launch({
  executablePath: PERENNIAL_CHROMIUM,
  headless: true,
  userDataDir,
  protocolTimeout: 600_000,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
let failed = false;
try {
  const page = await browser.newPage();
  await page.goto(new URL("/benches/allocator/index.html", PERENNIAL_BASE_URL).href);
  const results = await page.evaluate(measure, KERNELS, pairs);
  console.log(table(results));
} catch (error) {
  console.error(error);
  failed = true;
} finally {
  await browser.close();
  await rm(userDataDir, { recursive: true, force: true });
}
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

function table(results) {
  const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.round(q * (values.length - 1))];
  const rows = results.map(({ what, times: { ours, std } }) => {
    const ratios = ours.map((ms, pair) => ms / std[pair]);
    const [low, median, high] = [0.25, 0.5, 0.75].map((q) => quantile(ratios, q).toFixed(2));
    const [a, b] = [ours, std].map((times) => Math.min(...times));
    return `| ${what} | ${a.toFixed(1)} ms | ${b.toFixed(1)} ms | ${(a / b).toFixed(2)} | **${median}** | ${low} to ${high} |`;
  });
  return [
    `| kernel, ${pairs} pairs | counted, best | std, best | ratio of the best | median ratio of a pair | its middle half |`,
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}
