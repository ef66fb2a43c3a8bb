// d. Three kernels through a pool, on bare wasm-bindgen-rayon, and natively.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { inBench } from "../lib/browser.mjs";
import { PERENNIAL_BENCH_NATIVE } from "../lib/environment.mjs";
import { table } from "../lib/report.mjs";
import { median, medianWithin, middleHalf } from "../lib/stats.mjs";

const THREADS = 2;
const LIMIT = 2 ** 30;
const KERNELS = { mandelbrot: "Mandelbrot", sort: "sort of 10 million", groth16: "Groth16 proof" };
/** The engine compiles what is hot a second time: that is not timed. */
const WARM_UP = 4;
/** Each goes first, second and third equally often, and follows each of the others equally often. */
const ORDERS = [
  ["perennial", "bare", "native"], ["bare", "native", "perennial"], ["native", "perennial", "bare"],
  ["perennial", "native", "bare"], ["native", "bare", "perennial"], ["bare", "perennial", "native"],
];

/** @param {{ quick: boolean }} options */
export async function kernels({ quick }) {
  const rounds = quick ? 3 : 30;
  const native = startNative();
  try {
    const times = await inBench(async (page) => {
      await page.evaluate((threads, limit) => bench.startKernels(threads, limit), THREADS, LIMIT);
      const inPage = (side) => (name) => page.evaluate((side, name) => bench.kernel(side, name), side, name);
      const sides = { perennial: inPage("perennial"), bare: inPage("bare"), native: native.run };
      const times = {};
      for (const name of Object.keys(KERNELS)) times[name] = await interleaved(name, sides, rounds);
      await page.evaluate(() => bench.endKernels());
      return times;
    });
    return tables(times);
  } finally {
    native.end();
  }
}

async function interleaved(name, sides, rounds) {
  const times = { perennial: [], bare: [], native: [] };
  let expected;
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const side of ORDERS[(round + WARM_UP) % ORDERS.length]) {
      const { ms, checksum } = await sides[side](name);
      expected ??= checksum;
      if (checksum !== expected) throw new Error(`${name}: the ${side} side computed ${checksum}, another ${expected}`);
      if (round >= 0) times[side].push(ms);
    }
  }
  return times;
}

function tables(times) {
  const rows = Object.entries(times).map(([name, { perennial, bare, native }]) => {
    const ratios = (other) => perennial.map((ms, round) => ms / other[round]);
    const [toBare, toNative] = [ratios(bare), ratios(native)];
    return [
      KERNELS[name], perennial.length, ...[perennial, bare, native].map((values) => median(values).toFixed(1)),
      `**${median(toBare).toFixed(3)}**`, middleHalf(toBare, 3), medianWithin(toBare, 3), "≤ 1.02",
      median(toNative).toFixed(2), middleHalf(toNative, 2),
    ];
  });
  const head = [
    `${THREADS} threads`, "n", "`Pool.run`, ms", "bare, ms", "native, ms", "to bare", "middle half", "95 % of the median", "aim",
    "to native", "middle half",
  ];
  return table(head, rows);
}

function startNative() {
  if (!PERENNIAL_BENCH_NATIVE) throw new Error("PERENNIAL_BENCH_NATIVE does not say where the native kernels are");
  const child = spawn(PERENNIAL_BENCH_NATIVE, {
    env: { ...process.env, RAYON_NUM_THREADS: String(THREADS) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = [];
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(line));
  const over = (reason) => waiting.splice(0).forEach(({ reject }) => reject(new Error(`the native kernels ended: ${reason}`)));
  child.on("error", (error) => over(error.message));
  child.on("exit", over);
  return {
    async run(name) {
      const answer = JSON.parse(
        await new Promise((resolve, reject) => {
          waiting.push({ resolve, reject });
          child.stdin.write(`${name}\n`);
        }),
      );
      if (answer.error) throw new Error(answer.error);
      return answer;
    },
    end: () => child.stdin.end(),
  };
}
