// What keeps the demo's page from working: it says what is wrong and what to do.

import assert from "node:assert/strict";
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

test("a package that was not built", async () => {
  const words = await trouble({ gone: ["/pkg/perennial_demo.js"] });
  assert.match(words, /not built/);
  assert.match(words, /pkg\/perennial_demo\.js/);
  assert.match(words, /cargo xtask demo/);
});

test("a module that is missing", async () => {
  assert.match(await trouble({ gone: ["/pkg/perennial_demo_bg.wasm"] }), /perennial_demo_bg\.wasm/);
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

test("a browser that shares no memory", async () => {
  const change = (path, text) => (path === "/js/trouble.js" ? `delete globalThis.SharedArrayBuffer;\n${text}` : text);
  assert.match(await trouble({ change }), /SharedArrayBuffer[\s\S]*current Chrome/);
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
