// Installs the packed package into a copy of each app, and bundles it, as a user would.

import { execFile } from "node:child_process";
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const { PERENNIAL_BUNDLERS, PERENNIAL_APPS } = process.env;
if (!PERENNIAL_BUNDLERS || !PERENNIAL_APPS) throw new Error("run these tests with `cargo xtask test --only apps`");

const here = path.dirname(fileURLToPath(import.meta.url));
const fixture = path.join(here, "../fixture/pkg");
const require = createRequire(path.join(PERENNIAL_BUNDLERS, "package.json"));
const bundler = (name) => import(pathToFileURL(require.resolve(name)).href);

const npm = (cwd, ...options) =>
  promisify(execFile)("npm", options, { cwd, timeout: 120_000, env: { ...process.env, NODE_ENV: "development" } });

/** The tarball that `npm publish` would send. */
async function pack() {
  const folder = path.join(PERENNIAL_APPS, "packed");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await npm(fixture, "pack", "--pack-destination", folder);
  const [file] = await readdir(folder);
  return path.join(folder, file);
}

let packed;

/**
 * A copy of an app, with the package installed.
 * @param {string} name @param {string} [copy] what the copy is called
 * @returns {Promise<string>} its folder
 */
export async function install(name, copy = name) {
  const folder = path.join(PERENNIAL_APPS, copy);
  await rm(folder, { recursive: true, force: true });
  await cp(path.join(here, name), folder, { recursive: true });
  packed ??= pack();
  await npm(folder, "install", "--no-save", "--no-package-lock", "--offline", "--no-audit", "--no-fund", "--prefix", folder, await packed);
  return folder;
}

/** @param {string} root @returns {Promise<string>} the folder to serve */
export async function buildWithVite(root, base) {
  const { build } = await bundler("vite");
  await build({ root, base, logLevel: "warn" });
  return path.join(root, "dist");
}

/** @param {string} root @returns {Promise<{ url: string, close: () => Promise<void> }>} a dev server */
export async function serveWithVite(root, base) {
  const { createServer } = await bundler("vite");
  const server = await createServer({ root, base, logLevel: "warn", server: { host: "127.0.0.1", port: 0, hmr: false } });
  await server.listen();
  return { url: `http://127.0.0.1:${server.httpServer.address().port}${base}`, close: () => server.close() };
}

/** @param {string} root @returns {Promise<string>} the folder to serve */
export async function buildWithWebpack(root) {
  const { default: webpack } = await bundler("webpack");
  const { default: config } = await import(pathToFileURL(path.join(root, "webpack.config.js")).href);
  const stats = await promisify(webpack)({ context: root, ...config });
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  const wrong = [...errors, ...warnings.filter(({ message }) => !message.includes("size limit"))];
  if (wrong.length > 0) throw new Error(wrong.map(({ message }) => message).join("\n"));
  return root;
}

/** @param {string} root @returns {Promise<string>} the folder to serve */
export async function buildWithEsbuild(root) {
  const { build } = await bundler("esbuild");
  const { default: config } = await import(pathToFileURL(path.join(root, "esbuild.config.js")).href);
  await build({ absWorkingDir: root, ...config, logLevel: "warning" });
  return root;
}
