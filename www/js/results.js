// @ts-check
// What the work has made: proofs and pictures.

import { byId, make, setText } from "./dom.js";
import { bytes, duration, hex } from "./format.js";
/** @import { Actions } from "./actions.js" */

/** A place in flight. @typedef {{ number: number, fraction: number, state: string, ms: number } | null} Place */

export class Results {
  #proofs = byId("proof-places", HTMLElement);
  #last = byId("last-proof", HTMLElement);
  #verified = byId("verified", HTMLElement);
  #photos = byId("photos", HTMLElement);
  #words = byId("photo-words", HTMLElement);
  #hint = byId("mandelbrot-hint", HTMLElement);
  /** @type {unknown} */
  #followed;

  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    actions.photo.addEventListener("result", (event) => this.#showPhoto(/** @type {CustomEvent} */ (event).detail));
  }

  draw() {
    const { proofs, mandelbrot, inFlight } = this.actions;
    if (proofs && this.#followed !== proofs) {
      this.#followed = proofs;
      proofs.addEventListener("result", (event) => {
        const { proof } = /** @type {CustomEvent} */ (event).detail;
        setText(this.#last, hex(proof.bytes));
        setText(this.#verified, `${proofs.verified} verified`);
      });
    }
    const places = [...(proofs?.places ?? [])];
    while (places.length < inFlight) places.push(null);
    showPlaces(this.#proofs, places);
    setText(this.#hint, mandelbrot.running || mandelbrot.made > 0 ? magnification(mandelbrot.view.width) : "Mandelbrot is off.");
  }

  /**
   * @param {{ source: { name: string, width: number, height: number, bytes: number },
   *   sizes: { width: number, height: number, bytes: number, url: string }[], ms: { total: number } }} result
   */
  #showPhoto({ source, sizes, ms }) {
    const pictures = sizes.map(({ width, height, url }) => {
      const picture = document.createElement("img");
      picture.src = url;
      picture.alt = `${source.name} at ${width} by ${height} pixels`;
      return picture;
    });
    this.#photos.replaceChildren(...pictures);
    const made = sizes.map(({ width, height, bytes: size }) => `${width}×${height} (${bytes(size)})`).join(", ");
    setText(this.#words, `${source.name}, ${source.width}×${source.height}, ${bytes(source.bytes)}: ${made} in ${duration(ms.total)}.`);
  }
}

/** @param {number} width of the view; the whole set is some 3.5 wide */
function magnification(width) {
  const times = 3.5 / width;
  return times < 1000 ? `magnified ${times.toFixed(1)} times` : `magnified ${times.toExponential(1).replace("e+", " · 10^")} times`;
}

/**
 * A bar for each proof in flight.
 * @param {HTMLElement} list
 * @param {Place[]} places
 */
function showPlaces(list, places) {
  while (list.childElementCount > places.length) list.lastElementChild?.remove();
  while (list.childElementCount < places.length) list.append(bar());
  places.forEach((place, index) => {
    const row = /** @type {HTMLElement} */ (list.children[index]);
    const [name, progress, state] = /** @type {[HTMLElement, HTMLProgressElement, HTMLElement]} */ (
      /** @type {unknown} */ (Array.from(row.children))
    );
    row.dataset.state = place?.state ?? "idle";
    setText(name, place ? `proof ${place.number}` : "none yet");
    progress.value = place?.fraction ?? 0;
    const label = place ? `progress of proof ${place.number}` : "none yet";
    if (progress.ariaLabel !== label) progress.ariaLabel = label;
    setText(state, inWords(place));
  });
}

function bar() {
  const progress = document.createElement("progress");
  progress.max = 1;
  progress.value = 0;
  return make("li", {}, make("span", { class: "name" }), progress, make("span", { class: "state" }));
}

/** @param {Place} place */
function inWords(place) {
  if (!place) return "";
  if (place.state === "proving") return `${Math.round(place.fraction * 100)} %`;
  if (place.state === "verified") return `verified, ${duration(place.ms)}`;
  return place.state;
}
