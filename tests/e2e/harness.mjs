// A real browser and the fixture's page, for tests that run in both. Which engine it is, `cargo xtask test` says; tests say
// what they need of it.

import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";

import { ENGINE, open } from "./engine.mjs";

const { PERENNIAL_BASE_URL } = process.env;
if (!PERENNIAL_BASE_URL) {
  throw new Error("run these tests with `cargo xtask test`: it builds the package, serves it and says where the browser is");
}

export { ENGINE };

export const BASE_URL = PERENNIAL_BASE_URL.replace(/\/$/, "");

/** Longer than anything that is well takes on a busy machine. */
export const LIMIT_MS = 120_000;

/** What an engine, or the way it is driven, does not have: why a test is skipped there. */
const LACKS = {
  chromium: {
    keptBeside: "beside another page of its origin it keeps none that has locks for which somebody waits",
  },
  firefox: {
    consoleOfWorkers: "WebDriver does not tell what a worker logs",
    freezing: "only Chromium's DevTools protocol freezes a page",
    emulation: "WebDriver changes neither the size of the screen nor what a visitor prefers",
    keptPages: "it keeps no page whose workers have held Web Locks",
    keptBeside: "as `keptPages`",
  },
  webkit: {
    consoleOfWorkers: "WebDriver does not tell what a worker logs",
    hosts: "this browser cannot be told that a name leads to this machine",
    collection: "nothing makes it collect garbage",
    manyValues: "its garbage collector had taken 13 GB before 16 million values were read",
    forcedEnds: "it never ends a worker that spins in WebAssembly",
    scrollPadding: "what has the focus is scrolled into view without regard to `scroll-padding`",
    missingModules: "it does not tell the page which script of a module was not there",
    fewMemories: "it grants thousands of memories",
    freezing: "only Chromium's DevTools protocol freezes a page",
    emulation: "WebDriver changes neither the size of the screen nor what a visitor prefers",
    keyboard: "whether Tab goes to links is a setting of the browser",
    preferences: "nothing tells it what its visitor prefers",
  },
};

/**
 * The options of a test that needs these; it is skipped, with the reason, where one is missing.
 * @param {...string} what names in `LACKS`
 */
export function needs(...what) {
  const reason = what.map((name) => LACKS[ENGINE][name]).find(Boolean);
  return { skip: reason ?? false };
}

/** Whether the engine has it. @param {string} what a name in `LACKS` */
export const has = (what) => LACKS[ENGINE][what] === undefined;

/** The browser and the page of this file's tests. @type {any} */
export let browser;
/** @type {any} */
export let page;

/**
 * Opens them before the tests of this file, and closes the browser after. No test may leave an error that the page reports.
 * @param {(browser: any) => Promise<any>} [openIt] what opens the page
 */
export function setUp(openIt = openFixture) {
  before(async () => {
    browser = await launch();
    page = await openIt(browser);
  });
  afterEach(() => {
    assert.deepEqual(page.failures.splice(0), [], "the page reports no error of its own");
  });
  after(() => browser?.close());
}

/**
 * A browser, to be closed by who opened it.
 * @param {{ hosts?: string[], keepsPages?: boolean, hidesPages?: boolean, prefs?: Record<string, unknown> }} [options] `hosts`:
 *   names that lead to this machine; `keepsPages`: whether it has its back-forward cache, and `hidesPages`: whether hidden pages
 *   wait longer for their timers, both of which whoever drives it may switch off; `prefs`: Firefox's
 */
export function launch(options = {}) {
  return open({ limitMs: LIMIT_MS * 5, ...options });
}

/** A page that has loaded the fixture's module as `window.app`. `page.failures` collects what the page reported as an error. */
export async function openFixture(browser) {
  return openFixtureAt(browser, `${BASE_URL}/tests/fixture/`);
}

/** The fixture's page at another address. */
export async function openFixtureAt(browser, url) {
  const page = await openAt(browser, url);
  await page.waitForFunction(() => window.app !== undefined || window.broken !== undefined, { timeout: LIMIT_MS });
  // A package that does not even load is told at once, or each file of tests would wait for it.
  assert.equal(await page.evaluate(() => window.broken ?? ""), "", "the fixture's page loads");
  return page;
}

/** A page of the server, with what it reports as errors in `page.failures` and what it logs in `page.log`. */
export function openPage(browser, path) {
  return openAt(browser, `${BASE_URL}${path}`);
}

/** As `openPage`, at any address. */
export async function openAt(browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  page.failures = [];
  page.log = [];
  /** Whether an error is meant to be. @type {(error: Error) => boolean} */
  page.excuses = () => false;
  page.on("pageerror", (error) => page.excuses(error) || page.failures.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    page.log.push(`${message.type()}: ${message.text()}`);
  });
  await page.goto(url, { waitUntil: "load" });
  return page;
}

/**
 * As `inPage`, and what the page has uncaught meanwhile, in words, which counts as no failure.
 * @param {(app: any) => unknown} body
 */
export async function inPageUncaught(page, body) {
  await inPage(page, () => {
    window.uncaught = [];
    window.hearUncaught = (event) => {
      uncaught.push(event.error.message);
      event.preventDefault();
    };
    window.addEventListener("error", hearUncaught);
  });
  const answer = await inPage(page, body);
  const uncaught = await inPage(page, () => {
    window.removeEventListener("error", hearUncaught);
    return window.uncaught;
  });
  // Where a WebDriver drives it, what a listener has prevented is noted all the same.
  page.failures.length = 0;
  return { answer, uncaught };
}

/**
 * Runs `body(app, argument)` in the page. Argument and result cross as JSON. It rejects if the page does not answer in time.
 * @param {(app: any, argument: any) => unknown} body a function that stands on its own
 * @param {any} [argument] @param {number} [limitMs] at most `LIMIT_MS * 5`, which whoever drives the browser allows
 */
export async function inPage(page, body, argument, limitMs = LIMIT_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the page did not answer within ${limitMs} ms; its log:\n${page.log.join("\n")}`)), limitMs);
  });
  // Each way of driving a browser has an idea of its own of what a result is and of what an exception becomes.
  const run = page.evaluate(
    async (source, argument) => {
      try {
        const body = (0, eval)(source);
        return JSON.stringify({ value: await body(window.app, argument) });
      } catch (thrown) {
        const { message = String(thrown), stack = "" } = Object(thrown);
        return JSON.stringify({ thrown: { message, stack } });
      }
    },
    `(${body})`,
    argument ?? null,
  );
  let answer;
  try {
    answer = JSON.parse(await Promise.race([run, late]));
  } finally {
    clearTimeout(timer);
  }
  if (answer.thrown) throw new Error(`${answer.thrown.message}, in the page:\n${answer.thrown.stack}`);
  return answer.value;
}

/** The leaders and threads of this origin's pools that live, by the Web Locks that they hold for life. */
export async function workersOf(page) {
  const locked = await inPage(page, async () => {
    const { held } = await navigator.locks.query();
    return held.filter(({ name }) => /^perennial-(leader|thread)-/.test(name)).length;
  });
  // Chromium keeps some that are dead already, with their memory.
  return ENGINE === "chromium" ? Math.max(locked, page.workers().length) : locked;
}
