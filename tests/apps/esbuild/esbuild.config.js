import { readdirSync } from "node:fs";

const snippets = new URL("./node_modules/perennial-fixture/snippets/", import.meta.url);
const own = readdirSync(snippets).find((name) => name.startsWith("perennial-"));

export default {
  entryPoints: ["main.js", `perennial-fixture/snippets/${own}/src/js/leader.js`],
  bundle: true,
  splitting: true,
  format: "esm",
  loader: { ".wasm": "file" },
  outdir: "bundle",
  entryNames: "[name]",
  chunkNames: "chunks/[hash]",
};
