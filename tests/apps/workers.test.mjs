// Where the workers' script comes from: a strict policy, another origin, `workerUrl`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch } from "../e2e/harness.mjs";
import { install } from "./build.mjs";
import { goRound, openApp } from "./page.mjs";
import { Server } from "./server.mjs";

let browser;
let folder;
before(async () => {
  browser = await launch();
  folder = await install("plain");
});
after(() => browser?.close());

async function withServers(use, ...servers) {
  await Promise.all(servers.map((server) => server.start()));
  try {
    await use(...servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

test("under a strict Content-Security-Policy", async () => {
  const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:";
  const server = new Server(folder, { headers: { "Content-Security-Policy": policy } });
  await withServers(async () => {
    const page = await openApp(browser, server.url);
    const refused = await page.evaluate(() => {
      return new Promise((resolve) => {
        document.addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective), { once: true });
        new Worker(URL.createObjectURL(new Blob([""]))).onerror = () => {};
      });
    });
    assert.equal(refused, "worker-src", "the policy is at work");
    page.said.length = 0;
    await goRound(page);
  }, server);
});

/** A page whose package is on a server of another origin. */
async function openRemote(page, remote) {
  await page.evaluate(async (url) => {
    const app = await import(url);
    await app.default({ memory: app.pageMemory() });
    window.app = app;
  }, `${remote.url}node_modules/perennial-fixture/perennial_fixture.js`);
}

const OPEN_TO_ALL = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };

test("the package on another origin", async () => {
  const [own, cdn] = [new Server(folder), new Server(folder, { headers: OPEN_TO_ALL })];
  await withServers(async () => {
    const page = await openApp(browser, own.url);
    await openRemote(page, cdn);
    own.asked.length = 0;
    await goRound(page);
    assert.deepEqual(own.asked, [], "nothing of the package comes from the page's own server");
    assert.ok(cdn.asked.some((path) => path.endsWith("/leader.js")));
  }, own, cdn);
});

test("workerUrl as a string, relative to the page, and as a URL of another origin", async () => {
  const [own, cdn] = [new Server(folder), new Server(folder, { headers: OPEN_TO_ALL })];
  await withServers(async () => {
    const page = await openApp(browser, own.url);
    const leader = await page.evaluate(() => performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/pool.js")).name);
    const path = new URL(leader.replace("/pool.js", "/leader.js")).pathname;
    const asked = (server) => server.asked.filter((name) => name === path).length;
    for (const url of [`.${path}`, `${cdn.url.slice(0, -1)}${path}`]) {
      await page.evaluate((url) => (window.workerUrl = url.startsWith(".") ? url : new URL(url)), url);
      own.asked.length = cdn.asked.length = 0;
      await goRound(page);
      assert.equal(asked(own) > 0, url.startsWith("."), url);
      assert.equal(asked(cdn) > 0, !url.startsWith("."), url);
    }
  }, own, cdn);
});

test("a workerUrl that is none is told; one that leads nowhere fails the start", async () => {
  const server = new Server(folder);
  await withServers(async () => {
    const page = await openApp(browser, server.url);
    const told = await page.evaluate(async () => {
      const told = [];
      for (const workerUrl of [7, {}, ["a.js"], () => "a.js", true, "http://[", "./nowhere.js"]) {
        const error = await window.app.Pool.start({ threads: 1, memory: { limit: "64MiB" }, workerUrl }).catch((error) => error);
        const { code, field, value, accepted } = error;
        told.push([code, field, value, accepted]);
      }
      return told;
    });
    const accepted = "the address of the worker's script, as a string or a URL";
    assert.deepEqual(told.slice(0, 6), ["7", "an object", "an array", "a function", "true", '"http://["'].map((value) => ["BadConfig", "workerUrl", value, accepted]));
    assert.equal(told[6][0], "StartFailed");
  }, server);
});
