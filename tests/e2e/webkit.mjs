// Drives WebKitGTK by its WebDriver, with the few methods of puppeteer's browser and page that the tests use.
//
// A client of our own: what is needed are eight requests, and those on npm ask for a newer Node than we support.

import { spawn } from "node:child_process";
import { createServer } from "node:net";

const START_MS = 30_000;

/**
 * @param {string} program the browser @param {string} driver its WebDriver @param {number} limitMs for one script
 */
export async function openWebKit(program, driver, limitMs) {
  const port = await freePort();
  // Without the variable it has shared memories and posts none.
  const environment = { ...process.env, JSC_useSharedArrayBuffer: "1" };
  const child = spawn(driver, [`--port=${port}`, "--host=127.0.0.1"], { env: environment, stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  // A test that dies leaves no browser behind.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const address = `http://127.0.0.1:${port}`;
  try {
    await answers(address, ended);
    const capabilities = { browserName: "MiniBrowser", "webkitgtk:browserOptions": { binary: program, args: ["--automation"] } };
    const { sessionId } = await request("POST", `${address}/session`, { capabilities: { alwaysMatch: capabilities } });
    const session = `${address}/session/${sessionId}`;
    await request("POST", `${session}/timeouts`, { script: limitMs, pageLoad: limitMs });
    return new Browser(session, child, ended, () => process.removeListener("exit", kill));
  } catch (thrown) {
    kill();
    throw thrown;
  }
}

class Browser {
  #session;
  #child;
  #ended;
  #forget;
  #pages = 0;

  constructor(session, child, ended, forget) {
    this.#session = session;
    this.#child = child;
    this.#ended = ended;
    this.#forget = forget;
    /** WebDriver's commands go to one window at a time. */
    this.queue = Promise.resolve();
  }

  process() {
    return this.#child;
  }

  async newPage() {
    const first = this.#pages++ === 0;
    const window = first
      ? await request("GET", `${this.#session}/window`)
      : (await request("POST", `${this.#session}/window/new`, { type: "tab" })).handle;
    return new Page(this, this.#session, window);
  }

  async close() {
    try {
      await request("DELETE", this.#session);
    } finally {
      this.#child.kill();
      await this.#ended;
      this.#forget();
    }
  }

  /** One after the other, each with its window in front. */
  inTurn(window, call) {
    const turn = this.queue.then(async () => {
      await request("POST", `${this.#session}/window`, { handle: window });
      return call();
    });
    this.queue = turn.catch(() => {});
    return turn;
  }
}

/** What a page does, as puppeteer names it. */
class Page {
  #browser;
  #session;
  #window;
  #limitMs = 30_000;

  constructor(browser, session, window) {
    this.#browser = browser;
    this.#session = session;
    this.#window = window;
  }

  #ask(method, path, body) {
    return this.#browser.inTurn(this.#window, () => request(method, `${this.#session}${path}`, body));
  }

  setDefaultTimeout(ms) {
    this.#limitMs = ms;
  }

  /** What the page says is kept by the page, and fetched after each call: nobody is told at once. */
  #listeners = new Map();
  on(type, listener) {
    this.#listeners.set(type, listener);
  }

  async goto(url) {
    await this.#ask("POST", "/url", { url });
    await this.#run(WATCH, []);
  }

  async evaluate(body, ...args) {
    const answer = await this.#run(`return (${body})(...arguments[0]);`, [args]);
    await this.#tell();
    return answer;
  }

  /** As `evaluate`, as often as it takes until it gives something true. */
  async waitForFunction(body, { timeout = this.#limitMs } = {}, ...args) {
    const until = performance.now() + timeout;
    while (!(await this.#run(`return Boolean(await (${body})(...arguments[0]));`, [args]))) {
      if (performance.now() > until) throw new Error(`not within ${timeout} ms: ${body}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await this.#tell();
  }

  $eval(selector, body) {
    return this.evaluate(`(selector) => (${body})(document.querySelector(selector))`, selector);
  }

  click(selector) {
    return this.$eval(selector, "(element) => element.click()");
  }

  select(selector, value) {
    return this.evaluate(
      (selector, value) => {
        const element = document.querySelector(selector);
        element.value = value;
        for (const type of ["input", "change"]) element.dispatchEvent(new Event(type, { bubbles: true }));
      },
      selector,
      value,
    );
  }

  async close() {
    // The last window's end would be the browser's.
    await this.#ask("POST", "/url", { url: "about:blank" });
  }

  /** An async script's result, by way of a callback, which is WebDriver's. */
  async #run(script, args) {
    const wrapped = `
      const done = arguments[arguments.length - 1];
      (async function () { ${script} }).apply(null, arguments).then((value) => done({ value }), (thrown) => done({ thrown: String(thrown?.stack ?? thrown) }));
    `;
    const { value, thrown } = await this.#ask("POST", "/execute/async", { script: wrapped, args });
    if (thrown !== undefined) throw new Error(thrown);
    return value;
  }

  async #tell() {
    const said = await this.#run("return window.__said?.splice(0) ?? [];", []);
    for (const [type, kind, text] of said) {
      this.#listeners.get(type)?.(type === "pageerror" ? new Error(text) : { type: () => kind, text: () => text });
    }
  }
}

/** Notes what the page reports as an error, and what it logs. */
const WATCH = `
  const said = (window.__said = []);
  const note = (type, kind, text) => said.push([type, kind, String(text)]);
  addEventListener("error", (event) => note("pageerror", "error", event.message));
  addEventListener("unhandledrejection", (event) => note("pageerror", "error", event.reason?.message ?? event.reason));
  for (const kind of ["error", "warn", "log", "info"]) {
    const native = console[kind];
    console[kind] = (...all) => (note("console", kind, all.join(" ")), native.apply(console, all));
  }
`;

/** @param {string} method @param {string} url @param {object} [body] */
async function request(method, url, body) {
  const response = await fetch(url, { method, body: method === "POST" ? JSON.stringify(body ?? {}) : undefined });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value?.error}: ${value?.message}`);
  return value;
}

/** Until the driver hears. */
async function answers(address, ended) {
  let dead = false;
  ended.then(() => (dead = true));
  for (const until = performance.now() + START_MS; ; ) {
    try {
      await fetch(`${address}/status`);
      return;
    } catch (cause) {
      if (dead) throw new Error("the WebDriver of WebKit ended at once", { cause });
      if (performance.now() > until) throw new Error(`the WebDriver of WebKit did not answer within ${START_MS} ms`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}
