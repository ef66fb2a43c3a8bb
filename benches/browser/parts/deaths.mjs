// j. How soon each kind of death is told, how soon the pool serves again, and what it costs the neighbours.

import { browserName, inBench } from "../lib/browser.mjs";
import { ENGINES } from "../lib/environment.mjs";
import { table } from "../lib/report.mjs";
import { median, quantile } from "../lib/stats.mjs";

const IN_FLIGHT = 8;
const TOLD = "< 100";

/** `hangs`: a thread never leaves WebAssembly, and WebKit does not end it. */
const CASES = [
  { name: "trap", what: "trap of a thread", aim: TOLD },
  { name: "leaderTrap", what: "trap of the leader's Rust", aim: TOLD },
  { name: "overflowMemory", what: "overflow of the stack in the memory", aim: TOLD },
  { name: "overflowBrowser", what: "overflow of the browser's stack", aim: TOLD },
  { name: "exception", what: "a JavaScript exception across Rayon", aim: TOLD },
  { name: "panic", what: "a panic in a detached `rayon::spawn`", aim: TOLD },
  { name: "threadKilled", what: "a thread killed from outside", aim: "" },
  { name: "leaderKilled", what: "the leader killed from outside", aim: "" },
  // Some seconds each.
  { name: "leaderSilent", what: "the leader does not answer", aim: "", share: 1 / 3 },
  { name: "hang", what: "a hang, beyond its timeout", aim: "", hangs: true },
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
    for (const { name, what, share = 1, hangs = false } of CASES) {
      const rounds = (count) => Math.ceil(count * share);
      const cannot = hangs && engine === "webkit" && "not run";
      const hold = engine === "webkit" ? "hold_by_turns" : "hold";
      told.push(cannot || (await attempt(what, [(...all) => bench.deaths(...all), name, rounds(plan.rounds), hold])));
      beside.push(cannot || (await attempt(`${what}, neighbours`, [(...all) => bench.neighbours(...all), name, rounds(plan.beside), IN_FLIGHT])));
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
