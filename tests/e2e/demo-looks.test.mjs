// How the demo's page looks and reads: both themes, from a phone to a wide screen, with a keyboard and a screen reader.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { comeBack, noComplaints, openDemo, phase, press, reaches, rest, set, until } from "./demo.mjs";
import { needs, page, setUp } from "./harness.mjs";

setUp(openDemo);
noComplaints();

/** How bright the page's ground and its words are, from 0 to 255. */
const brightness = () =>
  page.evaluate(() => {
    const style = getComputedStyle(document.body);
    const mean = (colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
    return { ground: mean(style.backgroundColor), ink: mean(style.color) };
  });

const isLight = ({ ground, ink }) => ground > 200 && ink < 80;
const isDark = ({ ground, ink }) => ground < 50 && ink > 180;

/** What axe finds: rules with the places that break them. */
async function broken() {
  const file = process.env.PERENNIAL_AXE;
  if (!file) throw new Error("PERENNIAL_AXE is not set: run these tests with `cargo xtask test`");
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate((source) => (0, eval)(source) && undefined, await readFile(file, "utf8"));
  return page.evaluate(async () => {
    // The bare side's frame holds pictures alone, and waits for no one.
    const { violations } = await window.axe.run(document, { iframes: false, resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  });
}

test("the page follows the system's theme, and a visitor's own choice beats it", needs("emulation"), async () => {
  for (const [scheme, fits] of [["light", isLight], ["dark", isDark]]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    assert.ok(fits(await brightness()), `${scheme}: ${JSON.stringify(await brightness())}`);
  }
  await page.select("#theme", "light");
  assert.ok(isLight(await brightness()));
  await page.select("#theme", "system");
  assert.ok(isDark(await brightness()));
});

/** Whether a plot has lines of this theme's colour, as those across it are. */
const isDrawnIn = (selector, theme) =>
  page.evaluate(
    (selector, lines) => {
      const canvas = document.querySelector(`${selector} canvas`);
      const pixels = canvas?.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      let found = 0;
      for (let at = 0; at < pixels.length; at += 4) if (lines.every((part, index) => pixels[at + index] === part)) found++;
      return found > 100;
    },
    selector,
    LINES[theme],
  );

/** `--line` of each theme, and opaque. */
const LINES = { light: [0xdc, 0xdd, 0xd1, 255], dark: [0x2b, 0x35, 0x2f, 255] };

test("both themes can be chosen, and the choice is remembered, in the plots too", async () => {
  for (const [theme, fits] of [["light", isLight], ["dark", isDark]]) {
    await page.select("#theme", theme);
    assert.ok(fits(await brightness()), theme);
    await comeBack();
    assert.ok(fits(await brightness()), `${theme}, remembered`);
    for (const plot of ["#perennial-plot", "#bare-plot"]) {
      await until((plot) => document.querySelector(`${plot} canvas`), plot);
      assert.deepEqual([await isDrawnIn(plot, "light"), await isDrawnIn(plot, "dark")], [theme === "light", theme === "dark"], `${plot}, ${theme}`);
    }
  }
  await page.select("#theme", "system");
});

test("assistive technology finds nothing amiss, at rest and at work, in both themes", async () => {
  assert.deepEqual(await broken(), []);
  await set("#threads", "2");
  await press('[data-work="proofs"]');
  await reaches("done", 3);
  for (const theme of ["dark", "light"]) {
    await page.select("#theme", theme);
    assert.deepEqual(await broken(), [], theme);
  }
  await page.select("#theme", "system");
  await rest();
});

test("nothing is wider than its screen, from a phone to a wide one, and nothing moves when the pool starts", needs("emulation"), async () => {
  for (const [width, height] of [[360, 740], [768, 1024], [1440, 900], [2200, 1200]]) {
    await page.setViewport({ width, height });
    const wide = await page.evaluate(() => ({ page: document.documentElement.scrollWidth, screen: innerWidth }));
    assert.equal(wide.page, wide.screen, `at ${width}`);
    const places = () =>
      page.evaluate(() => ["#stage", "#perennial-plot", "#bare-plot", "#desk"].map((id) => Math.round(document.querySelector(id).getBoundingClientRect().top + scrollY)));
    const before = await places();
    await press('[data-work="mandelbrot"]');
    await reaches("done", 2);
    await press("#recycle-now");
    await until(() => window.demo.pool.health().counters.recycles > 0);
    assert.deepEqual(await places(), before, `at ${width}`);
    await rest();
  }
});

test("a visitor who prefers reduced motion sees none", needs("emulation"), async () => {
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  const moving = () => page.evaluate(() => document.getAnimations().length + [...document.querySelectorAll("button, path")].filter((element) => getComputedStyle(element).transitionDuration !== "0s").length);
  assert.equal(await moving(), 0);
  await page.emulateMediaFeatures([]);
});

test("the keyboard reaches every control, and each shows its focus", needs("emulation"), async () => {
  await page.setViewport({ width: 1440, height: 900 });
  await press("#start");
  await phase("serving");
  await page.evaluate(() => {
    document.activeElement?.blur();
    getSelection()?.removeAllRanges();
    scrollTo(0, 0);
  });
  const wanted = await page.evaluate(() => {
    const all = [...document.querySelectorAll("a[href], button, input, select, [tabindex='0']")];
    const usable = all.filter((element) => !element.disabled && element.checkVisibility());
    usable.forEach((element, index) => (element.dataset.order = String(index)));
    return usable.length;
  });
  const seen = new Set();
  for (let press = 0; press < wanted + 15 && seen.size < wanted; press++) {
    await page.keyboard.press("Tab");
    const [order, outline] = await page.evaluate(() => {
      const element = document.activeElement;
      return [element.dataset.order, getComputedStyle(element).outlineStyle];
    });
    if (order == null) continue;
    seen.add(order);
    assert.notEqual(outline, "none", `${order} shows its focus`);
  }
  assert.equal(seen.size, wanted);
  await rest();
});

test("the log is filtered by kind, tone and words, and copied", async () => {
  await set("#threads", "2");
  await press("#start");
  await phase("serving");
  await press('[data-abuse="panic"]');
  await until(() => window.demo.actions.abused.at(-1)?.name === "panic");
  await press('[data-abuse="trap"]');
  await until(() => [...document.querySelectorAll("#log li")].some((line) => /died/.test(line.textContent)));
  const shown = () => page.$eval("#log", (list) => [...list.children].map((line) => line.textContent));
  const all = await shown();
  await page.select("#log-kind", "abuse");
  const abuse = await shown();
  assert.ok(abuse.length >= 2 && abuse.length < all.length, `${abuse.length} of ${all.length}`);
  await page.select("#log-kind", "");
  await set("#log-text", "DIED");
  const died = await shown();
  assert.ok(died.length >= 1 && died.every((line) => /died/i.test(line)), died.join("\n"));
  assert.equal(await page.$eval("#log-count", (output) => output.textContent), `${died.length} ${died.length === 1 ? "event" : "events"}`);
  await press("#log-copy");
  await until(() => /copied|selected/.test(document.querySelector("#log-count").textContent));
  await set("#log-text", "");
  await rest();
});
