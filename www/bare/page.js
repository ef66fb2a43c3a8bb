// @ts-check
// The page of bare wasm-bindgen-rayon, in an iframe: it gives the worker the same work and the same abuse as the pool beside it
// gets, and tells the page around it how that goes.

import { abuseOf } from "../js/work/abuses.js";
import { Leak } from "../js/work/leak.js";
import { Mandelbrot } from "../js/work/mandelbrot.js";
import { Photo } from "../js/work/photo.js";
import { Proofs } from "../js/work/proofs.js";
import { Line } from "./line.js";
/** @import { Workload } from "../js/work/workload.js" */

const TELL_MS = 250;
const PAGE_BYTES = 65536;

const image = /** @type {HTMLImageElement} */ (document.querySelector("#photo"));
const lastProof = /** @type {HTMLElement} */ (document.querySelector("#proof"));
const zoom = /** @type {HTMLCanvasElement} */ (document.querySelector("#zoom"));

const works = { proofs: new Proofs(null), mandelbrot: new Mandelbrot(zoom), photo: new Photo(), leak: new Leak({ rate: 0 }) };

const line = new Line(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
const run = (/** @type {string} */ task, /** @type {unknown} */ argument) => line.call(task, argument);

/** @param {object} message */
const tell = (message) => parent.postMessage({ ...message, from: "bare" }, location.origin);

/**
 * @param {string} text
 * @param {"plain" | "good" | "bad"} [tone]
 */
const log = (text, tone = "plain") => tell({ kind: "log", text, tone });

/** What the page around can ask for. @type {Record<string, (order: any) => unknown>} */
const orders = {
  load({ threads, limitBytes, keys }) {
    if (keys) works.proofs.use(keys);
    line.start({ threads, maximumPages: Math.floor(limitBytes / PAGE_BYTES), provingKey: keys?.provingKey });
  },
  work({ name, on }) {
    const work = /** @type {Record<string, Workload>} */ (works)[name];
    if (on && !work.running) work.start(run);
    else if (!on) work.stop();
  },
  inFlight({ count }) {
    works.proofs.setInFlight(count);
    works.mandelbrot.setInFlight(count);
  },
  leak({ rate }) {
    works.leak.rate = rate;
    orders.work({ name: "leak", on: rate > 0 });
  },
  abuse({ name }) {
    void abuse(name);
  },
  photo({ file }) {
    works.photo.use(file).catch((error) => log(error.message, "bad"));
  },
  theme({ name }) {
    document.documentElement.dataset.theme = name;
  },
};

/** @param {string} name */
async function abuse(name) {
  const { task, argument, label } = abuseOf(name);
  log(`${label}: under way.`);
  try {
    if (task !== null) await line.call(task, argument);
    else if (!(await line.kill())) throw new Error("there is no thread left");
    log(`${label}: done.`);
  } catch (error) {
    log(`${label}: ${/** @type {Error} */ (error).message}`, "bad");
  }
}

addEventListener("message", ({ data, source, origin }) => {
  if (source === parent && origin === location.origin) orders[data.kind]?.(data);
});

works.photo.addEventListener("result", (event) => {
  const { sizes } = /** @type {CustomEvent} */ (event).detail;
  image.src = sizes.at(-1).url;
  image.hidden = false;
});
works.proofs.addEventListener("result", (event) => {
  const { number, ms } = /** @type {CustomEvent} */ (event).detail;
  lastProof.textContent = `proof ${number}: ${Math.round(ms)} ms, verified`;
  lastProof.hidden = false;
});
for (const [name, work] of Object.entries(works)) {
  work.addEventListener("failure", (event) => {
    const { number, error } = /** @type {CustomEvent} */ (event).detail;
    log(`${name} ${number}: ${error.message}`, "bad");
  });
}
line.addEventListener("log", (event) => log(/** @type {CustomEvent} */ (event).detail.text, "bad"));

let toldAt = performance.now();

function tellState() {
  const now = performance.now();
  const counts = Object.entries(works).map(([name, work]) => {
    const { running, made, failed, lost, inFlight, oldestMs } = work;
    return [name, { running, made, failed, lost, inFlight, oldestMs }];
  });
  const { phase, error, answeredMsAgo, reservedBytes, fulfilled, rejected, unsettled, oldestMs } = line;
  const worker = { phase, error, answeredMsAgo, reservedBytes, fulfilled, rejected, unsettled, oldestMs };
  // Messages from the worker wait while this page is busy: what is late is then not the worker.
  const wasBusy = now - toldAt > 4 * TELL_MS;
  toldAt = now;
  tell({ kind: "state", ...worker, wasBusy, works: Object.fromEntries(counts) });
}

setInterval(tellState, TELL_MS);
line.addEventListener("phase", tellState);
tell({ kind: "hello" });
