// j. How soon each kind of death is told, how soon the pool serves again, and what it costs the neighbours.

import { browserName, inBench } from "../lib/browser.mjs";
import { ENGINES } from "../lib/environment.mjs";
import { table } from "../lib/report.mjs";
import { median, quantile } from "../lib/stats.mjs";

const IN_FLIGHT = 8;
const TOLD = "< 100";

/**
 * `spins`: for how soon it is told, a thread spins in WebAssembly while its generation ends, which WebKit does not end; `hangs`: beside
 * others too.
 */
const CASES = [
  { name: "trap", what: "trap of a thread", aim: TOLD },
  { name: "leaderTrap", what: "trap of the leader's Rust", aim: TOLD, spins: true },
  { name: "overflowMemory", what: "overflow of the stack in the memory", aim: TOLD },
  { name: "overflowBrowser", what: "overflow of the browser's stack", aim: TOLD },
  { name: "exception", what: "a JavaScript exception across Rayon", aim: TOLD },
  { name: "panic", what: "a panic in a detached `rayon::spawn`", aim: TOLD },
  { name: "threadKilled", what: "a thread killed from outside", aim: "", spins: true },
  { name: "leaderKilled", what: "the leader killed from outside", aim: "", spins: true },
  // Some seconds each.
  { name: "leaderSilent", what: "the leader does not answer", aim: "", share: 1 / 3, spins: true },
  { name: "hang", what: "a hang, beyond its timeout", aim: "", spins: true, hangs: true },
  { name: "exhausted", what: "memory exhausted, which is no death", aim: "" },
];

/** @param {{ quick: boolean }} options */
export async function deaths({ quick }) {
  const plan = quick ? { rounds: 5, beside: 3 } : { rounds: 20, beside: 8 };
  const texts = [];
  const failures = [];
  for (const engine of ENGINES) {
    const name = await browserName(engine);
    const attempt = (what, body) =>
      inBench((page) => page.evaluate(...body), engine).catch((error) => void failures.push(`${name}, ${what}: ${error.message.split("\n")[0]}`));
    const [told, beside] = [[], []];
    // Each in a browser of its own: none inherits what another has left.
    for (const { name, what, share = 1, spins = false, hangs = false } of CASES) {
      const rounds = (count) => Math.ceil(count * share);
      const cannot = (does) => does && engine === "webkit" && "not run";
      told.push(cannot(spins) || (await attempt(what, [(...all) => bench.deaths(...all), name, rounds(plan.rounds)])));
      beside.push(cannot(hangs) || (await attempt(`${what}, neighbours`, [(...all) => bench.neighbours(...all), name, rounds(plan.beside), IN_FLIGHT])));
    }
    texts.push(toldTable(name, told), besideTable(name, beside));
  }
  if (failures.length > 0) {
    texts.push(`What failed:\n\n${failures.map((line) => `- ${line}`).join("\n")}`);
    process.exitCode = 1;
  }
  return texts.join("\n\n");
}

function toldTable(engine, seen) {
  const head = [`${engine}, 1 thread; ms from the deed`, "n", "told, median", "p99", "next job served, median", "p99", "aim for told p99"];
  return table(head, CASES.map(({ what, aim }, index) => {
    const rounds = seen[index];
    if (!Array.isArray(rounds)) return [what, rounds ?? "failed", "", "", "", "", aim];
    const times = (which) => [median, (values) => quantile(values, 0.99)].map((of) => of(rounds.map((round) => round[which])).toFixed(1));
    return [what, rounds.length, ...times("told"), ...times("served"), aim];
  }));
}

function besideTable(engine, seen) {
  const head = [
    `${engine}, 2 threads, ${IN_FLIGHT} small jobs in flight, half of them idempotent`, "n", "rejected, median", "most", "run again, median", "most",
    "longest gap between two results, median, ms", "p99",
  ];
  return table(head, CASES.map(({ what }, index) => {
    const rounds = seen[index];
    if (!Array.isArray(rounds)) return [what, rounds ?? "failed", "", "", "", "", "", ""];
    const of = (which) => rounds.map((round) => round[which]);
    const counted = (which) => [median(of(which)), Math.max(...of(which))];
    return [what, rounds.length, ...counted("rejected"), ...counted("rerun"), median(of("gap")).toFixed(1), quantile(of("gap"), 0.99).toFixed(1)];
  }));
}
