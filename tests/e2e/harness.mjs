// A real browser and the fixture's page, for tests that run in both.

const { PERENNIAL_BASE_URL, PERENNIAL_CHROMIUM, PERENNIAL_CHROMIUM_ARGS = "[]", PERENNIAL_PUPPETEER } = process.env;
if (!PERENNIAL_BASE_URL || !PERENNIAL_CHROMIUM || !PERENNIAL_PUPPETEER) {
  throw new Error("run these tests with `cargo xtask test`: it builds the package, serves it and says where the browser is");
}
const puppeteer = await import(PERENNIAL_PUPPETEER);

export const BASE_URL = PERENNIAL_BASE_URL.replace(/\/$/, "");

/** Longer than anything that is well takes on a busy machine. */
export const LIMIT_MS = 120_000;

/** A browser, to be closed by who opened it. @param {string[]} [more] arguments of the browser @param {object} [options] of Puppeteer's */
export function launch(more = [], options = {}) {
  return puppeteer.launch({
    ...options,
    executablePath: PERENNIAL_CHROMIUM,
    headless: true,
    protocolTimeout: LIMIT_MS * 5,
    args: [...JSON.parse(PERENNIAL_CHROMIUM_ARGS), "--js-flags=--expose-gc", ...more],
  });
}

/**
 * A page that has loaded the fixture's module as `window.app`. `page.failures` collects what the page reported as an error.
 * @param {import("puppeteer-core").Browser} browser
 */
export async function openFixture(browser) {
  return openFixtureAt(browser, `${BASE_URL}/tests/fixture/`);
}

/** The fixture's page at another address. */
export async function openFixtureAt(browser, url) {
  const page = await openAt(browser, url);
  await page.waitForFunction(() => window.app !== undefined, { timeout: LIMIT_MS });
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
  page.on("pageerror", (error) => page.failures.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    page.log.push(`${message.type()}: ${message.text()}`);
  });
  await page.goto(url, { waitUntil: "load" });
  return page;
}

/**
 * Runs `body(app, argument)` in the page. It rejects if the page does not answer in time.
 * @param {(app: any, argument: any) => unknown} body a function that stands on its own
 */
export async function inPage(page, body, argument) {
  const source = `(${body})`;
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the page did not answer within ${LIMIT_MS} ms; its log:\n${page.log.join("\n")}`)), LIMIT_MS);
  });
  const run = page.evaluate(
    async (source, argument) => {
      const body = (0, eval)(source);
      return await body(window.app, argument);
    },
    source,
    argument,
  );
  try {
    return await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
  }
}
