import { fileURLToPath } from "node:url";

export default {
  mode: "production",
  entry: "./main.js",
  output: {
    path: fileURLToPath(new URL("./bundle/", import.meta.url)),
    filename: "[name].js",
    chunkFilename: "[contenthash].js",
  },
  module: { rules: [{ test: /snippets/, resolve: { fullySpecified: false } }] },
  ignoreWarnings: [{ module: /wasm-bindgen-rayon/ }, /Circular dependency between chunks/],
};
