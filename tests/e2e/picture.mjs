// Takes the README's pictures, one of each theme: the demo's page while a leak is outlived on one side, and not on the other.

import { join } from "node:path";

import { launch, LIMIT_MS } from "./harness.mjs";
import { openDemo } from "./demo.mjs";

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("say where the pictures go: node picture.mjs FOLDER");

/** As many recycles fill most of the plot. */
const RECYCLES = 7;
const FILES = { light: "demo.png", dark: "demo-dark.png" };

const browser = await launch();
try {
  const page = await openDemo(browser);
  await page.setViewport({ width: 1280, height: 1010, deviceScaleFactor: 1 });
  await page.select("#theme", "system");
  await page.evaluate(() => {
    document.querySelector("#threads").value = "2";
    location.hash = "#leak";
  });
  await page.waitForFunction(
    (least) => window.demo.pool?.health().counters.recycles >= least && window.demo.bare.isLost,
    { timeout: LIMIT_MS },
    RECYCLES,
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
