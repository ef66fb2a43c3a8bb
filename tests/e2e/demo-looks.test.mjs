// How the demo's page looks and reads: both themes, from a phone to a wide screen, with a keyboard and a screen reader.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { comeBack, noComplaints, openDemo, phase, press, reaches, rest, set, until } from "./demo.mjs";
import { has, launch, needs, page, setUp } from "./harness.mjs";

setUp(openDemo);
noComplaints();

/** How bright the page's ground and its words are, from 0 to 255. */
const brightness = (of = page) =>
  of.evaluate(() => {
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

test("the page is as the visitor's system is, dark or light, a choice beats it; and nothing moves for who wants that", needs("preferences"), async () => {
  const own = has("emulation") ? undefined : await launch({ prefs: { "ui.systemUsesDarkTheme": 1, "ui.prefersReducedMotion": 1 } });
  const prefer = (scheme, motion) =>
    page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: motion }]);
  if (!own) await prefer("light", "no-preference");
  assert.ok(isLight(await brightness()), "light");
  if (!own) await prefer("dark", "reduce");
  try {
    const theirs = own ? await openDemo(own) : page;
    assert.ok(isDark(await brightness(theirs)), "dark");
    await theirs.select("#theme", "light");
    assert.ok(isLight(await brightness(theirs)), "light is chosen");
    await theirs.select("#theme", "system");
    assert.ok(isDark(await brightness(theirs)), "dark again");
    // The zoom is a row of single pictures then.
    const { widths, moving } = await theirs.evaluate(async () => {
      const { actions } = window.demo;
      const widths = [];
      const made = new Promise((resolve) => {
        actions.mandelbrot.addEventListener("result", ({ detail }) => widths.push(detail.view.width) === 2 && resolve());
      });
      document.querySelector("#threads").value = "2";
      await actions.work("mandelbrot", true);
      await made;
      const changing = [...document.querySelectorAll("button, path")].filter((element) => getComputedStyle(element).transitionDuration !== "0s");
      const moving = document.getAnimations().length + changing.length;
      await actions.exit();
      return { widths: widths.slice(0, 2), moving };
    });
    assert.equal(Math.max(...widths) / Math.min(...widths), 2, `${widths}`);
    assert.equal(moving, 0);
  } finally {
    if (own) await own.close();
    else await page.emulateMediaFeatures([]);
  }
});

/** Whether a plot has lines of this theme's colour, as those across it are. */
const isDrawnIn = (selector, theme) =>
  page.evaluate(
    (selector, lines) => {
      const canvas = document.querySelector(`${selector} canvas`);
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
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

/** The page in a frame, which can be of any width in every browser. */
const FRAME = "looked-at";

/** In the frame: `body(demo, document, argument)` of it. */
const inFrame = (body, argument) =>
  page.evaluate(
    (id, body, argument) => {
      const { contentWindow } = document.getElementById(id);
      return (0, eval)(body)(contentWindow.demo, contentWindow.document, argument);
    },
    FRAME,
    `(${body})`,
    argument,
  );

/** Until that is true. */
const untilInFrame = (body, argument) =>
  until(
    (id, body, argument) => {
      const { contentWindow } = document.getElementById(id);
      return contentWindow.demo && (0, eval)(body)(contentWindow.demo, contentWindow.document, argument);
    },
    FRAME,
    `(${body})`,
    argument,
  );

/** A phone, a tablet, screens. */
const WIDTHS = [360, 768, 1024, 1280, 1440, 2200];

/**
 * At each width: where each part of the page begins, and by how much it is wider than its screen.
 * @param {string} [badge] of the bare side, before the next frame draws what is so
 */
const places = (badge = "not started") =>
  page.evaluate(
    (id, widths, badge) => {
      const frame = document.getElementById(id);
      const { document: inner } = frame.contentWindow;
      inner.querySelector("#bare-badge").textContent = badge;
      return widths.map((width) => {
        frame.style.width = `${width}px`;
        const { scrollWidth, clientWidth, scrollTop } = inner.documentElement;
        const parts = ["#strip", "#stage", "#perennial-plot", "#bare-plot", "#desk", "#controls", "#inside", "#log", "#scenarios"];
        const tops = parts.map((part) => {
          // What sticks is where it would be if it did not.
          const top = part === "#strip" ? inner.querySelector(part).offsetHeight : inner.querySelector(part).getBoundingClientRect().top + scrollTop;
          return `${part} ${Math.round(top)}`;
        });
        return `${width}: ${scrollWidth - clientWidth} too wide, ${tops.join(", ")}`;
      });
    },
    FRAME,
    WIDTHS,
    badge,
  );

test("from a phone to a wide screen nothing is wider than it, and nothing moves, whatever happens", async () => {
  await page.evaluate((id) => {
    const frame = Object.assign(document.createElement("iframe"), { id, src: "/" });
    frame.style.cssText = "position: fixed; inset: 0 auto auto 0; z-index: 9; width: 1024px; height: 740px";
    document.body.append(frame);
  }, FRAME);
  await untilInFrame((_demo, document) => document.querySelector("#play").disabled === false);
  await inFrame((_demo, document) => {
    for (const [id, value] of [["threads", "4"], ["in-flight", "4"]]) {
      const input = document.querySelector(`#${id}`);
      input.value = value;
      for (const type of ["input", "change"]) input.dispatchEvent(new Event(type, { bubbles: true }));
    }
  });
  await untilInFrame((_demo, document) => document.querySelector("#tiles").childElementCount === 4 && document.querySelector("#proof-places").childElementCount === 4);
  const before = await places();
  assert.deepEqual(before.filter((line) => !line.includes(": 0 too wide")), []);

  // Work, and every way in which a call ends.
  await inFrame(async ({ actions }) => {
    await actions.work("mandelbrot", true);
    for (const name of ["panic", "trap"]) await actions.abuse(name);
    await actions.recycle();
    await actions.work("proofs", true);
  });
  await untilInFrame(({ actions }, document) => actions.proofs.inFlight > 0 && document.querySelectorAll("#settled li").length >= 3);
  await inFrame((_demo, document) => {
    document.querySelector("#limit").value = "512MiB";
    document.querySelector("#controls").dispatchEvent(new Event("input"));
  });
  assert.deepEqual(await places("frozen, 10 min 30 s"), before, "at work");

  // Each hint, and each caption.
  const hints = await inFrame((_demo, document) => [...document.querySelectorAll("[data-abuse]")].map((button) => button.dataset.abuse));
  for (const name of [hints.at(0), "overflow", hints.at(-1)]) {
    const words = await inFrame((_demo, document, name) => {
      document.querySelector(`[data-abuse="${name}"]`).focus({ preventScroll: true });
      return document.querySelector("#abuse-hint [data-shown]").id;
    }, name);
    assert.equal(words, `abuse-${name}`);
    assert.deepEqual(await places(), before, `the hint of ${name}`);
  }
  const captions = await inFrame(async ({ actions }) => {
    const { STORY } = await import("/js/scenarios.js");
    return STORY.steps.map((step) => step.say(actions));
  });
  await inFrame(async ({ story }) => {
    const { STORY } = await import("/js/scenarios.js");
    void story.play({ ...STORY, steps: STORY.steps.map(({ title }) => ({ title, say: () => title, until: () => false })) });
  });
  for (const caption of captions) {
    await inFrame(({ story }, _document, caption) => story.tell(caption), caption);
    assert.deepEqual(await places(), before, caption);
  }
  await inFrame(({ story }) => story.stop());

  // What is gone to, and what has the focus, is not under what sticks to the edge.
  for (const width of [WIDTHS[0], WIDTHS.at(-2)]) {
    const under = await page.evaluate(
      async (id, width, controls) => {
        const frame = document.getElementById(id);
        frame.style.width = `${width}px`;
        const { document: inner, location } = frame.contentWindow;
        const foot = () => inner.querySelector("#strip").getBoundingClientRect().bottom;
        const top = (selector) => inner.querySelector(selector).getBoundingClientRect().top;
        const found = [];
        for (const part of ["#desk", "#inside"]) {
          location.hash = part;
          if (top(part) < foot() || foot() < 0) found.push(part);
        }
        inner.documentElement.scrollTop = inner.documentElement.scrollHeight;
        for (const control of controls) {
          inner.querySelector(control).focus();
          if (top(control) < foot()) found.push(control);
        }
        location.hash = "";
        return found;
      },
      FRAME,
      width,
      has("scrollPadding") ? ["#log-text", "#threads", "#in-flight"] : [],
    );
    assert.deepEqual(under, [], `at ${width}`);
  }
  await page.evaluate((id) => document.getElementById(id).remove(), FRAME);
});

test("the keyboard reaches every control, and each shows its focus", needs("keyboard"), async () => {
  if (has("emulation")) await page.setViewport({ width: 1440, height: 900 });
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
  // By the keyboard, with no pool there yet: the button cannot be pressed while one starts, and has the focus again then.
  await until(() => document.querySelector('[data-abuse="panic"]').disabled === false);
  await page.$eval('[data-abuse="panic"]', (button) => {
    button.focus();
    button.click();
  });
  await until(() => window.demo.actions.abused.at(-1)?.name === "panic" && document.activeElement.dataset.abuse === "panic");
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
  await page.evaluate(() => (navigator.clipboard.writeText = async (text) => void (window.copied = text)));
  await press("#log-copy");
  await until(() => document.querySelector("#log-copied").textContent === "copied");
  const copied = (await page.evaluate(() => window.copied)).split("\n").filter(Boolean);
  assert.ok(copied.length === died.length && copied.every((line) => /^[\d:]+ pool: .*died/.test(line)), copied.join("\n"));
  await set("#log-text", "");
  await page.click("#log-bad");
  await until((all) => document.querySelector("#log").childElementCount < all, all.length);
  assert.ok(await page.$eval("#log", (list) => [...list.children].every((line) => line.dataset.tone === "bad") && list.childElementCount > 0));
  await page.click("#log-bad");
  await rest();
});
