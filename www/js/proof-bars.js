// @ts-check
import { make, setText } from "./dom.js";
import { duration } from "./format.js";
/** @import { Place } from "./work/proofs.js" */

/**
 * A bar for each place in flight.
 * @param {HTMLElement} list
 * @param {(Place | null)[]} places
 */
export function showProofs(list, places) {
  while (list.childElementCount > places.length) list.lastElementChild?.remove();
  while (list.childElementCount < places.length) list.append(bar());
  places.forEach((job, index) => {
    const row = /** @type {HTMLElement} */ (list.children[index]);
    const [name, progress, state] = /** @type {[HTMLElement, HTMLProgressElement, HTMLElement]} */ (
      /** @type {unknown} */ (Array.from(row.children))
    );
    row.dataset.state = job?.state ?? "idle";
    setText(name, job ? `proof ${job.number}` : "no proof yet");
    progress.value = job?.fraction ?? 0;
    progress.setAttribute("aria-label", job ? `progress of proof ${job.number}` : "no proof yet");
    setText(state, words(job));
  });
}

function bar() {
  const progress = document.createElement("progress");
  progress.max = 1;
  progress.value = 0;
  return make("li", {}, make("span", { class: "name" }), progress, make("span", { class: "state" }));
}

/** @param {Place | null} job */
function words(job) {
  if (!job) return "";
  if (job.state === "proving") return `${Math.round(job.fraction * 100)} %`;
  if (job.state === "verified") return `verified, ${duration(job.ms)}`;
  return job.state === "failed" ? "failed" : "verifying";
}
