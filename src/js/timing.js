// @ts-check
// Jobs and recycles as User Timing entries, which the browser's performance panel shows.

import { PerennialError, uncaught } from "./errors.js";

const GROUP = "perennial";

/**
 * The same settlers, which tell the job's time first.
 * @param {string} task
 * @param {{ resolve: (value: any) => void, reject: (reason: unknown) => void }} settler
 */
export function timed(task, { resolve, reject }) {
  const start = performance.now();
  const tell = (/** @type {string} */ outcome) => {
    const color = outcome === "fulfilled" ? "primary" : "error";
    measure(`perennial: ${task}`, start, performance.now(), { task, outcome, devtools: track("Jobs", color, { outcome }) });
  };
  return {
    resolve: (/** @type {any} */ value) => {
      tell("fulfilled");
      resolve(value);
    },
    reject: (/** @type {unknown} */ reason) => {
      tell(outcomeOf(reason));
      reject(reason);
    },
  };
}

/** @param {unknown} reason */
function outcomeOf(reason) {
  try {
    if (reason instanceof PerennialError) return reason.code;
  } catch {
    // That of an abort may be anything, also what throws when it is looked at.
  }
  return "Cancelled";
}

/** @param {{ from: number, to: number, reason: string, pauseMs: number, totalMs: number, bytesFreed: number }} detail */
export function timedRecycle(detail) {
  const end = performance.now();
  measure("perennial: recycle", Math.max(end - detail.totalMs, 0), end, { ...detail, devtools: track("Recycles", "secondary", detail) });
}

/**
 * What Chromium's panel shows in a track of its own.
 * @param {string} name @param {string} color @param {Record<string, string | number>} properties
 */
function track(name, color, properties) {
  return { dataType: "track-entry", trackGroup: GROUP, track: name, color, properties: Object.entries(properties) };
}

/** @param {string} name @param {number} start @param {number} end @param {any} detail */
function measure(name, start, end, detail) {
  try {
    performance.measure(name, { start, end, detail });
    // The panel and every observer have it. The timeline would keep it as long as the page lives.
    performance.clearMeasures(name);
  } catch (thrown) {
    // Pages put functions of their own in the place of these, and the job has been taken out of the table: what they throw
    // would leave its promise open for good.
    uncaught(thrown);
  }
}
