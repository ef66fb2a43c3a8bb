// @ts-check
// Draws a history by uPlot.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { bytes } from "./format.js";
import { HUES, WINDOW_S } from "./history.js";
import { colour } from "./theme.js";
/** @import { History } from "./history.js" */

/** Nothing moves further than a pixel between two drawings. */
const DRAW_MS = 90;
const MIB = 1024 * 1024;
const FONT = "11px system-ui, sans-serif";

/** A line across: what is this full, in words. @typedef {{ at: number, text: string, tone: "bad" | "warn" | "soft" }} Threshold */

export class Plot {
  /** @type {uPlot | undefined} */
  #uplot;
  #drawnAt = -Infinity;
  #now = 0;
  /** @type {Threshold[]} */
  #thresholds = [];
  /** @type {Record<string, string>} */
  #colours = {};
  /** @type {string[]} */
  #hues;

  /**
   * @param {HTMLElement} place keeps its size, whatever is drawn
   * @param {History} history
   * @param {{ hues: string[] }} options `hues`: a custom property for each
   */
  constructor(place, history, { hues }) {
    this.place = place;
    this.history = history;
    this.#hues = hues;
    this.recolour();
    new ResizeObserver(() => this.#resize()).observe(place);
  }

  /** Takes the colours of the theme that is shown now. */
  recolour() {
    for (const name of ["--ink", "--soft", "--line", "--bad", "--warn", "--card", ...this.#hues]) this.#colours[name] = colour(name);
    this.#drawnAt = -Infinity;
    this.#uplot?.redraw(false, true);
  }

  /**
   * @param {number} now in ms
   * @param {Threshold[]} thresholds
   */
  draw(now, thresholds) {
    if (now - this.#drawnAt < DRAW_MS || this.history.isEmpty) return;
    this.#drawnAt = now;
    this.#now = now / 1000;
    this.#thresholds = thresholds;
    const data = /** @type {uPlot.AlignedData} */ (/** @type {unknown} */ (this.history.columns));
    if (this.#uplot) this.#uplot.setData(data);
    else this.#uplot = new uPlot(this.#options(), data, this.place);
  }

  #resize() {
    this.#uplot?.setSize({ width: this.place.clientWidth, height: this.place.clientHeight });
  }

  /** @returns {uPlot.Options} */
  #options() {
    const series = /** @type {uPlot.Series[]} */ ([{}]);
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    for (let hue = 0; hue < HUES; hue++) {
      const stroke = () => this.#colours[this.#hues[hue % this.#hues.length]];
      const fill = () => translucent(stroke());
      series.push({ label: "reserved", stroke, fill, width: 2, paths: stepped, points: { show: false } });
      series.push({ label: "live", stroke, width: 1.25, dash: [3, 3], points: { show: false } });
    }
    const axis = /** @type {uPlot.Axis} */ ({
      stroke: () => this.#colours["--soft"],
      grid: { stroke: () => this.#colours["--line"], width: 1 },
      ticks: { show: false },
      font: FONT,
    });
    return {
      width: this.place.clientWidth,
      height: this.place.clientHeight,
      legend: { show: false },
      cursor: { show: false },
      padding: [10, 16, 0, 0],
      series,
      scales: {
        x: { time: false, range: () => [this.#now - WINDOW_S, this.#now] },
        y: { range: () => [0, this.#top()] },
      },
      axes: [
        {
          ...axis,
          size: 22,
          gap: 4,
          splits: () => [60, 45, 30, 15, 0].map((ago) => this.#now - ago),
          values: (_, splits) => splits.map((at) => label(Math.round(this.#now - at))),
        },
        { ...axis, size: 62, gap: 4, splits: (_u, _axis, _min, max) => ticks(max), values: (_, splits) => splits.map((at) => (at ? bytes(at) : "0")) },
      ],
      hooks: { draw: [(u) => this.#drawOver(u)] },
    };
  }

  #top() {
    const highest = Math.max(this.history.highest, 64 * MIB, ...this.#thresholds.map(({ at }) => at));
    return highest * 1.12;
  }

  /**
   * Thresholds and marks, which are no series.
   * @param {uPlot} u
   */
  #drawOver(u) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.font = FONT.replace("11px", `${11 * ratio}px`);
    ctx.lineWidth = 1.25 * ratio;
    for (const { at, text, tone } of this.#thresholds) {
      const y = Math.round(u.valToPos(at, "y", true));
      ctx.strokeStyle = ctx.fillStyle = this.#colours[`--${tone}`];
      ctx.setLineDash(tone === "bad" ? [8 * ratio, 4 * ratio] : [2 * ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.textAlign = "left";
      ctx.fillText(text, bbox.left + 6 * ratio, y - 4 * ratio);
    }
    ctx.setLineDash([]);
    ctx.textAlign = "center";
    for (const { at, text, tone } of this.history.marks) {
      if (at < this.#now - WINDOW_S) continue;
      const x = Math.round(u.valToPos(at, "x", true));
      const foot = bbox.top + bbox.height;
      ctx.strokeStyle = ctx.fillStyle = this.#colours[tone === "bad" ? "--bad" : "--soft"];
      if (tone === "bad") {
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, foot);
        ctx.stroke();
        ctx.fillText(text, Math.min(Math.max(x, bbox.left + 30 * ratio), bbox.left + bbox.width - 30 * ratio), foot - 12 * ratio);
      } else {
        ctx.beginPath();
        ctx.moveTo(x - 4 * ratio, foot);
        ctx.lineTo(x + 4 * ratio, foot);
        ctx.lineTo(x, foot - 6 * ratio);
        ctx.fill();
      }
    }
    ctx.restore();
  }
}

/** @param {number} ago */
const label = (ago) => (ago === 0 ? "now" : `−${ago} s`);

/** @param {string} colour as `rgb(1, 2, 3)` */
const translucent = (colour) => colour.replace(/^rgb\((.*)\)$/, "rgba($1, 0.16)");

/**
 * Round marks for bytes, four or so.
 * @param {number} most
 */
function ticks(most) {
  const step = 2 ** Math.ceil(Math.log2(most / 5));
  const found = [];
  for (let tick = 0; tick <= most; tick += step) found.push(tick);
  return found;
}
