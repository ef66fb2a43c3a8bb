// A browser for one part, and its page.

import { open } from "../../../tests/e2e/engine.mjs";
import { PERENNIAL_BASE_URL, PERENNIAL_CHROMIUM, PERENNIAL_CHROMIUM_ARGS, PERENNIAL_PUPPETEER } from "./environment.mjs";
import { noteOthers } from "./machine.mjs";
import { watchOthers } from "./processes.mjs";

const puppeteer = await import(PERENNIAL_PUPPETEER);

/** @typedef {"chromium" | "firefox" | "webkit"} Engine */

/** Longer than any part takes on a busy machine. */
const LIMIT_MS = 900_000;

/**
 * Runs `body(page, browser)` in a page of a fresh browser, so that no part inherits the memory of another.
 * @template T @param {string} path @param {(page: any, browser: any) => Promise<T>} body
 * @param {{ flags?: string[], engine?: Engine, isWatched?: boolean }} [options] `flags`: of Chromium's JavaScript engine;
 *   `isWatched`: whether what others take meanwhile is noted: not if another browser of this process may end meanwhile
 * @returns {Promise<T>}
 */
export async function inBrowser(path, body, { flags = [], engine = "chromium", isWatched = true } = {}) {
  const watched = watchOthers();
  const browser = await launch(flags, engine);
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(`the page: ${error.message}`));
    await page.goto(new URL(path, PERENNIAL_BASE_URL).href);
    const result = await body(page, browser);
    if (isWatched) noteOthers(watched());
    return result;
  } finally {
    await browser.close();
  }
}

/**
 * The same, in the page with `window.bench`.
 * @type {<T>(body: (page: any, browser: any) => Promise<T>, engine?: Engine) => Promise<T>}
 */
export function inBench(body, engine) {
  const ready = async (page, browser) => {
    await page.waitForFunction(() => window.bench !== undefined, { timeout: 60_000 });
    return body(page, browser);
  };
  return inBrowser("/benches/browser/index.html", ready, { engine });
}

/**
 * The same, in the page with `window.peers`, where garbage can be collected.
 * @type {<T>(body: (page: any, browser: any) => Promise<T>, isWatched?: boolean) => Promise<T>}
 */
export function inPeers(body, isWatched = true) {
  const ready = async (page, browser) => {
    await page.waitForFunction(() => window.peers !== undefined, { timeout: 60_000 });
    return body(page, browser);
  };
  return inBrowser("/benches/browser/peers.html", ready, { flags: ["--expose-gc"], isWatched });
}

/** The browser's name and version; of WebKit its name alone. @param {Engine} [engine] */
export async function browserName(engine = "chromium") {
  if (engine === "webkit") return "WebKitGTK";
  const browser = await launch([], engine);
  try {
    return await browser.version();
  } finally {
    await browser.close();
  }
}

/** @param {string[]} flags @param {Engine} engine */
function launch(flags, engine) {
  if (engine !== "chromium") return open({ limitMs: LIMIT_MS, engine });
  return puppeteer.launch({
    executablePath: PERENNIAL_CHROMIUM,
    headless: true,
    protocolTimeout: LIMIT_MS,
    // Which way of having no window is puppeteer's to say.
    args: [
      ...JSON.parse(PERENNIAL_CHROMIUM_ARGS).filter((argument) => argument !== "--headless"),
      ...flags.map((flag) => `--js-flags=${flag}`),
    ],
  });
}
