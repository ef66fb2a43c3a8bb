// i. What the package adds to what a page loads.

import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { PERENNIAL_WASM_OPT } from "../lib/environment.mjs";
import { esbuild } from "../lib/esbuild.mjs";
import { table } from "../lib/report.mjs";

const BUILDS = ["bare", "pool", "small"];
const AIM = 60_000;

/** In bytes. */
export async function size() {
  if (!PERENNIAL_WASM_OPT) throw new Error("PERENNIAL_WASM_OPT does not say where wasm-opt is");
  const [bare, pool, small] = await Promise.all(BUILDS.map(weigh));
  const more = (than, key) => `**${than[key] - bare[key]}**`;
  const row = (what, key, aim = "") => [what, bare[key], pool[key], more(pool, key), small[key], more(small, key), aim];
  const head = ["five small tasks; bytes", "bare wasm-bindgen-rayon", "perennial", "difference", "compiled for size", "difference", "aim"];
  return table(head, [
    row("WebAssembly, `wasm-opt -Oz`", "wasm"), row("the same, `gzip -9`", "wasmGzipped"), row("JavaScript, minified, `gzip -9`", "scriptsGzipped"),
    row("both, `gzip -9`", "gzipped", `≤ ${AIM}`),
  ]);
}

async function weigh(build) {
  const path = fileURLToPath(new URL(`../../peers/pkg-${build}/`, import.meta.url));
  const files = await readdir(path, { recursive: true });
  const built = join(path, files.find((file) => file.endsWith("_bg.wasm")));
  if ((await readFile(built)).includes("__perennial") === (build === "bare")) throw new Error(`${built} is another build than its folder says`);
  const wasm = await optimised(built);
  const wasmGzipped = zipped(wasm);
  let scriptsGzipped = 0;
  // Each by itself, as a server sends it.
  for (const file of files.filter((file) => file.endsWith(".js"))) {
    const { code } = await esbuild().transform(await readFile(join(path, file), "utf8"), { minify: true });
    scriptsGzipped += zipped(code);
  }
  return { wasm: wasm.length, wasmGzipped, scriptsGzipped, gzipped: wasmGzipped + scriptsGzipped };
}

const zipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

async function optimised(file) {
  const folder = await mkdtemp(join(tmpdir(), "perennial-size-"));
  try {
    const out = join(folder, "out.wasm");
    const options = ["-Oz", "--all-features", file, "-o", out];
    const { status, error, stderr } = spawnSync(PERENNIAL_WASM_OPT, options, { encoding: "utf8", timeout: 300_000 });
    if (status !== 0) throw new Error(`wasm-opt failed: ${error?.message ?? stderr}`);
    return await readFile(out);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
