// Takes the README's pictures, one of each theme: the demo's page while a leak is outlived on one side, and not on the other.

import { join } from "node:path";

import { launch, LIMIT_MS } from "./harness.mjs";
import { openDemo } from "./demo.mjs";

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("say where the pictures go: node picture.mjs FOLDER");

/** As many show the saw, and so long after its end the other side's way to its limit is still in the plot. */
const RECYCLES = 4;
const LOST_MS = 35_000;
const FILES = { light: "demo.png", dark: "demo-dark.png" };

const browser = await launch();
try {
  const page = await openDemo(browser);
  await page.setViewport({ width: 1280, height: 1130, deviceScaleFactor: 1 });
  await page.select("#theme", "system");
  await page.evaluate(() => {
    document.querySelector("#threads").value = "2";
    location.hash = "#leak";
  });
  await page.waitForFunction(
    (least, lostMs) => {
      const { pool, bare } = window.demo;
      return pool?.health().counters.recycles >= least && bare.isLost && performance.now() - bare.state.since >= lostMs;
    },
    { timeout: LIMIT_MS },
    RECYCLES,
    LOST_MS,
  );
  for (const [scheme, file] of Object.entries(FILES)) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.evaluate(async () => {
      scrollTo(0, 0);
      // The plots are drawn anew, in the theme's colours.
      for (let frame = 0; frame < 30; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    });
    await page.screenshot({ path: join(folder, file) });
  }
} finally {
  await browser.close();
}
