// @ts-check
// Puts the page together.

import { Actions } from "./actions.js";
import { BareSide } from "./bare-side.js";
import { BareColumn, PoolColumn } from "./columns.js";
import { chosen, Controls } from "./controls.js";
import { byId, make } from "./dom.js";
import { codeOf, describe } from "./format.js";
import { Frame } from "./frame.js";
import { keepWorkers } from "./kill.js";
import { Log, LogView } from "./log.js";
import { showNumbers } from "./numbers.js";
import { PoolSide } from "./pool-side.js";
import { Results } from "./results.js";
import { SCENARIOS, scenarioOf, STORY } from "./scenarios.js";
import { Story } from "./story.js";
import { Strip } from "./strip.js";
import { initTheme } from "./theme.js";
import { showThreads } from "./tiles.js";
import { notStarted, showTrouble } from "./trouble.js";

/** How often both sides are looked at. */
const SAMPLE_MS = 100;
/** Kept for threads to come; there may be more threads. */
const TILES_MAX = 64;

const frame = new Frame();
const log = new Log();
const strip = new Strip();
const pool = new PoolSide(log);
const bare = new BareSide(byId("bare", HTMLElement), log);
/** While the story is told, nothing but an error speaks in between. @type {typeof strip.say} */
const say = (text, tone, code) => {
  if (!story.isPlaying || tone === "bad") strip.say(text, tone, code);
};
const actions = new Actions({ pool, bare, log, say, settings: chosen, canvas: byId("mandelbrot-canvas", HTMLCanvasElement) });
const story = new Story(actions, (text, tone) => {
  strip.say(text, tone);
  log.add("story", text, tone);
});
const columns = [new PoolColumn(pool), new BareColumn(bare)];

/**
 * Does what a visitor asked for, and tells an error where they look.
 * @param {() => Promise<unknown>} work
 */
async function attempt(work) {
  try {
    await work();
    showTrouble(undefined);
  } catch (error) {
    const code = codeOf(error);
    const words = describe(error);
    say(words, "bad", code);
    log.add("pool", words, "bad");
    if (code === "StartFailed" || code === "BadConfig" || code === "NotIsolated") showTrouble(notStarted(words));
  }
  frame.ask();
}

const controls = new Controls(actions, attempt);
const results = new Results(actions);
const logView = new LogView(
  log,
  {
    form: byId("filter", HTMLFormElement),
    kind: byId("log-kind", HTMLSelectElement),
    text: byId("log-text", HTMLInputElement),
    bad: byId("log-bad", HTMLInputElement),
    copy: byId("log-copy", HTMLButtonElement),
    count: byId("log-count", HTMLElement),
    copied: byId("log-copied", HTMLElement),
    list: byId("log", HTMLElement),
  },
  () => frame.ask(),
);

frame.add((now) => {
  for (const column of columns) column.draw(now);
  controls.draw();
  showNumbers(actions);
  const { threads } = pool.serving && pool.settings ? pool.settings : chosen();
  showThreads(byId("tiles", HTMLElement), pool.health?.threads ?? [], (generation) => pool.hueOf(generation), Math.min(threads || 1, TILES_MAX));
  results.draw();
  logView.draw();
});

function listScenarios() {
  const items = SCENARIOS.map(({ name, title, hint }) => {
    const link = make("a", {}, make("strong", { text: title }), make("span", { class: "hint", text: hint }), make("br"), make("code", { text: `#${name}` }));
    link.setAttribute("href", `#${name}`);
    return make("li", {}, link);
  });
  byId("scenario-list", HTMLElement).append(...items);
}

/** Plays what the address names, if that is a scenario. */
function followAddress() {
  const scenario = scenarioOf(location.hash);
  if (!scenario) return;
  history.replaceState({ isPlayed: true }, "");
  byId("strip", HTMLElement).scrollIntoView();
  void attempt(() => story.play(scenario));
}

/** Loads the package; from then on everything works. */
export async function open() {
  keepWorkers();
  initTheme(byId("theme", HTMLSelectElement), () => {
    const { theme } = document.documentElement.dataset;
    bare.theme(theme === "light" || theme === "dark" ? theme : "");
    for (const { plot } of columns) plot.recolour();
    frame.ask();
  });
  listScenarios();
  strip.follow(story);
  // What it waits for would never come. And first: by what the exit ends, the story's next deed would begin.
  byId("exit", HTMLButtonElement).addEventListener("click", () => story.stop(), { capture: true });
  for (const source of [pool, bare, actions, story]) source.addEventListener("change", () => frame.ask());
  // For end-to-end tests, and the only thing that this page puts on `window`.
  Object.assign(window, { demo: { get pool() { return pool.pool; }, actions, bare, story, log } });
  await pool.load();
  say("Everything is loaded. Play the story, or take the controls.");
  const play = byId("play", HTMLButtonElement);
  play.disabled = false;
  play.addEventListener("click", () => {
    // The address then names what is shown, so that it can be handed on.
    if (location.hash === `#${STORY.name}`) followAddress();
    else location.hash = STORY.name;
  });
  // A link to the scenario that the address names already changes nothing there.
  byId("scenario-list", HTMLElement).addEventListener("click", ({ target }) => {
    const link = target instanceof Element ? target.closest("a") : null;
    if (link && link.hash === location.hash) followAddress();
  });
  addEventListener("hashchange", () => {
    // Who goes back to what was played wants the page as it was.
    if (!history.state?.isPlayed) followAddress();
  });
  setInterval(() => {
    const now = performance.now();
    pool.sample(now);
    bare.sample(now);
    frame.ask();
  }, SAMPLE_MS);
  followAddress();
}
