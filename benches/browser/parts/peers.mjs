// h. A job's cost beside other worker pools.

import { alone } from "../lib/peers/alone.mjs";
import { besideLong } from "../lib/peers/beside.mjs";
import { asPublished, deaths } from "../lib/peers/deaths.mjs";
import { plot } from "../lib/peers/plot.mjs";
import { measureRounds, PEERS } from "../lib/peers/rounds.mjs";
import { bundlePeers } from "../lib/peers/scripts.mjs";
import { aimTable, echoTable, jobTable, latencyTable, rateTable, readings, startTable } from "../lib/peers/tables.mjs";
import { writeFigure } from "../lib/report.mjs";

const FULL = {
  rounds: { rounds: 9, noopMs: 350, warmMs: 300, echoes: [20, 3] }, beside: { rounds: 7, longs: 2 }, alone: { rounds: 3 },
  publishedMs: 5_000,
};
const QUICK = {
  rounds: { rounds: 1, noopMs: 100, warmMs: 100, echoes: [5, 1] }, beside: { rounds: 1, longs: 1 },
  alone: { rounds: 1, settleMs: 300, laterMs: 1_500 }, publishedMs: 2_000,
};

/** @param {{ quick: boolean, write: boolean }} options */
export async function peers({ quick, write }) {
  const plan = quick ? QUICK : FULL;
  const versions = await bundlePeers();
  const { results, failures } = await measureRounds(plan.rounds);
  const beside = await besideLong(plan.beside);
  const single = await alone(plan.alone);
  const killed = await deaths();
  const published = await asPublished(plan.publishedMs);

  const read = readings(results);
  if (write) await writeFigure("peers.svg", plot(read));
  const failed = [
    ...Object.entries(failures).flatMap(([peer, words]) => counted(words).map((line) => `${PEERS[peer]}: ${line}`)),
    ...[beside, single, killed].flatMap(({ failures }) => counted(failures)),
  ];
  const versioned = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    aimTable(results, read, beside), rateTable(read), latencyTable(read), echoTable(results), jobTable(results), beside.text,
    startTable(results), single.text, killed.text,
    failed.length > 0 ? `What failed:\n\n${failed.map((line) => `- ${line}`).join("\n")}` : "Nothing failed.",
    published,
    `Versions: ${versioned.join(", ")}.`,
  ].join("\n\n");
}

/** The same words once, with how often they were said. @param {string[]} words */
function counted(words) {
  const counts = new Map();
  for (const line of words) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) => (count > 1 ? `${line} (${count} times)` : line));
}
