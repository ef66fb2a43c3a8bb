// @ts-check
import { make } from "./dom.js";

const ENTRIES_MAX = 200;

/** What happened, the latest first. */
export class Log {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
  }

  /**
   * @param {string} text
   * @param {"plain" | "good" | "bad"} [tone]
   */
  add(text, tone = "plain") {
    const now = new Date();
    const time = make("time", { text: now.toLocaleTimeString([], { hour12: false }) });
    const entry = make("li", {}, time, make("span", { text }));
    entry.dataset.tone = tone;
    this.list.prepend(entry);
    while (this.list.childElementCount > ENTRIES_MAX) this.list.lastElementChild?.remove();
  }
}
