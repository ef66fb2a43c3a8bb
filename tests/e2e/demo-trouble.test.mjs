// What keeps the demo's page from working: it says what is wrong and what to do.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";

import { browser, launch, LIMIT_MS, needs, openAt, setUp } from "./harness.mjs";
import { ISOLATED, serve } from "./server.mjs";

setUp(async () => ({ failures: [] }));

/**
 * Opens the page of a server like this, and gives what it says is wrong.
 * @param {Parameters<typeof serve>[0]} how @param {(page: any) => Promise<unknown>} [act]
 */
async function trouble(how, act = async () => {}) {
  const { url, close } = await serve({ isPage: true, headers: ISOLATED, ...how });
  const page = await openAt(browser, url);
  try {
    await act(page);
    await page.waitForFunction(() => !document.querySelector("#trouble").hidden, { timeout: LIMIT_MS });
    const words = await page.evaluate(() => document.querySelector("#trouble").innerText);
    const status = await page.evaluate(() => document.querySelector("#status").dataset.tone);
    assert.equal(status, "bad");
    assert.deepEqual(page.failures, [], "the page reports no error of its own");
    return words;
  } finally {
    await page.close();
    close();
  }
}

/** The address of a script of the package's own. @param {string} name */
async function snippet(name) {
  const files = await readdir(new URL("../../www/pkg/snippets", import.meta.url), { recursive: true });
  const file = files.find((file) => file.endsWith(`/${name}`));
  if (!file) throw new Error(`the package has no ${name}`);
  return `/pkg/snippets/${file}`;
}

test("a package that was not built", async () => {
  const words = await trouble({ gone: ["/pkg/perennial_demo.js"] });
  assert.match(words, /missing/);
  assert.match(words, /pkg\/perennial_demo\.js/);
  assert.match(words, /cargo xtask demo/);
});

test("a module that is missing", async () => {
  assert.match(await trouble({ gone: ["/pkg/perennial_demo_bg.wasm"] }), /perennial_demo_bg\.wasm/);
});

test("a script that is missing, of the page or of the package", needs("missingModules"), async () => {
  for (const gone of ["/js/tiles.js", await snippet("driver.js")]) {
    const words = await trouble({ gone: [gone] });
    assert.ok(words.includes(`.${gone}`), words);
    assert.match(words, /cargo xtask demo/);
  }
});

test("a browser that cannot compile the module, and a device that gives no memory", async () => {
  const thrown = (error) => ({ change: (path, text) => (path === "/js/main.js" ? `throw ${error};\n${text}` : text) });
  assert.match(await trouble(thrown('new WebAssembly.CompileError("invalid opcode")')), /invalid opcode[\s\S]*current Chrome/);
  const refused = 'Object.assign(new Error("BadConfig: maximum is refused"), { code: "BadConfig" })';
  assert.match(await trouble(thrown(refused)), /no memory[\s\S]*is refused[\s\S]*Close other tabs/);
  assert.match(await trouble(thrown('new Error("something else")')), /could not be loaded[\s\S]*something else\.[\s\S]*without its cache/);
});

test("a library that was not copied", async () => {
  const words = await trouble({ gone: ["/vendor/uplot/uPlot.esm.js"] });
  assert.match(words, /uPlot\.esm\.js/);
  assert.match(words, /cargo xtask demo/);
});

test("a server that does not send the headers", async () => {
  const words = await trouble({ headers: {} });
  assert.match(words, /Cross-Origin-Opener-Policy: same-origin/);
  assert.match(words, /Cross-Origin-Embedder-Policy: require-corp/);
});

test("a browser without WebAssembly, one that shares no memory, and an address that is not secure", async () => {
  const told = (first) => trouble({ change: (path, text) => (path === "/js/trouble.js" ? `${first};\n${text}` : text) });
  assert.match(await told("delete globalThis.SharedArrayBuffer"), /SharedArrayBuffer[\s\S]*current Chrome/);
  assert.match(await told("delete globalThis.WebAssembly"), /no WebAssembly[\s\S]*current Chrome/);
  assert.match(await told("const isSecureContext = false"), /https, or from localhost[\s\S]*cargo xtask demo/);
});

test("a device that grants less than was asked for, a bare side that is not built, and a pool that is lost", async () => {
  const device = `
    WebAssembly.Memory = class extends WebAssembly.Memory {
      constructor(descriptor) {
        if (descriptor.maximum * 65536 > ${200 << 20}) throw new RangeError("could not allocate memory");
        super(descriptor);
      }
    };
  `;
  const change = (path, text) => (path.endsWith("/leader.js") ? text + device : text);
  const { url, close } = await serve({ isPage: true, headers: ISOLATED, change, gone: ["/bare/pkg/perennial_demo_bare.js"] });
  const page = await openAt(browser, url);
  page.excuses = () => true;
  try {
    const until = (body, ...args) => page.waitForFunction(body, { timeout: LIMIT_MS }, ...args);
    await until(() => !document.querySelector("#start").disabled);
    await page.evaluate(() => (document.querySelector("#threads").value = "1"));
    await page.click("#start");
    await until(() => document.body.dataset.phase === "serving" && /recycleAt/.test(document.querySelector("#perennial-plot").ariaLabel));
    const text = (selector) => page.evaluate((selector) => document.querySelector(selector).textContent, selector);
    assert.match(await text("#decision"), /128 MiB \(the device refused 256MiB\) at the most/);
    assert.match(await text("#log"), /The device refused 256 MiB; generation 1 has 128 MiB/);
    const lines = await page.evaluate(() => document.querySelector("#perennial-plot").ariaLabel);
    assert.match(lines, /recycleAt 96 MiB, criticalAt 115 MiB, limit 128 MiB/);

    await until(() => document.body.dataset.bare === "failed");
    assert.match(await text("#bare-words"), /^It did not start: .*cargo xtask demo/);

    // The pool says so once the page's own instance has died, in answer to whatever it is asked.
    await page.evaluate(() => {
      window.demo.pool.health = () => {
        throw Object.assign(new Error("PoolLost: the page's own instance has ended"), { code: "PoolLost" });
      };
    });
    await until(() => document.querySelector("#perennial-badge").textContent === "lost");
    assert.match(await text("#decision"), /the page's own instance has ended\. Reload the page\./);
    assert.equal(await page.evaluate(() => window.demo.log.entries.filter(({ text }) => text.includes("instance has ended")).length), 1);
  } finally {
    await page.close();
    close();
  }
});

test("a pool that does not start", async () => {
  const change = (path, text) => (path.endsWith("/leader.js") ? `throw new Error("broken on purpose");\n${text}` : text);
  const words = await trouble({ change }, async (page) => {
    await page.waitForFunction(() => !document.querySelector("#start").disabled, { timeout: LIMIT_MS });
    await page.click("#start");
  });
  assert.match(words, /did not start/);
  assert.match(words, /lower memory limit/);
});

test("under a strict policy the page works, and asks for nothing from elsewhere", needs("emulation"), async () => {
  const policy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; " +
    "connect-src 'self'; worker-src 'self' blob:; frame-src 'self'";
  const { url, close } = await serve({ isPage: true, headers: { ...ISOLATED, "Content-Security-Policy": policy } });
  const own = await launch();
  try {
    const page = await own.newPage();
    const [foreign, complaints] = [[], []];
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url)) foreign.push(request.url());
    });
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${url}#proofs`);
    // Puppeteer's own waiting needs what the policy forbids.
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          const look = () => (parseInt(document.querySelector("#verified").textContent) > 0 ? resolve() : requestAnimationFrame(look));
          look();
        }),
    );
    assert.deepEqual(foreign, []);
    assert.deepEqual(complaints, []);
  } finally {
    await own.close();
    close();
  }
});
