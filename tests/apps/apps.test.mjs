// The same package without a bundler, with Vite, webpack and esbuild; at the root of a server and below it.

import { after, before, describe, test } from "node:test";

import { launch } from "../e2e/harness.mjs";
import { buildWithEsbuild, buildWithVite, buildWithWebpack, install, serveWithVite } from "./build.mjs";
import { goRound, openApp } from "./page.mjs";
import { Server } from "./server.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function works(url) {
  const page = await openApp(browser, url);
  try {
    await goRound(page);
  } finally {
    await page.close();
  }
}

async function worksServed(folder, base) {
  const server = await new Server(folder, { base }).start();
  try {
    await works(server.url);
  } finally {
    await server.stop();
  }
}

for (const base of ["/", "/deep/below/"]) {
  describe(`at ${base}`, () => {
    test("without a bundler", async () => worksServed(await install("plain"), base));

    test("Vite's dev server", async () => {
      const server = await serveWithVite(await install("vite"), base);
      try {
        await works(server.url);
      } finally {
        await server.close();
      }
    });

    test("built by Vite", async () => worksServed(await buildWithVite(await install("vite"), base), base));

    test("built by webpack", async () => worksServed(await buildWithWebpack(await install("webpack")), base));

    test("built by esbuild, with workerUrl", async () => worksServed(await buildWithEsbuild(await install("esbuild")), base));
  });
}
