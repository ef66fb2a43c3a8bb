// @ts-check
import { sleep, Workload } from "./workload.js";
/** @import { Job, Run } from "./workload.js" */

/** Places on the edge of the set that are worth a way of twelve orders of magnitude. */
const TARGETS = [
  [-0.743643887037158704752, 0.131825904205311970493],
  [-0.1010963638456222, 0.9562865108091415],
  [-0.7746806106269039, -0.1374168856037867],
  [-1.768778833, -0.001738996],
  [0.360240443437614, -0.641313061064803],
];
const WHOLE_SPAN = 3.2;
/** Beyond this, neighbouring pixels are hardly different numbers any more. */
const DEEPEST_SPAN = 1e-12;

/** Pictures are asked for no faster than this, and the zoom goes on by this factor a second. */
const FRAME_MS = 1000 / 30;
const FACTOR_PER_S = 0.6;
/** A picture that took longer does not make the next one jump. */
const STEP_MS_MAX = 250;
/** For who prefers reduced motion: single pictures. */
const CALM = { frameMs: 2000, factor: 0.5 };

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** An endless zoom into the Mandelbrot set, drawn on a canvas in the canvas' own resolution. */
export class Mandelbrot extends Workload {
  #canvas;
  #target = 0;
  #span = WHOLE_SPAN;
  #dueAt = 0;
  #askedAt = 0;
  /** The newest picture that was drawn: an older one that comes later is not. */
  #drawn = 0;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{ inFlight?: number }} [options]
   */
  constructor(canvas, { inFlight = 2 } = {}) {
    super(inFlight);
    this.#canvas = canvas;
  }

  /** Where it is: the centre, and how much of the real axis is seen. */
  get view() {
    const [x, y] = TARGETS[this.#target];
    return { x, y, width: this.#span };
  }

  /** @override */
  async pace() {
    const now = performance.now();
    const due = Math.max(now, this.#dueAt);
    this.#dueAt = due + (reducedMotion.matches ? CALM.frameMs : FRAME_MS);
    if (due > now) await sleep(due - now);
  }

  /** @override @param {Run} run @param {Job} job */
  async make(run, job) {
    this.#zoom();
    const { x, y, width: span } = this.view;
    const { width: columns, height: rows } = this.#canvas;
    const iterations = Math.round(200 + 45 * Math.log2(WHOLE_SPAN / span));
    const view = { x, y, span, columns, rows, iterations };
    const pixels = /** @type {Uint8Array<ArrayBuffer>} */ (await run("mandelbrot", view, { idempotent: true }));
    this.#draw(pixels, columns, rows, job.number);
    return { view: { x, y, width: span }, ms: performance.now() - job.begun };
  }

  #zoom() {
    const now = performance.now();
    const seconds = Math.min(now - this.#askedAt, STEP_MS_MAX) / 1000;
    this.#span *= reducedMotion.matches ? CALM.factor : FACTOR_PER_S ** seconds;
    this.#askedAt = now;
    if (this.#span >= DEEPEST_SPAN) return;
    this.#span = WHOLE_SPAN;
    this.#target = (this.#target + 1) % TARGETS.length;
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} pixels
   * @param {number} columns
   * @param {number} rows
   * @param {number} number
   */
  #draw(pixels, columns, rows, number) {
    const isOfSize = this.#canvas.width === columns && this.#canvas.height === rows;
    if (number < this.#drawn || !isOfSize) return;
    this.#drawn = number;
    const data = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.byteLength);
    this.#canvas.getContext("2d")?.putImageData(new ImageData(data, columns, rows), 0, 0);
  }
}
