// A browser for one part, and its page.

import { PERENNIAL_BASE_URL, PERENNIAL_CHROMIUM, PERENNIAL_CHROMIUM_ARGS, PERENNIAL_PUPPETEER } from "./environment.mjs";
import { noteOthers } from "./machine.mjs";
import { watchOthers } from "./processes.mjs";

const puppeteer = await import(PERENNIAL_PUPPETEER);

/** Longer than any part takes on a busy machine. */
const LIMIT_MS = 900_000;

/**
 * Runs `body(page, browser)` in a page of a fresh browser, so that no part inherits the memory of another.
 * @template T @param {string} path @param {(page: any, browser: any) => Promise<T>} body @param {string[]} flags of the engine
 * @param {boolean} isWatched whether what others take meanwhile is noted: not if another browser of this process may end meanwhile
 * @returns {Promise<T>}
 */
export async function inBrowser(path, body, flags = [], isWatched = true) {
  const watched = watchOthers();
  const browser = await launch(flags);
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

/** The same, in the page with `window.bench`. @type {<T>(body: (page: any, browser: any) => Promise<T>) => Promise<T>} */
export function inBench(body) {
  return inBrowser("/benches/browser/index.html", async (page, browser) => {
    await page.waitForFunction(() => window.bench !== undefined, { timeout: 60_000 });
    return body(page, browser);
  });
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
  return inBrowser("/benches/browser/peers.html", ready, ["--expose-gc"], isWatched);
}

/** The browser's name and version. */
export async function browserName() {
  const browser = await launch();
  try {
    return await browser.version();
  } finally {
    await browser.close();
  }
}

/** @param {string[]} flags of the engine */
function launch(flags = []) {
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
