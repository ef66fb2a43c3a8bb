// e. What health reports cost.

import { inBench } from "../lib/browser.mjs";
import { table } from "../lib/report.mjs";
import { silenced } from "../lib/silenced.mjs";
import { median, medianWithin, middleHalf } from "../lib/stats.mjs";

const THREADS = 2;
const LIMIT = 256 * 2 ** 20;
const IN_FLIGHT = 8;
/** The engine compiles what is hot a second time: that is not timed. */
const WARM_UP = 4;
/** A step is about a nanosecond. */
const LOADS = [
  { what: "empty jobs", task: "small", argument: 0, jobs: 1000, inFlight: IN_FLIGHT, aim: "" },
  { what: "jobs of 0.1 ms", task: "small", argument: 100_000, jobs: 1000, inFlight: IN_FLIGHT, aim: "≤ 1.01" },
  { what: "jobs of 1 ms", task: "small", argument: 1_000_000, jobs: 100, inFlight: IN_FLIGHT, aim: "≤ 1.01" },
  { what: "Mandelbrot, all threads a job", task: "kernel", argument: "mandelbrot", jobs: 1, inFlight: 1, aim: "≤ 1.01" },
];

/** @param {{ quick: boolean }} options */
export async function health({ quick }) {
  const rounds = quick ? 4 : 60;
  const sides = { on: "pkg", off: await silenced() };
  const rows = await inBench(async (page) => {
    await page.evaluate((...all) => bench.startHealth(...all), sides, THREADS, LIMIT);
    const times = [];
    for (const load of LOADS) times.push(await interleaved(page, load, rounds));
    // Counted afterwards: reports that somebody listens to cost more.
    const rows = [];
    for (const load of LOADS) rows.push(row(load, times.shift(), await reports(page, load)));
    await page.evaluate(() => bench.end());
    return rows;
  });
  const head = [
    `${THREADS} threads, ${IN_FLIGHT} small jobs in flight`, "n", "reports a round", "jobs a second, on", "off", "time on to off", "middle half",
    "95 % of the median", "aim",
  ];
  return table(head, rows);
}

async function interleaved(page, load, rounds) {
  const times = { on: [], off: [] };
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const side of round % 2 === 0 ? ["on", "off"] : ["off", "on"]) {
      const ms = await page.evaluate((side, load) => bench.timed(side, load), side, load);
      if (round >= 0) times[side].push(ms);
    }
  }
  return times;
}

/** How many reports there are with them; without them there is none, or the comparison means nothing. */
async function reports(page, load) {
  const count = (side) => page.evaluate((asked) => bench.timed("reports", asked), { side, load });
  const off = await count("off");
  if (off > 0) throw new Error(`${load.what}: the side without reports told ${off}`);
  return count("on");
}

function row({ what, jobs, aim }, times, reports) {
  const ratios = times.on.map((ms, round) => ms / times.off[round]);
  const rate = (values) => Math.round((jobs / median(values)) * 1000);
  return [
    what, ratios.length, reports, rate(times.on), rate(times.off), `**${median(ratios).toFixed(3)}**`, middleHalf(ratios, 3), medianWithin(ratios, 3), aim,
  ];
}
