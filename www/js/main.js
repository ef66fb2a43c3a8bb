// @ts-check
import { byId, setText } from "./dom.js";
import { bytes, codeOf, describe, duration, hex } from "./format.js";
import { keysFor } from "./keys.js";
import { Log } from "./log.js";
import { MemoryHistory, hueOf } from "./memory-history.js";
import { MemoryPlot } from "./memory-plot.js";
import { showProofs } from "./proof-bars.js";
import { showThreads } from "./thread-tiles.js";
import { Proofs } from "./work/proofs.js";
/** @import { Package, Pool, PoolOptions, Proof, RecycleEnd } from "./types.js" */

const SAMPLE_MS = 250;
const MIB = 1024 * 1024;

const controls = byId("controls", HTMLFormElement);
const settings = byId("settings", HTMLFieldSetElement);
const startButton = byId("start", HTMLButtonElement);
const onceButton = byId("prove-once", HTMLButtonElement);
const continuousButton = byId("prove-continuously", HTMLButtonElement);
const recycleButton = byId("recycle", HTMLButtonElement);
const exitButton = byId("exit", HTMLButtonElement);
const abuse = byId("abuse", HTMLElement);
const inFlight = byId("in-flight", HTMLInputElement);
const status = byId("status", HTMLElement);

const log = new Log(byId("log", HTMLElement));
const history = new MemoryHistory();
const plot = new MemoryPlot(byId("memory-plot", HTMLElement), byId("memory-legend", HTMLElement));
const proofs = new Proofs(null);
const run = (/** @type {Parameters<Pool["run"]>} */ ...call) => /** @type {Pool} */ (pool).run(...call);

/** Null until it is loaded and ready. @type {Package | null} */
let perennial = null;
/** @type {Pool | null} */
let pool = null;
/** The settings that `pool` was started with. */
let startedWith = "";
let recycles = 0;
/** What this page is doing to the pool; while it does, no button starts another. */
let doing = /** @type {"" | "starting" | "recycling" | "exiting"} */ ("");
let serving = false;

// For end-to-end tests, and the only thing this page puts on `window`.
Object.assign(window, {
  demo: {
    get pool() {
      return pool;
    },
  },
});

/**
 * @param {string} text
 * @param {"plain" | "good" | "bad"} [tone]
 */
function say(text, tone = "plain") {
  setText(status, text);
  status.dataset.tone = tone;
  log.add(text, tone);
}

/** @param {unknown} error */
function sayError(error) {
  const code = codeOf(error);
  if (code) status.dataset.code = code;
  say(describe(error), "bad");
}

function showControls() {
  document.body.dataset.phase = doing || (serving ? "serving" : pool ? "exited" : "none");
  const usable = serving && !doing;
  settings.disabled = serving || doing !== "" || !perennial;
  startButton.disabled = settings.disabled;
  recycleButton.disabled = exitButton.disabled = onceButton.disabled = !usable;
  // Stopping stays possible while the pool is recycled.
  continuousButton.disabled = !(usable || (serving && doing === "recycling"));
  continuousButton.dataset.on = String(proofs.running);
  setText(continuousButton, proofs.running ? "Stop proving" : "Prove continuously");
  for (const button of abuse.querySelectorAll("button")) button.disabled = !usable;
}

function showFigures() {
  stat("made", String(proofs.made));
  stat("verified", String(proofs.verified));
  stat("lost", String(proofs.lost)).dataset.tone = proofs.lost ? "bad" : "plain";
  stat("failed", String(proofs.failed)).dataset.tone = proofs.failed ? "bad" : "plain";
  stat("in-flight", String(proofs.inFlight));
  stat("recycles", String(recycles));
}

/**
 * @param {string} name
 * @param {string} text
 */
function stat(name, text) {
  const element = /** @type {HTMLElement} */ (document.querySelector(`[data-stat="${name}"]`));
  setText(element, text);
  return element;
}

/** @param {number} now */
function showHealth(now) {
  const health = serving || doing ? pool?.health() : undefined;
  if (serving && !doing && (health?.phase === "exited" || health?.phase === "failed")) {
    serving = false;
    proofs.stop();
    say("The pool has ended by itself. Start it again.", "bad");
  }
  if (now - sampledAt >= SAMPLE_MS * 0.9) {
    sampledAt = now;
    history.sample(health?.generations ?? [], now);
    plot.draw(history.lives, now);
  }
  showThreads(byId("thread-tiles", HTMLElement), health?.threads ?? [], hueOf);
}

/**
 * Does one thing to the pool, and tells how it went.
 * @param {"starting" | "recycling" | "exiting"} what
 * @param {() => Promise<unknown>} work
 */
async function whileDoing(what, work) {
  if (doing) return;
  doing = what;
  const focused = document.activeElement;
  delete status.dataset.code;
  showControls();
  try {
    await work();
  } catch (error) {
    sayError(error);
  } finally {
    doing = "";
    showControls();
    if (focused instanceof HTMLButtonElement) keepFocus(focused);
  }
}

/**
 * A button that is disabled while it works loses the focus. It gets it back, or the next step does.
 * @param {HTMLButtonElement} button
 */
function keepFocus(button) {
  const focused = document.activeElement;
  if (focused !== button && focused !== document.body) return;
  const next = [button, continuousButton, startButton].find((candidate) => !candidate.disabled);
  next?.focus({ preventScroll: true });
}

/** @param {Package} perennial */
async function start({ Pool }) {
  const depth = Number(byId("depth", HTMLSelectElement).value);
  const limit = byId("limit", HTMLSelectElement).value;
  const threads = byId("threads", HTMLInputElement).valueAsNumber;
  const began = performance.now();
  const wanted = JSON.stringify({ depth, limit, threads });
  const options = /** @type {PoolOptions} */ ({ threads, memory: { limit } });
  if (pool && wanted === startedWith) {
    say("Starting the pool again…");
    await pool.init();
  } else {
    say(`Making the keys for a tree of depth ${depth}, once…`);
    const keys = await keysFor(Pool, depth, options);
    say(`Starting a pool with a proving key of ${bytes(keys.provingKey.length)}…`);
    history.newEra();
    pool = await Pool.start({ ...options, input: keys.provingKey });
    startedWith = wanted;
    listen(pool);
    proofs.use(keys);
    log.add(`The circuit has ${keys.constraints} constraints, the group ${keys.members} members.`);
  }
  serving = true;
  say(`The pool serves on ${threads} threads, ready after ${duration(performance.now() - began)}. Make proofs.`, "good");
}

/** @param {Pool} started */
function listen(started) {
  started.addEventListener("recycleend", (event) => {
    const detail = /** @type {CustomEvent<RecycleEnd>} */ (event).detail;
    recycles += 1;
    stat("pause", duration(detail.pauseMs));
    stat("freed", bytes(detail.bytesFreed));
    showFigures();
    say(
      `Generation ${detail.from} gave way to ${detail.to} (${detail.reason}): ` +
        `a pause of ${duration(detail.pauseMs)}, ${bytes(detail.bytesFreed)} given back.`,
      "good",
    );
  });
  const told = /** @type {[string, string, "plain" | "bad"][]} */ ([
    ["recyclestart", "A new generation is growing beside the old one.", "plain"],
    ["pressure", "Memory is getting short.", "plain"],
    ["generationlost", "A generation was lost. The pool replaces it.", "bad"],
    ["degraded", "The pool is degraded: too many generations died or failed to start.", "bad"],
    ["recovered", "The pool has recovered.", "plain"],
    ["backpressure", "The queue is nearly full.", "plain"],
  ]);
  for (const [name, words, tone] of told) started.addEventListener(name, () => log.add(words, tone));
  started.addEventListener("report", () => schedule());
  started.addEventListener("exit", () => {
    serving = false;
    proofs.stop();
    showControls();
  });
}

async function exit() {
  proofs.stop();
  say("What is under way ends first…");
  await pool?.exit();
  serving = false;
  say("The pool has exited: no worker and no memory of it is left. Start it again any time.", "good");
}

/** What the page can do to the pool, and what should come of it. */
const abuses = /** @type {Record<string, [task: string, argument: unknown]>} */ ({
  leak: ["leak", 50 * MIB],
  touch: ["touch", 200 * MIB],
  panic: ["panic_deep", undefined],
  exhaust: ["exhaust", 64 * 1024],
});

/** @param {string} name */
async function abuseBy(name) {
  const [task, argument] = abuses[name];
  log.add(`Running "${task}" beside the proofs.`);
  try {
    await pool?.run(task, argument);
    log.add(`"${task}" has ended.`);
  } catch (error) {
    log.add(`"${task}" ended as it should: ${describe(error)}`, "good");
  }
}

let sampledAt = 0;
let scheduled = false;

/** Draws at most once a frame, however many reports come in. */
function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame((now) => {
    scheduled = false;
    showProofs(byId("proofs", HTMLElement), proofs.places);
    showFigures();
    showHealth(now);
  });
}

controls.addEventListener("submit", (event) => {
  event.preventDefault();
  const loaded = perennial;
  if (loaded && !startButton.disabled) void whileDoing("starting", () => start(loaded));
});
recycleButton.addEventListener("click", () => void whileDoing("recycling", async () => pool?.recycle()));
exitButton.addEventListener("click", () => void whileDoing("exiting", exit));
onceButton.addEventListener("click", () => void proofs.once(run));
continuousButton.addEventListener("click", () => {
  if (proofs.running) return proofs.stop();
  if (!inFlight.reportValidity()) return;
  proofs.setInFlight(inFlight.valueAsNumber);
  proofs.start(run);
});
inFlight.addEventListener("change", () => {
  if (inFlight.reportValidity() && !proofs.running) proofs.setInFlight(inFlight.valueAsNumber);
});
abuse.addEventListener("click", (event) => {
  const name = event.target instanceof HTMLButtonElement ? event.target.dataset.abuse : undefined;
  if (name) void abuseBy(name);
});
proofs.addEventListener("change", () => {
  showControls();
  schedule();
});
proofs.addEventListener("result", (event) => {
  const { number, proof } = /** @type {CustomEvent<{ number: number, proof: Proof }>} */ (event).detail;
  setText(byId("last-proof", HTMLElement), `${proof.bytes.length} bytes, ${hex(proof.bytes)}`);
  log.add(`Proof ${number} made in ${duration(proof.milliseconds)} and verified.`);
});
proofs.addEventListener("failure", (event) => {
  const { number, error } = /** @type {CustomEvent<{ number: number, error: unknown }>} */ (event).detail;
  log.add(`Proof ${number} failed.`, "bad");
  sayError(error);
});

async function boot() {
  byId("threads", HTMLInputElement).value = String(navigator.hardwareConcurrency || 2);
  proofs.setInFlight(inFlight.valueAsNumber);
  schedule();
  if (!window.crossOriginIsolated) {
    say(
      "This page is not cross-origin isolated, so the browser gives it no memory that threads can share. Serve it from " +
        "https or localhost with the headers Cross-Origin-Opener-Policy: same-origin and " +
        "Cross-Origin-Embedder-Policy: require-corp. `cargo xtask demo` does so.",
      "bad",
    );
    return;
  }
  try {
    // Not a plain import: a package that is missing should be told in words.
    const loaded = /** @type {Package} */ (await import("../pkg/perennial_demo.js"));
    await loaded.default({ memory: loaded.pageMemory() });
    perennial = loaded;
  } catch (error) {
    say(
      `The package did not load: ${describe(error)} Build it and serve this page with \`cargo xtask demo\`; ` +
        "an older browser may lack shared WebAssembly memory.",
      "bad",
    );
    return;
  }
  showControls();
  setInterval(schedule, SAMPLE_MS);
  say("Ready. Press Start.");
}

void boot();
