// An hour of mixed load in a browser, checked all along. `cargo xtask soak` builds, serves, and calls this.
//
//   node run.mjs MINUTES [SEED]

import { inPage, launch, openPage } from "../e2e/harness.mjs";
import { rendererMemory, rendererThreads, settles } from "../e2e/memory.mjs";
import { HEAD, row, table, violations } from "./verdict.mjs";

const WINDOWS = 12;
const READ_MS = 500;
/** Longer than the browser takes to end a worker that spins. */
const QUIET_MS = 8_000;
/** Longer than a window's last promise takes, beside the window itself. */
const SETTLE_MS = 240_000;

const minutes = Number(process.argv[2] ?? 60);
const seed = Number(process.argv[3] ?? 1);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error(`minutes above 0 and a whole seed, not ${process.argv.slice(2).join(" ")}`);
  process.exit(2);
}

const browser = await launch();
let failed = true;
try {
  const page = await openPage(browser, "/tests/soak/");
  await page.waitForFunction(() => window.soak !== undefined);
  await inPage(page, (_, seed) => soak.start(seed), seed);
  const windows = [];
  console.log(HEAD.join(" | "));
  for (let number = 1; number <= WINDOWS; number++) {
    windows.push(await window_(page, (minutes * 60_000) / WINDOWS));
    console.log(row(windows.at(-1), number).join(" | "));
    for (const words of windows.at(-1).wrong) console.log(`    ${words}`);
  }
  const found = violations(windows);
  await inPage(page, () => soak.end());
  await settles(() => page.workers().length, (count) => count === 0, QUIET_MS);
  const { locks } = await inPage(page, () => soak.left());
  if (page.workers().length + locks > 0) found.push(`after exit ${page.workers().length} workers and ${locks} locks are left`);
  if (page.failures.length > 0) found.push(`the page reports ${page.failures.length} errors of its own: ${page.failures.slice(0, 5).join("; ")}`);

  console.log(`\n${table(windows.map((window, i) => row(window, i + 1)))}\n`);
  console.log("ends, by kind:");
  for (const [words, count] of total(windows)) console.log(`  ${String(count).padStart(8)}  ${words}`);
  console.log(found.length > 0 ? `\n${found.length} violations:\n- ${found.join("\n- ")}` : `\n${minutes} minutes, seed ${seed}: nothing that must not be`);
  failed = found.length > 0;
} catch (error) {
  console.error(error);
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);

/** A window of load, and what is there after it. */
async function window_(page, ms) {
  const begun = performance.now();
  let low = Infinity;
  const reading = setInterval(() => (low = Math.min(low, rendererMemory(browser))), READ_MS);
  try {
    const seen = await within(page.evaluate((ms) => soak.window(ms), ms), ms + SETTLE_MS);
    const lasted = performance.now() - begun;
    const { unsettled } = await inPage(page, () => soak.rest());
    // What has ended takes a moment to be gone.
    const { value: workers } = await settles(() => page.workers().length, () => false, QUIET_MS);
    const { heap, locks } = await inPage(page, () => soak.left());
    const rest = rendererMemory(browser);
    return { ...seen, minutes: lasted / 60_000, low, rest, heap, locks, unsettled, workers, threads: rendererThreads(browser) };
  } finally {
    clearInterval(reading);
  }
}

async function within(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the window did not end within ${(ms / 1000).toFixed(0)} s`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function total(windows) {
  const ends = new Map();
  for (const window of windows) {
    for (const [words, count] of Object.entries(window.ends)) ends.set(words, (ends.get(words) ?? 0) + count);
  }
  return [...ends].sort();
}
