// @ts-check
import { byId, make, setText } from "./dom.js";
/** @import { Story } from "./story.js" */
/** @import { Tone } from "./types.js" */

/** What happens now, in words; and the steps of the story, which can be paused, stopped, and hurried on. */
export class Strip {
  #strip = byId("strip", HTMLElement);
  #steps = byId("steps", HTMLElement);
  #status = byId("status", HTMLElement);
  #pause = byId("pause", HTMLButtonElement);
  #skip = byId("skip", HTMLButtonElement);
  #stop = byId("stop", HTMLButtonElement);

  /**
   * @param {string} text
   * @param {Tone} [tone]
   * @param {string} [code] of an error
   */
  say(text, tone = "plain", code = "") {
    setText(this.#status, text);
    this.#status.dataset.tone = tone;
    this.#status.dataset.code = code;
  }

  /** @param {Story} story */
  follow(story) {
    this.#pause.addEventListener("click", () => story.togglePause());
    this.#skip.addEventListener("click", () => story.skip());
    this.#stop.addEventListener("click", () => story.stop());
    story.addEventListener("change", () => this.#show(story));
  }

  /** @param {Story} story */
  #show({ scenario, index, isPlaying, isPaused }) {
    this.#strip.dataset.playing = String(isPlaying);
    this.#strip.dataset.scenario = scenario?.name ?? "";
    const steps = scenario?.steps ?? [];
    this.#steps.replaceChildren(
      ...steps.map(({ title }, at) => {
        const step = make("li", { text: title });
        step.dataset.done = String(at < index);
        if (isPlaying && at === index) step.setAttribute("aria-current", "step");
        return step;
      }),
    );
    for (const button of [this.#pause, this.#skip, this.#stop]) button.disabled = !isPlaying;
    setText(this.#pause, isPaused ? "Go on" : "Pause");
  }
}
