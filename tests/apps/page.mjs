// A page of an app, and what every app has to be able to do.

import assert from "node:assert/strict";

import { LIMIT_MS } from "../e2e/harness.mjs";

/** A page that has loaded the package as `window.app`. */
export async function openApp(browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  const said = [];
  page.on("pageerror", (error) => said.push(`uncaught: ${error.message}`));
  page.on("console", (message) => message.type() !== "debug" && said.push(`${message.type()}: ${message.text()}`));
  page.on("requestfailed", (request) => said.push(`failed: ${request.url()}`));
  page.on("response", (response) => response.status() >= 400 && said.push(`${response.status()}: ${response.url()}`));
  page.said = said;
  await page.goto(url, { waitUntil: "load" });
  try {
    await page.waitForFunction(() => window.app !== undefined, { timeout: LIMIT_MS / 4 });
  } catch (cause) {
    throw new Error(`${url} did not load the package; it said:\n${said.join("\n")}`, { cause });
  }
  return page;
}

/** Starts a pool, runs, recycles, runs again, exits. */
export async function goRound(page) {
  let answer;
  try {
    answer = await page.evaluate(async () => {
      const { Pool } = window.app;
      const compiled = [];
      for (const name of ["compile", "compileStreaming", "instantiateStreaming"]) {
        const native = WebAssembly[name];
        WebAssembly[name] = (...all) => (compiled.push(name), native.apply(WebAssembly, all));
      }
      const pool = await Pool.start({ threads: 2, memory: { limit: "64MiB" }, workerUrl: window.workerUrl });
      const first = await pool.run("sum_of_roots", new Float64Array([1, 4, 9]));
      const { from, to } = await pool.recycle();
      const second = await pool.run("sum_to", 1000);
      const bytes = await pool.run("echo_bytes", new Uint8Array([1, 2, 3]));
      const threads = pool.health().threads?.length;
      await pool.exit();
      return { first, recycled: to - from, second, bytes: [...bytes], threads, compiled };
    });
  } catch (cause) {
    throw new Error(`${cause.message}; the page said:\n${page.said.join("\n")}`, { cause });
  }
  assert.deepEqual(answer, { first: 6, recycled: 1, second: 499500, bytes: [1, 2, 3], threads: answer.threads, compiled: [] });
  assert.deepEqual(page.said, [], "nothing failed on the way");
}
