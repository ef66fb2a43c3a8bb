// What the rounds measured, as tables.

import { table } from "../report.mjs";
import { median, medianWithin, middleHalf } from "../stats.mjs";
import { quantileOf } from "./histogram.mjs";
import { FLIGHTS, JOBS, JOB_US, MIB, PEERS, WORKERS } from "./rounds.mjs";

const QUANTILES = [0.5, 0.99, 0.999];
/** Those that a user would take: neither what has no pool, nor what is the measure. */
const POOLS = ["comlink", "workerpool", "poolifier"];
const FLOOR = "copied";
/** What a step measured in the rounds in which it did not fail. */
const of = (rounds, step) => rounds.map((round) => round[step]).filter((value) => value !== undefined);
const isAny = (values) => values.length > 0;
/** One to another, of each round that has both. @param {(number | undefined)[]} mine @param {(number | undefined)[]} others */
const ratios = (mine, others) => mine.map((value, round) => value / others[round]).filter((ratio) => !Number.isNaN(ratio));

/** Calls a second and latencies. By peer and flight. @param {Record<string, Record<string, any>[]>} results */
export function readings(results) {
  const read = (rounds, flight) => {
    const seen = of(rounds, `noop ${flight}`);
    if (!isAny(seen)) return undefined;
    const rates = seen.map(({ rate }) => rate);
    return { rates, quantiles: QUANTILES.map((q) => seen.map(({ latencies }) => quantileOf(latencies, q) / 1000)) };
  };
  return Object.fromEntries(
    Object.entries(results).map(([peer, rounds]) => [peer, Object.fromEntries(FLIGHTS.map((flight) => [flight, read(rounds, flight)]))]),
  );
}

/** @param {ReturnType<typeof readings>} read */
export function rateTable(read) {
  const rows = Object.entries(read).map(([peer, flights]) => [
    PEERS[peer], Math.max(...FLIGHTS.map((flight) => flights[flight]?.rates.length ?? 0)),
    ...FLIGHTS.flatMap((flight) => {
      const rates = flights[flight]?.rates.map((rate) => rate / 1000);
      return rates ? [`**${median(rates).toFixed(1)}**`, middleHalf(rates, 1)] : ["failed", ""];
    }),
  ]);
  const head = [
    `thousand calls a second that do nothing, ${WORKERS} workers`, "rounds", ...FLIGHTS.flatMap((flight) => [`${flight} in flight`, "middle half"]),
  ];
  return table(head, rows);
}

/** @param {ReturnType<typeof readings>} read */
export function latencyTable(read) {
  const rows = Object.entries(read).flatMap(([peer, flights]) =>
    FLIGHTS.map((flight) => {
      const name = `${PEERS[peer]}, ${flight} in flight`;
      const seen = flights[flight];
      if (!seen) return [name, "failed", "", "", "", "", ""];
      const digits = flight === 1000 ? 1 : 3;
      return [name, ...seen.quantiles.flatMap((values) => [`**${median(values).toFixed(digits)}**`, middleHalf(values, digits)])];
    }),
  );
  const head = ["latency of a call that does nothing, ms; median of the rounds", ...["p50", "p99", "p99.9"].flatMap((name) => [name, "middle half"])];
  return table(head, rows);
}

/** The middle of each round's round trips. */
const trips = (rounds, kind, mib) => rounds.map((round) => round[`${kind} ${mib * MIB}`]).map((times) => times && median(times));

export function echoTable(results) {
  const sizes = [1, 64];
  const line = (what, peer, kind) => [
    what,
    ...sizes.flatMap((mib) => {
      const seen = trips(results[peer], kind, mib);
      const times = seen.filter((ms) => ms !== undefined);
      if (!isAny(times)) return ["failed", "", "", ""];
      const toFloor = ratios(seen, trips(results["one hop"], FLOOR, mib));
      const compared = isAny(toFloor) ? [median(toFloor).toFixed(2), medianWithin(toFloor, 2)] : ["", ""];
      return [`**${median(times).toFixed(2)}**`, middleHalf(times, 2), ...compared];
    }),
  ];
  const rows = Object.keys(results).map((peer) => line(PEERS[peer], peer, "echo"));
  const head = [
    "round trip of a `Uint8Array`",
    ...sizes.flatMap((mib) => [`${mib} MiB, ms`, "middle half", "to a transfer and two copies", "95 % of the median"]),
  ];
  return table(head, [...rows, line("a bare transfer, one hop, and two copies", "one hop", FLOOR)]);
}

export function jobTable(results) {
  const least = (JOBS * JOB_US) / 1000 / WORKERS;
  const rows = Object.entries(results).flatMap(([peer, rounds]) =>
    [["jobs", ""], ["jobs at once", ", all in one call that is parallel"]].flatMap(([step, how]) => {
      const times = of(rounds, step);
      if (!isAny(times)) return how ? [] : [[PEERS[peer], 0, "failed", "", "", ""]];
      const name = `${PEERS[peer]}${how}`;
      const above = median(times) - least;
      const cells = [`**${median(times).toFixed(0)}**`, middleHalf(times, 0), ((above / least) * 100).toFixed(0), ((above / JOBS) * 1000).toFixed(1)];
      return [[name, times.length, ...cells]];
    }),
  );
  return table([`${JOBS} jobs of ${JOB_US} µs, all called at once`, "rounds", "ms", "middle half", `% above ${least} ms`, "µs a job above it"], rows);
}

export function startTable(results) {
  const rows = Object.entries(results).map(([peer, rounds]) => {
    const times = of(rounds, "start");
    return isAny(times) ? [PEERS[peer], times.length, `**${median(times).toFixed(1)}**`, middleHalf(times, 1)] : [PEERS[peer], 0, "failed", ""];
  });
  return table(["from its start to its first result, in a page that had it before; ms", "n", "median", "middle half"], rows);
}

/** Whether what was aimed at is reached. @param {Awaited<ReturnType<typeof import("./beside.mjs").besideLong>>} beside */
export function aimTable(results, read, beside) {
  const row = (what, values, aim, isReached) =>
    isAny(values)
      ? [what, `**${median(values).toFixed(2)}**`, medianWithin(values, 2), aim, isReached(median(values)) ? "yes" : "no"]
      : [what, "failed", "", aim, "no"];
  const rates = (peer) => results[peer].map((round) => round["noop 1000"]?.rate);
  const p50 = (peer) => results[peer].map((round) => round["noop 1"] && quantileOf(round["noop 1"].latencies, 0.5));
  const speed = (peer) => (read[peer][1000] ? median(read[peer][1000].rates) : 0);
  const best = POOLS.reduce((best, peer) => (speed(peer) > speed(best) ? peer : best));
  const { own, best: steadiest } = beside;
  const floor = trips(results["one hop"], FLOOR, 64);
  const most = (limit) => (value) => value <= limit;
  const rows = [
    row(`calls a second, 1000 in flight, to the best pool (${PEERS[best]})`, ratios(rates("perennial"), rates(best)), "≥ 10", (value) => value >= 10),
    row("p50, 1 in flight, to two bare hops", ratios(p50("perennial"), p50("two hops")), "≤ 1.5", most(1.5)),
    row(`p99 of a short call beside a long one, to the best (${steadiest?.what ?? "none"})`, ratios(own, steadiest?.p99 ?? []), "≤ 1", most(1)),
    row("round trip of 64 MiB, to a bare transfer and two copies", ratios(trips(results.perennial, "echo", 64), floor), "≤ 1.3", most(1.3)),
  ];
  return table(["perennial", "ratio", "95 % of the median", "aim", "reached"], rows);
}
