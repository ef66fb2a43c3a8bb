// g. Three kernels through a pool, on bare wasm-bindgen-rayon, and natively.

import { inBench } from "../lib/browser.mjs";
import { startNative } from "../lib/native.mjs";
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
  const native = startNative(THREADS);
  try {
    const times = await inBench(async (page) => {
      await page.evaluate((threads, limit) => bench.startKernels(threads, limit), THREADS, LIMIT);
      const inPage = (side) => (name) => page.evaluate((side, name) => bench.kernel(side, name), side, name);
      const sides = { perennial: inPage("perennial"), bare: inPage("bare"), native: native.run };
      const times = {};
      for (const name of Object.keys(KERNELS)) times[name] = await interleaved(name, sides, rounds);
      await page.evaluate(() => bench.end());
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
