// What a steady stream of small jobs notices of a recycle.

import { Pool } from "../pkg/perennial_bench.js";

/** What a stream notices of a recycle also after it has ended. */
const AFTER_MS = 20;
/** Between two windows, so that neither sees the other. */
const REST_MS = 60;
/** Windows before the first counted one: the engine compiles meanwhile. */
const WARM_UP = 3;

/**
 * @param {{ windows: number, stream: "paced" | "closed", every?: number, inFlight?: number, steps: number,
 *   options: Record<string, unknown> }} plan
 *   `every`: one job each so many ms, however long the last one took. `inFlight`: so many at a time, each followed at once
 *   by the next.
 */
export async function pauses({ windows, stream, every, inFlight, steps, options }) {
  const pool = await Pool.start(options);
  /** When each job was due, was heard of here, and was done. */
  const jobs = [];
  const failures = [];
  let streaming = true;
  const call = async (due) => {
    const job = { due, heard: performance.now(), done: NaN };
    try {
      await pool.run("small", steps);
      job.done = performance.now();
      jobs.push(job);
    } catch (error) {
      failures.push(String(error));
    }
  };

  let stop;
  if (stream === "paced") {
    const pacer = new Worker(new URL("./pacer.js", import.meta.url), { type: "module" });
    const open = new Set();
    pacer.onmessage = ({ data }) => {
      const done = call(data - performance.timeOrigin).finally(() => open.delete(done));
      open.add(done);
    };
    pacer.postMessage({ every });
    stop = async () => {
      pacer.terminate();
      await Promise.all(open);
    };
  } else {
    const flow = async () => {
      while (streaming) await call(performance.now());
    };
    const flows = Array.from({ length: inFlight }, flow);
    stop = async () => {
      streaming = false;
      await Promise.all(flows);
    };
  }

  const seen = [];
  const own = [];
  let length = 200;
  await sleep(500);
  for (let n = -WARM_UP; n < windows; n++) {
    const quiet = await window_(() => sleep(length));
    let detail;
    const recycle = await window_(async () => {
      detail = await pool.recycle();
      await sleep(AFTER_MS);
    });
    length = recycle.to - recycle.from;
    if (n < 0) continue;
    seen.push({ quiet, recycle });
    own.push(detail);
  }
  await stop();
  await pool.exit();

  const done = jobs.sort((a, b) => a.done - b.done);
  return {
    jobs: jobs.length,
    failures,
    windows: seen.map(({ quiet, recycle }) => ({ quiet: within(done, quiet), recycle: within(done, recycle) })),
    pauseMs: own.map((detail) => detail.pauseMs),
    totalMs: own.map((detail) => detail.totalMs),
  };

  async function window_(body) {
    await sleep(REST_MS);
    const from = performance.now();
    await body();
    return { from, to: performance.now() };
  }
}

/** The worst that a window saw. @param {{ due: number, heard: number, done: number }[]} jobs by the time they were done */
export function within(jobs, { from, to }) {
  const worst = { latency: 0, gap: 0, late: 0, ms: to - from };
  for (let i = 0; i < jobs.length; i++) {
    const { due, heard, done } = jobs[i];
    if (due <= to && done >= from) {
      worst.latency = Math.max(worst.latency, done - due);
      worst.late = Math.max(worst.late, heard - due);
    }
    const last = jobs[i - 1]?.done;
    if (last !== undefined && last <= to && done >= from) worst.gap = Math.max(worst.gap, done - last);
  }
  return worst;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
