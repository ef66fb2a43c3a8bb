// A browser for one part, and its page.

import { PERENNIAL_BASE_URL, PERENNIAL_CHROMIUM, PERENNIAL_CHROMIUM_ARGS, PERENNIAL_PUPPETEER } from "./environment.mjs";
import { noteOthers } from "./machine.mjs";
import { watchOthers } from "./processes.mjs";

const puppeteer = await import(PERENNIAL_PUPPETEER);

/** Longer than any part takes on a busy machine. */
const LIMIT_MS = 900_000;

/**
 * Runs `body(page, browser)` in a page of a fresh browser, so that no part inherits the memory of another.
 * @template T @param {string} path @param {(page: any, browser: any) => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function inBrowser(path, body) {
  const watched = watchOthers();
  const browser = await launch();
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(`the page: ${error.message}`));
    await page.goto(new URL(path, PERENNIAL_BASE_URL).href);
    const result = await body(page, browser);
    noteOthers(watched());
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

/** The browser's name and version. */
export async function browserName() {
  const browser = await launch();
  try {
    return await browser.version();
  } finally {
    await browser.close();
  }
}

function launch() {
  return puppeteer.launch({
    executablePath: PERENNIAL_CHROMIUM,
    headless: true,
    protocolTimeout: LIMIT_MS,
    // Which way of having no window is puppeteer's to say.
    args: JSON.parse(PERENNIAL_CHROMIUM_ARGS).filter((argument) => argument !== "--headless"),
  });
}
