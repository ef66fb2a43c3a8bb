// The other worker pools as npm has them, each as one script that a page and a worker can import.

import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { PERENNIAL_PEERS } from "../environment.mjs";
import { esbuild } from "../esbuild.mjs";

const FOLDER = new URL("../../pkg-peers/", import.meta.url);
/** By name, what each script exports. */
const LIBRARIES = {
  comlink: 'export * from "comlink";',
  workerpool: 'export { default } from "workerpool";',
  "poolifier-web-worker": 'export * from "poolifier-web-worker";',
};

/** Makes them, in `pkg-peers`. Returns the version of each. @returns {Promise<Record<string, string>>} */
export async function bundlePeers() {
  if (!PERENNIAL_PEERS) throw new Error("PERENNIAL_PEERS does not say where the other worker pools are");
  const versions = {};
  for (const [name, contents] of Object.entries(LIBRARIES)) {
    await esbuild().build({
      stdin: { contents, resolveDir: PERENNIAL_PEERS },
      outfile: fileURLToPath(new URL(`${name}.js`, FOLDER)),
      bundle: true, format: "esm", platform: "browser", logLevel: "error",
      // What asks for them is never reached in a browser.
      external: builtinModules,
    });
    versions[name] = JSON.parse(await readFile(join(PERENNIAL_PEERS, "node_modules", name, "package.json"), "utf8")).version;
  }
  return versions;
}
