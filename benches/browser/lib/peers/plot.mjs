// The rates and latencies of all peers as a drawing: a row for each number of calls in flight.

import { median, quantile } from "../stats.mjs";
import { FLIGHTS, PEERS, WORKERS } from "./rounds.mjs";

const WIDTH = 900;
const LABELS = 210;
const LEFT = { from: LABELS, to: 520 };
const RIGHT = { from: 590, to: WIDTH - 30 };
const LINE = 22;
const HEAD = 46;
const GAP = 58;

const STYLE = `
  .ground { fill: #ffffff } text { fill: #24292f; font: 12px system-ui, sans-serif } .title { font-weight: 600; font-size: 14px }
  .note { fill: #57606a; font-size: 11px } .grid { stroke: #d0d7de; stroke-width: 1 } .bar { fill: #9aa4af } .own { fill: #1a7f37 }
  .whisker { stroke: #24292f; stroke-width: 1.5 } .p50 { fill: #0969da } .p99 { fill: #cf222e } .span { stroke: #9aa4af; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .note { fill: #8d96a0 } .grid { stroke: #30363d } .bar { fill: #6e7681 } .own { fill: #3fb950 }
    .whisker { stroke: #e6edf3 } .p50 { fill: #58a6ff } .p99 { fill: #ff7b72 } .span { stroke: #6e7681 }
  }`;

const plain = (text) => text.replaceAll("`", "").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const round = (value) => Math.round(value * 10) / 10;
const short = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(2));

/** @param {ReturnType<typeof import("./tables.mjs").readings>} read @returns {string} an SVG */
export function plot(read) {
  const peers = Object.keys(PEERS);
  const panel = HEAD + peers.length * LINE + GAP;
  const parts = FLIGHTS.map((flight, index) => group(read, peers, flight, index * panel + 20));
  const height = FLIGHTS.length * panel + 20;
  const title = `Calls a second and latencies of worker pools with ${WORKERS} workers, with ${FLIGHTS.join(", ")} calls in flight`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">\n<title>${title}</title>\n<style>${STYLE}\n</style>\n` +
    `<rect class="ground" width="${WIDTH}" height="${height}"/>\n${parts.join("\n")}\n</svg>\n`
  );
}

function group(read, peers, flight, top) {
  const seen = peers.map((peer) => ({ peer, reading: read[peer][flight] }));
  const known = seen.filter(({ reading }) => reading);
  const bottom = top + HEAD + peers.length * LINE;
  const rates = linear(Math.max(1, ...known.map(({ reading }) => quantile(reading.rates, 0.75) / 1000)));
  const all = known.flatMap(({ reading }) => reading.quantiles.slice(0, 2).map(median));
  const times = logarithmic(Math.min(...all, 1), Math.max(...all, 0.1));
  const lines = [
    `<text class="title" x="20" y="${top + 14}">${flight} in flight</text>`,
    `<text class="note" x="${LEFT.from}" y="${top + 34}">thousand calls a second, and the middle half of the rounds</text>`,
    `<text class="note" x="${RIGHT.from}" y="${top + 34}">ms, by powers of ten: <tspan class="p50">p50 ●</tspan> <tspan class="p99">p99 ●</tspan></text>`,
    ...rates.ticks.map((tick) => gridLine(rates.at(tick), top + HEAD, bottom, String(tick))),
    ...times.ticks.map((tick) => gridLine(times.at(tick), top + HEAD, bottom, String(tick))),
    ...seen.map(({ peer, reading }, index) => peerLine(peer, reading, top + HEAD + index * LINE, rates, times)),
  ];
  return lines.join("\n");
}

function peerLine(peer, reading, top, rates, times) {
  const middle = top + LINE / 2;
  const label = `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${plain(PEERS[peer])}</text>`;
  if (!reading) return `${label}<text class="note" x="${LEFT.from + 6}" y="${middle + 4}">failed</text>`;
  const values = reading.rates.map((rate) => rate / 1000);
  const [low, mid, high] = [0.25, 0.5, 0.75].map((q) => quantile(values, q));
  const [p50, p99] = reading.quantiles.slice(0, 2).map((each) => round(times.at(median(each))));
  return [
    label,
    `<rect class="${peer === "perennial" ? "own" : "bar"}" x="${LEFT.from}" y="${top + 4}" width="${round(rates.at(mid) - LEFT.from)}" height="${LINE - 8}"/>`,
    `<line class="whisker" x1="${round(rates.at(low))}" x2="${round(rates.at(high))}" y1="${middle}" y2="${middle}"/>`,
    `<text class="note" x="${round(rates.at(high) + 6)}" y="${middle + 4}">${short(mid)}</text>`,
    `<line class="span" x1="${p50}" x2="${p99}" y1="${middle}" y2="${middle}"/>`,
    `<circle class="p50" cx="${p50}" cy="${middle}" r="4.5"/><circle class="p99" cx="${p99}" cy="${middle}" r="4.5"/>`,
  ].join("");
}

const gridLine = (x, top, bottom, label) =>
  `<line class="grid" x1="${round(x)}" x2="${round(x)}" y1="${top}" y2="${bottom}"/>` +
  `<text class="note" x="${round(x)}" y="${bottom + 14}" text-anchor="middle">${label}</text>`;

/** From nothing to a little more than `most`. */
function linear(most) {
  const step = [1, 2, 5, 10].map((digit) => digit * 10 ** Math.floor(Math.log10(most / 2))).find((step) => most / step <= 5);
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, n) => n * step);
  return { ticks, at: (value) => LEFT.from + (value / (most * 1.15)) * (LEFT.to - LEFT.from) };
}

/** By powers of ten that hold both. */
function logarithmic(least, most) {
  const [low, high] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const ticks = Array.from({ length: high - low + 1 }, (_, n) => Number(`1e${low + n}`));
  return { ticks, at: (value) => RIGHT.from + ((Math.log10(value) - low) / (high - low)) * (RIGHT.to - RIGHT.from) };
}
