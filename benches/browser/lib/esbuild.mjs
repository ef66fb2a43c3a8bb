// The bundler, where xtask has put it.

import { createRequire } from "node:module";
import { join } from "node:path";

import { PERENNIAL_BUNDLERS } from "./environment.mjs";

export function esbuild() {
  if (!PERENNIAL_BUNDLERS) throw new Error("PERENNIAL_BUNDLERS does not say where esbuild is");
  return createRequire(join(PERENNIAL_BUNDLERS, "package.json"))("esbuild");
}
