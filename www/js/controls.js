// @ts-check
// The desk: what a visitor can press.

import { byId, make, setText } from "./dom.js";
import { same } from "./pool-side.js";
import { ABUSES } from "./work/abuses.js";
/** @import { Actions, WorkName } from "./actions.js" */
/** @import { Settings } from "./pool-side.js" */

/** The settings as they stand in the form. @returns {Settings} */
export function chosen() {
  const part = (/** @type {string} */ id) => byId(id, HTMLInputElement).valueAsNumber / 100;
  return {
    threads: byId("threads", HTMLInputElement).valueAsNumber,
    limit: byId("limit", HTMLSelectElement).value,
    recycleAt: part("recycle-at"),
    criticalAt: part("critical-at"),
  };
}

export class Controls {
  #form = byId("controls", HTMLFormElement);
  #start = byId("start", HTMLButtonElement);
  #recycle = byId("recycle-now", HTMLButtonElement);
  #exit = byId("exit", HTMLButtonElement);
  #works = byId("works", HTMLElement);
  #abuses = byId("abuses", HTMLElement);
  #hint = byId("abuse-hint", HTMLElement);
  #leak = byId("leak-slider", HTMLInputElement);
  #rate = byId("leak-rate", HTMLOutputElement);
  #off = byId("bare-off", HTMLButtonElement);
  #file = byId("file", HTMLInputElement);
  #inFlight = byId("in-flight", HTMLInputElement);

  /**
   * @param {Actions} actions
   * @param {(work: () => Promise<unknown>) => Promise<void>} attempt runs it, and tells an error
   */
  constructor(actions, attempt) {
    this.actions = actions;
    this.attempt = attempt;
    byId("threads", HTMLInputElement).value = String(Math.min(Math.max(navigator.hardwareConcurrency || 2, 1), 8));
    this.#listSettings();
    this.#listLife();
    this.#listWorks();
    this.#listAbuses();
  }

  /** What can be pressed now. */
  draw() {
    const { pool, bare, leak } = this.actions;
    const isLoaded = pool.package !== undefined;
    const isFree = isLoaded && !pool.doing;
    const isOther = pool.serving && !same(pool.settings, chosen());
    document.body.dataset.phase = pool.doing || (pool.serving ? "serving" : pool.pool ? "exited" : "none");
    document.body.dataset.bare = bare.state.status;
    this.#start.disabled = !isFree || (pool.serving && !isOther);
    setText(this.#start, !pool.serving ? "Start" : isOther ? "Apply with a new pool" : "Running");
    this.#recycle.disabled = this.#exit.disabled = !isFree || !pool.serving;
    for (const button of this.#works.querySelectorAll("button")) {
      button.disabled = !isLoaded || pool.doing === "exiting";
      const isOn = this.actions.isOn(/** @type {WorkName} */ (button.dataset.work));
      if (button.ariaPressed !== String(isOn)) button.ariaPressed = String(isOn);
    }
    for (const button of this.#abuses.querySelectorAll("button")) button.disabled = !isFree;
    this.#off.disabled = !isFree;
    setText(this.#off, this.actions.isBeside ? "Switch off" : "Switch on");
    this.#file.disabled = this.#leak.disabled = !isLoaded || pool.doing === "exiting";
    if (document.activeElement !== this.#leak) this.#leak.value = String(leak.rate);
    setText(this.#rate, `${leak.rate} MiB/s`);
  }

  #listSettings() {
    const show = () => {
      const [recycleAt, criticalAt] = [byId("recycle-at", HTMLInputElement), byId("critical-at", HTMLInputElement)];
      // The pool refuses a critical line below the other one.
      if (criticalAt.valueAsNumber < recycleAt.valueAsNumber) criticalAt.value = recycleAt.value;
      setText(byId("recycle-at-words", HTMLOutputElement), `${recycleAt.value} %`);
      setText(byId("critical-at-words", HTMLOutputElement), `${criticalAt.value} %`);
      this.draw();
    };
    this.#form.addEventListener("input", show);
    show();
  }

  #listLife() {
    const { actions } = this;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#press(this.#start, () => (actions.pool.serving ? actions.apply() : actions.start()));
    });
    this.#recycle.addEventListener("click", () => void this.#press(this.#recycle, () => actions.recycle()));
    this.#exit.addEventListener("click", () => void this.#press(this.#exit, () => actions.exit()));
    this.#off.addEventListener("click", () => void this.attempt(() => actions.setBeside(!actions.isBeside)));
    byId("reload", HTMLButtonElement).addEventListener("click", (event) => {
      void this.#press(/** @type {HTMLButtonElement} */ (event.currentTarget), () => actions.reloadBare());
    });
  }

  #listWorks() {
    const { actions } = this;
    this.#works.addEventListener("click", ({ target }) => {
      const name = target instanceof HTMLButtonElement ? /** @type {WorkName | undefined} */ (target.dataset.work) : undefined;
      if (name) void this.attempt(() => actions.work(name, !actions.isOn(name)));
    });
    // A browser may fill it in by itself, with what it was before a reload.
    if (this.#inFlight.validity.valid) actions.setInFlight(this.#inFlight.valueAsNumber);
    this.#inFlight.addEventListener("change", () => {
      if (this.#inFlight.reportValidity()) actions.setInFlight(this.#inFlight.valueAsNumber);
    });
    this.#file.addEventListener("change", () => {
      const file = this.#file.files?.[0];
      if (file) void this.attempt(() => actions.choosePhoto(file));
    });
  }

  #listAbuses() {
    const { actions } = this;
    for (const { name, label, hint, perennial, bare } of ABUSES) {
      const button = /** @type {HTMLButtonElement} */ (make("button", { text: label }));
      Object.assign(button, { type: "button", disabled: true });
      button.dataset.abuse = name;
      const words = make("span", { text: `${hint}\nperennial: ${perennial}\nBare: ${bare}` });
      words.id = `abuse-${name}`;
      // A screen reader reads it with the button.
      button.setAttribute("aria-describedby", words.id);
      const explain = () => this.#show(words);
      button.addEventListener("pointerenter", explain);
      button.addEventListener("pointerleave", () => document.activeElement !== button && this.#show());
      button.addEventListener("focus", explain);
      button.addEventListener("blur", () => this.#show());
      button.addEventListener("click", () => {
        // A touch points at nothing any more, and on some systems focuses nothing.
        explain();
        void this.#press(button, () => actions.abuse(name));
      });
      this.#abuses.append(button);
      this.#hint.append(words);
    }
    this.#leak.addEventListener("input", () => void this.attempt(() => actions.setLeak(this.#leak.valueAsNumber)));
  }

  /** Shows one of the hints, which lie on one another, so that nothing moves. @param {Element | null} [words] else how to get one */
  #show(words = this.#hint.firstElementChild) {
    for (const hint of this.#hint.children) hint.toggleAttribute("data-shown", hint === words);
  }

  /**
   * A button that is disabled while it works loses the focus: it, or the next that can be pressed, gets it back.
   * @param {HTMLButtonElement} button
   * @param {() => Promise<unknown>} work
   */
  async #press(button, work) {
    const hadFocus = document.activeElement === button;
    await this.attempt(work);
    this.draw();
    if (!hadFocus || (document.activeElement !== document.body && document.activeElement !== button)) return;
    [button, this.#recycle, this.#start].find((candidate) => !candidate.disabled)?.focus({ preventScroll: true });
  }
}
