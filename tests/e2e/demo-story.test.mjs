// The demo's story and scenarios, each from its link.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bareIs, noComplaints, openDemo, phase, press, rest, until } from "./demo.mjs";
import { page, setUp } from "./harness.mjs";

// Nobody reads along.
setUp(async (browser) => {
  const page = await openDemo(browser);
  await page.evaluate(() => {
    window.demo.story.wordMs = 0;
    document.querySelector("#threads").value = "2";
  });
  return page;
});

noComplaints();

/** Notes each caption, from now on. */
const captions = () =>
  page.evaluate(() => {
    window.told = [];
    const { log } = window.demo;
    const { onEntry } = log;
    log.onEntry = (entry) => {
      if (entry.kind === "story") window.told.push(entry);
      onEntry(entry);
    };
  });

test("the story plays from one click to its end: work, leak, recycle, trap, recovery", async () => {
  await captions();
  await press("#play");
  await until(() => window.demo.story.isPlaying);
  await until(() => !window.demo.story.isPlaying);
  const { steps, told, health, lost, bare, address, leaks } = await page.evaluate(() => ({
    steps: [...document.querySelectorAll("#steps li")].map((step) => [step.textContent, step.dataset.done]),
    told: window.told,
    health: window.demo.pool.health(),
    lost: window.demo.actions.lost,
    bare: window.demo.bare.state.status,
    address: location.hash,
    leaks: window.demo.actions.leak.running,
  }));
  assert.deepEqual(steps.map(([title]) => title), ["Work", "Leak", "Recycle", "The wall", "Trap", "Recovery", "The end"]);
  assert.ok(steps.every(([, done]) => done === "true"));
  assert.equal(told.filter(({ tone }) => tone === "bad").length, 0, "nothing came late");
  assert.match(told.at(-1).text, /^perennial: \d+ jobs done, 0 jobs of the work lost, \d+ recycles?, /);
  assert.ok(health.counters.recycles >= 2 && health.counters.lost >= 1, JSON.stringify(health.counters));
  assert.equal(health.phase, "serving");
  assert.equal(lost, 0);
  assert.ok(["frozen", "dead"].includes(bare), bare);
  assert.equal(address, "#story");
  assert.equal(leaks, false);
  await rest();
});

test("a scenario can be paused, hurried on and stopped", async () => {
  await page.evaluate(() => {
    const { story } = window.demo;
    const step = (title, until) => ({ title, say: () => title, until });
    window.come = false;
    const steps = [step("First", () => window.come), step("Second", () => false), step("Third", () => false)];
    story.play({ name: "own", title: "Own", hint: "", steps });
  });
  const current = () => page.$eval('#steps [aria-current="step"]', (step) => step.textContent);
  await press("#pause");
  assert.equal(await page.$eval("#pause", (button) => button.textContent), "Go on");
  // What the first step waits for comes, and is looked for again and again.
  await page.evaluate(async () => {
    window.come = true;
    for (let look = 0; look < 3; look++) await new Promise((resolve) => window.demo.actions.pool.addEventListener("change", resolve, { once: true }));
  });
  assert.equal(await current(), "First");
  await press("#pause");
  await until(() => window.demo.story.index === 1);
  await press("#skip");
  await until(() => window.demo.story.index === 2);
  assert.equal(await current(), "Third");
  await press("#stop");
  await until(() => !window.demo.story.isPlaying && document.querySelector("#stop").disabled);
});

test("a scenario that is stopped, hurried on or overtaken by an exit does nothing more", async () => {
  /**
   * Plays this step of the story alone, as the page's own module has it, presses a button once the bare side loads or the leak
   * runs, and waits for the end. `loads`: the bare side does so already, so that it is pressed before the step's own first deed.
   */
  const leave = (title, button, loads = false) =>
    page.evaluate(
      async (title, button, loads) => {
        const { STORY } = await import("/js/scenarios.js");
        const { actions, bare, story } = window.demo;
        if (loads) void actions.reloadBare();
        const pressing = new Promise((resolve) => {
          const press = () => {
            if (bare.state.status !== "loading" && !actions.leak.running) return;
            for (const source of [bare, actions]) source.removeEventListener("change", press);
            // Not in the midst of what loads it.
            queueMicrotask(() => resolve(document.querySelector(button).click()));
          };
          for (const source of [bare, actions]) source.addEventListener("change", press);
        });
        const playing = story.play({ ...STORY, steps: STORY.steps.filter((step) => step.title === title) });
        await Promise.all([playing, pressing]);
      },
      title,
      button,
      loads,
    );
  const traps = () => page.evaluate(() => window.demo.log.entries.filter(({ text }) => text.startsWith("Trap, on both sides")).length);
  const drawn = () => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))));
  const start = async () => {
    await press("#start");
    await phase("serving");
    await bareIs("working");
  };
  await start();
  const before = await traps();

  await leave("Leak", "#stop");
  assert.deepEqual(await page.evaluate(() => [window.demo.actions.leak.running, window.demo.actions.leak.rate]), [false, 0]);
  for (const button of ["#stop", "#skip"]) {
    await leave("Trap", button);
    await bareIs("working");
    await drawn();
    assert.equal(await traps(), before, button);
  }
  for (const loads of [false, true]) {
    if (loads) await start();
    await leave("Trap", "#exit", loads);
    await phase("exited");
    await drawn();
    assert.equal(await traps(), before);
    assert.equal(await page.evaluate(() => `${document.body.dataset.phase} ${document.body.dataset.bare}`), "exited none", `${loads}`);
  }
});

test("each scenario has a link on the page, and its link plays it", async () => {
  const links = await page.$eval("#scenario-list", (list) => [...list.querySelectorAll("a")].map((link) => link.getAttribute("href")));
  for (const name of ["#story", "#proofs", "#mandelbrot", "#photo", "#leak", "#recycle", "#panic", "#exhaust", "#trap", "#overflow", "#loop", "#kill"]) {
    assert.ok(links.includes(name), `${name} of ${links}`);
  }
  for (const link of links) {
    await page.evaluate((link) => document.querySelector(`#scenario-list [href="${link}"]`).click(), link);
    await until((name) => window.demo.story.isPlaying && window.demo.story.scenario?.name === name, link.slice(1));
    await press("#stop");
    await until(() => !window.demo.story.isPlaying);
  }
  await rest();
});

test("who goes back to a scenario that was played has it not played again", async () => {
  await page.evaluate(() => (location.hash = "#recycle"));
  await until(() => window.demo.story.isPlaying && window.demo.story.scenario?.name === "recycle");
  await press("#stop");
  const isPlaying = await page.evaluate(async () => {
    const changed = () => new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
    const there = changed();
    location.hash = "#desk";
    await there;
    const back = changed();
    history.back();
    await back;
    return window.demo.story.isPlaying;
  });
  assert.deepEqual([isPlaying, await page.evaluate(() => location.hash)], [false, "#recycle"]);
  await rest();
});

test("what the captions say of the bare side is so, however it fares", async () => {
  const told = await page.evaluate(async () => {
    const { SCENARIOS, STORY } = await import("/js/scenarios.js");
    const wall = STORY.steps.find(({ title }) => title === "The wall");
    const says = (state) => wall.say({ bare: { isLost: !["working", "none"].includes(state.status), state: { words: "WORDS.", reservedBytes: 2 ** 27, limitBytes: 2 ** 28, ...state } } });
    return { words: ["working", "none", "failed", "dead"].map((status) => says({ status })), scenarios: SCENARIOS.length };
  });
  const [working, none, failed, dead] = told.words;
  assert.match(working, /still works.* 128 MiB of 256 MiB/);
  assert.match(none, /switched off/);
  assert.match(failed, /no part in this: WORDS/);
  assert.match(dead, /WORDS\..* 128 MiB of 256 MiB, and only a reload helps/);
});

test("a page that is opened by a scenario's link plays it", async () => {
  const { opened } = await page.evaluate(async () => {
    const frame = document.createElement("iframe");
    frame.src = "/#recycle";
    document.body.append(frame);
    const settled = (look) =>
      new Promise((resolve) => {
        const again = () => (look() ? resolve(undefined) : requestAnimationFrame(again));
        again();
      });
    await settled(() => frame.contentWindow.demo?.story.scenario);
    const opened = frame.contentWindow.demo.story.scenario.name;
    frame.remove();
    return { opened };
  });
  assert.equal(opened, "recycle");
});
