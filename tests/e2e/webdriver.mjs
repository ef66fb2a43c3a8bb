// Drives a browser by its WebDriver, with the few methods of puppeteer's browser and page that the tests use.
//
// A client of our own: what is needed are some ten requests, and those on npm ask for a newer Node than we support.

import { spawn } from "node:child_process";
import { createServer } from "node:net";

import { descendants } from "./processes.mjs";

const START_MS = 30_000;
const KEYS = { Tab: "\uE004" };

/**
 * @param {{ driver: string, args?: (port: number) => string[], environment?: Record<string, string>, capabilities: object, limitMs: number }} options
 *   `driver`: the program of the WebDriver; `args`: beside its port; `limitMs`: for one script
 */
export async function openByDriver({ driver, args = () => [], environment = {}, capabilities, limitMs }) {
  const port = await freePort();
  const rest = args(await freePort());
  const child = spawn(driver, [`--port=${port}`, "--host=127.0.0.1", ...rest], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  // A test that dies leaves no browser behind.
  const kill = () => {
    for (const pid of [...descendants(child.pid), child.pid]) end(pid);
  };
  process.once("exit", kill);
  const address = `http://127.0.0.1:${port}`;
  try {
    await answers(address, ended);
    const { sessionId, capabilities: granted } = await request("POST", `${address}/session`, { capabilities: { alwaysMatch: capabilities } });
    const session = `${address}/session/${sessionId}`;
    await request("POST", `${session}/timeouts`, { script: limitMs, pageLoad: limitMs });
    return new Browser(session, granted, child, ended, () => process.removeListener("exit", kill));
  } catch (thrown) {
    kill();
    throw thrown;
  }
}

/** @param {number} pid */
function end(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

class Browser {
  #session;
  #name;
  #child;
  #ended;
  #forget;
  #open = 0;

  constructor(session, { browserName, browserVersion }, child, ended, forget) {
    this.#session = session;
    this.#name = `${browserName}/${browserVersion}`;
    this.#child = child;
    this.#ended = ended;
    this.#forget = forget;
    /** WebDriver's commands go to one window at a time. */
    this.queue = Promise.resolve();
  }

  process() {
    return this.#child;
  }

  /** Its name and version. */
  async version() {
    return this.#name;
  }

  async newPage() {
    const isAlone = this.#open++ === 0;
    const [window] = await request("GET", `${this.#session}/window/handles`);
    // The first, or the last one that was closed. In WebKitGTK a tab that is opened beside one is hidden, and draws nothing.
    if (isAlone) return new Page(this, this.#session, window);
    // One that was closed may still be in front, and from it nothing is opened.
    const { handle } = await this.inTurn(window, () => request("POST", `${this.#session}/window/new`, { type: "tab" }));
    return new Page(this, this.#session, handle);
  }

  /** @param {string} window @returns {Promise<void>} */
  closePage(window) {
    const isLast = --this.#open === 0;
    return this.inTurn(window, () =>
      // The last window's end would be the browser's.
      isLast ? request("POST", `${this.#session}/url`, { url: "about:blank" }) : request("DELETE", `${this.#session}/window`),
    );
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

  /** Keys by their names. */
  keyboard = {
    press: (/** @type {keyof typeof KEYS} */ key) => {
      const actions = ["keyDown", "keyUp"].map((type) => ({ type, value: KEYS[key] }));
      return this.#ask("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
    },
  };

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

  async goBack() {
    await this.#ask("POST", "/back");
    await this.#run(WATCH, []);
  }

  async bringToFront() {
    await this.#ask("GET", "/url");
  }

  close() {
    return this.#browser.closePage(this.#window);
  }

  /** An async script's result, by way of a callback, which is WebDriver's. */
  async #run(script, args) {
    // In the page's own realm: Firefox's driver runs scripts in another, with classes of its own.
    const inPage = `(async function () { ${script} }).apply(null, ${JSON.stringify(args)})`;
    const wrapped = `
      const done = arguments[arguments.length - 1];
      window.eval(arguments[0]).then((value) => done({ value }), (thrown) => done({ thrown: String(thrown) + "\\n" + (thrown?.stack ?? "") }));
    `;
    const { value, thrown } = await this.#ask("POST", "/execute/async", { script: wrapped, args: [inPage] });
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
  if (window.__said) return;
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
  const post = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body ?? {}) };
  const response = await fetch(url, { method, ...(method === "POST" ? post : {}) });
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
      if (dead) throw new Error("the WebDriver ended at once", { cause });
      if (performance.now() > until) throw new Error(`the WebDriver did not answer within ${START_MS} ms`, { cause });
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
