// h. What it costs to send a value to a task and back.

import { inBench } from "../lib/browser.mjs";
import { table } from "../lib/report.mjs";
import { median, medianWithin, middleHalf } from "../lib/stats.mjs";

const LIMIT = 2 ** 29;
const MIB = 2 ** 20;
/** The engine compiles what is hot a second time: that is not timed. */
const WARM_UP = 4;
const LISTS = [
  { what: "1 MiB of `f32`, cloned", side: "cloned", against: "bare", argument: MIB, aim: "" },
  { what: "1 MiB of `f32`, moved", side: "moved", against: "bare", argument: MIB, aim: "" },
  { what: "64 MiB of `f32`, cloned", side: "cloned", against: "bare", argument: 64 * MIB, aim: "" },
  { what: "64 MiB of `f32`, moved", side: "moved", against: "bare", argument: 64 * MIB, aim: "≤ 1.3" },
  { what: "10 000 objects of 5 fields", side: "objects", against: "serdeWasmBindgen", argument: 10_000, aim: "" },
];

/** @param {{ quick: boolean }} options */
export async function values({ quick }) {
  const rounds = quick ? 4 : 40;
  const rows = await inBench(async (page) => {
    await page.evaluate((limit) => bench.startValues(limit), LIMIT);
    const rows = [];
    for (const load of LISTS) rows.push(await row(page, load, rounds));
    await page.evaluate(() => bench.end());
    return rows;
  });
  const head = ["there and back", "n", "`Pool.run`, ms", "without a pool, ms", "ratio", "middle half", "95 % of the median", "aim"];
  return table(head, rows);
}

async function row(page, { what, side, against, argument, aim }, rounds) {
  const times = { [side]: [], [against]: [] };
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const each of round % 2 === 0 ? [side, against] : [against, side]) {
      const ms = await page.evaluate((side, argument) => bench.value(side, argument), each, argument);
      if (round >= 0) times[each].push(ms);
    }
  }
  const ratios = times[side].map((ms, round) => ms / times[against][round]);
  return [
    what, ratios.length, median(times[side]).toFixed(1), median(times[against]).toFixed(1), `**${median(ratios).toFixed(2)}**`,
    middleHalf(ratios, 2), medianWithin(ratios, 2), aim,
  ];
}
