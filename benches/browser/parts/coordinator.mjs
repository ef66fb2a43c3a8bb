// f. What the coordinator takes: of the page's time in a browser, and alone, natively.

import { inBench } from "../lib/browser.mjs";
import { startNative } from "../lib/native.mjs";
import { profiled, shares } from "../lib/profile.mjs";
import { table } from "../lib/report.mjs";
import { median, middleHalf } from "../lib/stats.mjs";

const OPTIONS = { threads: 2, maxQueue: 10_000, memory: { limit: "256MiB" } };
const RATES = [1_000, 5_000, 10_000];
const LOADS = {
  steady: "3 jobs at a time",
  batches: "1024 short ones at a time, 64 ends a message",
  "full queue": "1024 at a time",
  priorities: "1024 at a time, of 13 priorities",
  deadlines: "1024 at a time, each with both timeouts",
  "waiting for memory": "1024 at a time, each of which needs most of the memory",
};

/** @param {{ quick: boolean }} options */
export async function coordinator({ quick }) {
  const natively = await native(quick ? 3 : 20);
  const seen = [];
  for (const rate of RATES) seen.push(...(await onPage(rate, quick ? 1 : 5, quick ? 1_000 : 4_000)));
  return `${pageTable(seen)}\n\n${natively}`;
}

async function onPage(rate, rounds, ms) {
  return inBench(async (page) => {
    const profile = await profiled(page);
    const seen = [];
    for (let round = 0; round < rounds; round++) {
      const reached = await page.evaluate((...all) => bench.flood(...all), rate, ms, OPTIONS);
      seen.push({ rate, reached, ...shares(profile(), groupOf) });
    }
    return seen;
  });
}

function groupOf({ functionName, url }) {
  if (url.startsWith("wasm:") || url.endsWith(".wasm")) return "wasm";
  if (url.endsWith("/pkg/perennial_bench.js")) return "glue";
  if (url.includes("/pkg/snippets/")) return "driver";
  if (url.includes("/benches/")) return "caller";
  return { "(idle)": "idle", "(garbage collector)": "garbage" }[functionName];
}

function pageTable(seen) {
  const rows = RATES.map((rate) => {
    const rounds = seen.filter((round) => round.rate === rate);
    const share = (...groups) => rounds.map((round) => 100 * groups.reduce((sum, group) => sum + (round[group] ?? 0), 0));
    const [core, edge, whole] = [share("wasm"), share("glue"), share("wasm", "glue")];
    const reached = median(rounds.map((round) => round.reached));
    return [
      rate, rounds.length, Math.round(reached), `**${median(whole).toFixed(1)}**`, middleHalf(whole, 1), median(core).toFixed(1), median(edge).toFixed(1),
      median(share("driver")).toFixed(1), median(share("caller", "garbage", "other")).toFixed(1), median(share("idle")).toFixed(1),
      ((median(whole) * 1e4) / reached).toFixed(1),
    ];
  });
  const head = [
    "jobs a second, asked", "n", "reached", "coordinator, % of the page's time", "middle half", "its Rust", "its glue", "driver and messages", "caller and engine",
    "idle", "coordinator, µs a job",
  ];
  return table(head, rows);
}

async function native(rounds) {
  const program = startNative(1);
  try {
    const rows = [];
    for (const [name, what] of Object.entries(LOADS)) {
      const each = [];
      let inputs;
      for (let round = -1; round < rounds; round++) {
        const seen = await program.run(`coordinator ${name}`);
        if (round >= 0) each.push((seen.ms * 1e3) / (inputs = seen.inputs));
      }
      rows.push([
        what, rounds, inputs, (1 / median(each)).toFixed(2), `**${median(each).toFixed(2)}**`, middleHalf(each, 2), Math.min(...each).toFixed(2), "< 2",
      ]);
    }
    return table(["natively: submit, report, end", "n", "inputs a round", "million inputs a second", "µs an input", "middle half", "best", "aim"], rows);
  } finally {
    program.end();
  }
}
