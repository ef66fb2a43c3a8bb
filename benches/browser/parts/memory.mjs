// d. How long until the memory of a recycled generation is back with the machine.

import { inBench } from "../lib/browser.mjs";
import { renderers, residentBytes } from "../lib/processes.mjs";
import { table } from "../lib/report.mjs";
import { median, quantile } from "../lib/stats.mjs";

const TOUCHED = 500 * 2 ** 20;
const SHARE = 0.95;
const LIMIT_MS = 30_000;
const OPTIONS = { threads: 2, memory: { limit: "1GiB" } };

/** @param {{ quick: boolean }} options */
export async function memory({ quick }) {
  const rounds = quick ? 3 : 20;
  const seen = await inBench(async (page, browser) => {
    const pids = renderers(browser);
    await page.evaluate((options) => bench.keep(options), OPTIONS);
    const seen = [];
    for (let round = 0; round < rounds; round++) seen.push(await once(page, pids));
    await page.evaluate(() => bench.exit());
    return seen;
  });
  const late = seen.filter(({ back }) => back === undefined);
  if (late.length > 0) {
    const kept = late.map(({ rise, kept }) => `${Math.round(kept / 2 ** 20)} of ${Math.round(rise / 2 ** 20)} MiB`).join(", ");
    throw new Error(`in ${late.length} of ${rounds} rounds 95 % of the rise were not back within ${LIMIT_MS} ms; kept were ${kept}`);
  }
  const row = (what, values, digits) => [
    what, values.length, median(values).toFixed(digits), quantile(values, 0.99).toFixed(digits),
    `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`,
  ];
  return table(["500 MiB touched", "n", "median", "p99", "all"], [
    row("rise of the renderer's memory, MiB", seen.map(({ rise }) => rise / 2 ** 20), 0),
    row("`recycle()` until 95 % of it are back, ms", seen.map(({ back }) => back), 0),
    row("`recycle()` until its promise settles, ms", seen.map(({ settled }) => settled), 0),
  ]);
}

async function once(page, pids) {
  await page.evaluate(() => bench.run("small", 1000));
  await sleep(300);
  const before = residentBytes(pids);
  await page.evaluate((bytes) => bench.run("fill", bytes), TOUCHED);
  await sleep(200);
  const rise = residentBytes(pids) - before;

  const begun = performance.now();
  let settled;
  const recycled = page.evaluate(() => bench.recycle()).then(() => (settled = performance.now() - begun));
  let back;
  while (back === undefined && performance.now() - begun < LIMIT_MS) {
    if (residentBytes(pids) <= before + rise * (1 - SHARE)) back = performance.now() - begun;
    else await sleep(4);
  }
  const kept = residentBytes(pids) - before;
  await recycled;
  return { rise, back, kept, settled };
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
