// Takes the README's picture: the demo page after some recycles, while proofs are under way.

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

import { launch, LIMIT_MS, openPage } from "./harness.mjs";

const [file] = process.argv.slice(2);
if (!file) throw new Error("say where the picture goes: node picture.mjs FILE.png");
mkdirSync(dirname(file), { recursive: true });

const browser = await launch();
try {
  const page = await openPage(browser, "/");
  await page.setViewport({ width: 1100, height: 940, deviceScaleFactor: 1 });
  await page.waitForFunction(() => !document.querySelector("#start").disabled, { timeout: LIMIT_MS });
  await page.select("#limit", "256MiB");
  await page.click("#start");
  await page.waitForFunction(() => document.body.dataset.phase === "serving", { timeout: LIMIT_MS });
  await page.click("#prove-continuously");
  const until = (name, least) =>
    page.waitForFunction(
      (name, least) => Number.parseFloat(document.querySelector(`[data-stat="${name}"]`).textContent) >= least,
      { timeout: LIMIT_MS },
      name,
      least,
    );
  for (let recycle = 1; recycle <= 4; recycle++) {
    for (let leak = 0; leak < 3; leak++) {
      await page.click('[data-abuse="leak"]');
      await until("verified", recycle * 4 + leak);
    }
    await page.click("#recycle");
    await until("recycles", recycle);
  }
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: file });
} finally {
  await browser.close();
}
