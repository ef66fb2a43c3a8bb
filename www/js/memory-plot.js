// @ts-check
import { make, setText } from "./dom.js";
import { bytes } from "./format.js";
import { WINDOW_MS } from "./memory-history.js";
/** @import { Life } from "./memory-history.js" */

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 240;
const MARGIN = { top: 14, right: 10, bottom: 22, left: 62 };

/** Draws each generation's memory over time: reserved as an area, live as a dashed line, the limit across. */
export class MemoryPlot {
  /**
   * @param {HTMLElement} frame
   * @param {HTMLElement} legend
   */
  constructor(frame, legend) {
    this.frame = frame;
    this.legend = legend;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("role", "img");
    this.svg.setAttribute("height", String(HEIGHT));
    frame.append(this.svg);
  }

  /**
   * @param {Life[]} lives
   * @param {number} now
   */
  draw(lives, now) {
    const width = Math.max(this.frame.clientWidth, 200);
    const limit = Math.max(0, ...lives.filter((life) => life.phase !== "gone").map((life) => life.limit));
    const highest = Math.max(0, ...lives.flatMap((life) => life.points.map((point) => point.reserved)));
    const { ticks, top } = scale(Math.max(limit, highest));
    const right = width - MARGIN.right;
    const floor = HEIGHT - MARGIN.bottom;
    /** @param {number} at */
    const x = (at) => MARGIN.left + Math.max(0, 1 - (now - at) / WINDOW_MS) * (right - MARGIN.left);
    /** @param {number} value */
    const y = (value) => floor - (value / top) * (floor - MARGIN.top);

    const parts = [];
    for (const tick of ticks) {
      parts.push(shape("line", { class: "grid", x1: MARGIN.left, x2: right, y1: y(tick), y2: y(tick) }));
      parts.push(label(tick ? bytes(tick) : "0", { x: MARGIN.left - 8, y: y(tick) + 4, "text-anchor": "end" }));
    }
    for (const seconds of [60, 45, 30, 15, 0]) {
      const anchor = seconds === 60 ? "start" : seconds === 0 ? "end" : "middle";
      const text = seconds === 0 ? "now" : `−${seconds} s`;
      parts.push(label(text, { x: x(now - seconds * 1000), y: HEIGHT - 5, "text-anchor": anchor }));
    }
    for (const { hue, points, phase } of lives) {
      const last = points.at(-1);
      if (!last) continue;
      // A living generation's line goes on to this moment.
      const line = phase === "gone" ? points : [...points, { ...last, at: now }];
      const reserved = steps(line.map((point) => [x(point.at), y(point.reserved)]));
      const live = line.map((point) => `${x(point.at).toFixed(1)},${y(point.live).toFixed(1)}`).join("L");
      const from = x(line[0].at).toFixed(1);
      parts.push(
        shape("path", { class: "area", "data-hue": hue, d: `${reserved}V${floor}H${from}Z` }),
        shape("path", { class: "reserved", "data-hue": hue, d: reserved }),
        shape("path", { class: "live", "data-hue": hue, d: `M${live}` }),
      );
    }
    if (limit > 0) {
      parts.push(shape("line", { class: "limit", x1: MARGIN.left, x2: right, y1: y(limit), y2: y(limit) }));
      parts.push(label("limit", { class: "limit-name", x: right, y: y(limit) - 5, "text-anchor": "end" }));
    }
    this.svg.setAttribute("width", String(width));
    this.svg.replaceChildren(...parts);
    this.svg.setAttribute("aria-label", sentence(lives));
    this.#showLegend(lives);
  }

  /** @param {Life[]} lives */
  #showLegend(lives) {
    const living = lives.filter((life) => life.phase !== "gone");
    while (this.legend.childElementCount > living.length) this.legend.lastElementChild?.remove();
    while (this.legend.childElementCount < living.length) this.legend.append(make("li"));
    living.forEach((life, index) => {
      const entry = /** @type {HTMLElement} */ (this.legend.children[index]);
      entry.dataset.hue = String(life.hue);
      entry.dataset.generation = String(life.generation);
      entry.dataset.phase = life.phase;
      setText(entry, inWords(life));
    });
  }
}

/** @param {Life} life */
function inWords({ generation, phase, points }) {
  const last = points.at(-1);
  return `generation ${generation}, ${phase}: ${bytes(last?.reserved ?? 0)} reserved, ${bytes(last?.live ?? 0)} live`;
}

/** @param {Life[]} lives */
function sentence(lives) {
  const living = lives.filter((life) => life.phase !== "gone").map(inWords);
  return living.length ? `Memory over the last minute. ${living.join("; ")}.` : "No generation holds memory.";
}

/**
 * Memory grows at once, so between two samples the line goes across and then up.
 * @param {number[][]} points
 */
function steps(points) {
  const [first, ...rest] = points;
  return `M${first[0].toFixed(1)},${first[1].toFixed(1)}` + rest.map(([px, py]) => `H${px.toFixed(1)}V${py.toFixed(1)}`).join("");
}

/**
 * Round marks for bytes, four or so, and where the axis ends.
 * @param {number} highest
 */
function scale(highest) {
  const most = Math.max(highest, 64 * 1024 * 1024) * 1.08;
  const step = 2 ** Math.ceil(Math.log2(most / 5));
  const ticks = [];
  for (let tick = 0; tick <= most; tick += step) ticks.push(tick);
  return { ticks, top: most };
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
function shape(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} attributes
 */
function label(text, attributes) {
  const element = shape("text", attributes);
  element.textContent = text;
  return element;
}
