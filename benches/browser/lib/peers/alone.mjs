// Each peer alone in a fresh browser: its first result, its memory at rest, and what it gives back after a large job.

import { inPeers } from "../browser.mjs";
import { renderers, residentBytes } from "../processes.mjs";
import { table } from "../report.mjs";
import { median, middleHalf } from "../stats.mjs";
import { MIB, PEERS, WORKERS } from "./rounds.mjs";

const LARGE = 500 * MIB;
const SETTLE_MS = 1_500;
const WATCH_EVERY_MS = 10;
/** A pool may give memory back by itself when it has had nothing to do for a while. */
const LATER_MS = 15_000;
/** A JavaScript engine frees buffers when it collects garbage, in its own time. */
const SOON_MS = 1_000;

/** @param {{ rounds: number, settleMs?: number, laterMs?: number }} plan @returns {Promise<{ text: string, failures: string[] }>} */
export async function alone({ rounds, settleMs = SETTLE_MS, laterMs = LATER_MS }) {
  const names = Object.keys(PEERS);
  const firsts = Object.fromEntries(names.map((name) => [name, []]));
  const memory = {};
  const failures = [];
  const told = (name) => (error) => failures.push(`${PEERS[name]}: ${error.message}`);
  for (let round = 1; round < rounds; round++) {
    for (const name of names) await inPeers(async (page) => firsts[name].push(await first(page, name))).catch(told(name));
  }
  // One is looked at while the one before does nothing any more.
  const later = [];
  for (const name of names) {
    let quiet;
    const isQuiet = new Promise((resolve) => (quiet = resolve));
    const watched = inPeers(async (page, browser) => {
      memory[name] = await hold(page, browser, firsts[name], name, { settleMs, laterMs }, quiet);
    }, false);
    later.push(watched.catch(told(name)).finally(quiet));
    await isQuiet;
  }
  await Promise.all(later);
  const rows = names.map((name) => row(PEERS[name], firsts[name], memory[name]));
  const head = [
    `alone in a fresh browser, ${WORKERS} workers`, "n", "first result, ms", "middle half", "memory at rest, MiB", "rise by a job of 500 MiB",
    `still held after ${SOON_MS / 1000} s`, `after ${laterMs / 1000} s`, "after `recycle()`",
  ];
  return { text: table(head, rows), failures };
}

const first = (page, name) => page.evaluate((name, workers) => peers.first(name, workers), name, WORKERS);

async function hold(page, browser, firsts, name, { settleMs, laterMs }, quiet) {
  const pids = renderers(browser);
  const collected = async () => {
    await page.evaluate(() => peers.collect());
    await sleep(settleMs);
    return residentBytes(pids) / MIB;
  };
  const empty = await collected();
  firsts.push(await first(page, name));
  await page.evaluate(() => peers.exercise());
  const atRest = await collected();

  let most = atRest;
  const watching = setInterval(() => (most = Math.max(most, residentBytes(pids) / MIB)), WATCH_EVERY_MS);
  await page.evaluate((bytes) => peers.fill(bytes), LARGE);
  clearInterval(watching);
  quiet();
  const over = () => residentBytes(pids) / MIB - atRest;
  await sleep(SOON_MS);
  const soon = over();
  await sleep(laterMs - SOON_MS);
  const late = over();
  let recycled;
  if (await page.evaluate(() => peers.canRecycle())) {
    await page.evaluate(() => peers.recycle());
    await sleep(SOON_MS);
    recycled = over();
  }
  return { atRest: atRest - empty, rise: most - atRest, soon, late, recycled };
}

function row(what, firsts, memory) {
  const start = firsts.length > 0 ? [firsts.length, `**${median(firsts).toFixed(0)}**`, middleHalf(firsts, 0)] : [0, "failed", ""];
  if (!memory) return [what, ...start, "failed", "", "", "", ""];
  const { atRest, rise, soon, late, recycled } = memory;
  const mib = (value) => (value === undefined ? "" : Math.max(0, value).toFixed(0));
  return [what, ...start, atRest.toFixed(1), ...[rise, soon, late, recycled].map(mib)];
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
