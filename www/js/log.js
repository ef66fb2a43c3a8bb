// @ts-check
import { make, setText } from "./dom.js";
/** @import { Tone } from "./types.js" */

const ENTRIES_MAX = 500;

/** @typedef {"pool" | "work" | "abuse" | "bare" | "story"} Kind */
/** @typedef {{ time: string, kind: Kind, text: string, tone: Tone }} Entry */

/** What happened, kept to be looked through. */
export class Log {
  /** The latest last. @type {Entry[]} */
  entries = [];
  /** Called with each new one. @type {(entry: Entry) => void} */
  onEntry = () => {};

  /**
   * @param {Kind} kind
   * @param {string} text
   * @param {Tone} [tone]
   */
  add(kind, text, tone = "plain") {
    const entry = { time: new Date().toLocaleTimeString([], { hour12: false }), kind, text, tone };
    this.entries.push(entry);
    if (this.entries.length > ENTRIES_MAX) this.entries.shift();
    this.onEntry(entry);
  }
}

/** @typedef {{ form: HTMLFormElement, kind: HTMLSelectElement, text: HTMLInputElement, bad: HTMLInputElement, copy: HTMLButtonElement, count: HTMLElement, copied: HTMLElement, list: HTMLElement }} Parts */

/** Shows the entries that a filter lets through, the latest first, and copies them. */
export class LogView {
  /** @type {Entry[]} */
  #waiting = [];

  /**
   * @param {Log} log
   * @param {Parts} parts
   * @param {() => void} ask for a frame
   */
  constructor(log, parts, ask) {
    this.log = log;
    this.parts = parts;
    log.onEntry = (entry) => {
      this.#waiting.push(entry);
      // A page in the background draws nothing.
      if (this.#waiting.length > ENTRIES_MAX) this.#waiting.shift();
      ask();
    };
    parts.form.addEventListener("submit", (event) => event.preventDefault());
    parts.form.addEventListener("input", () => this.#rebuild());
    parts.copy.addEventListener("click", () => void this.#copy());
  }

  draw() {
    if (this.#waiting.length === 0) return;
    for (const entry of this.#waiting.splice(0)) if (this.#fits(entry)) this.parts.list.prepend(row(entry));
    this.#trim();
  }

  get #shown() {
    return this.log.entries.filter((entry) => this.#fits(entry));
  }

  /** @param {Entry} entry */
  #fits({ kind, text, tone }) {
    const { parts } = this;
    const words = parts.text.value.trim().toLowerCase();
    return (!parts.kind.value || kind === parts.kind.value) && (!parts.bad.checked || tone === "bad") && text.toLowerCase().includes(words);
  }

  /** Of one copy only: another filter shows other events. @param {string} words */
  #say(words) {
    setText(this.parts.copied, words);
  }

  #rebuild() {
    this.#waiting = [];
    this.#say("");
    this.parts.list.replaceChildren(...this.#shown.reverse().map(row));
    this.#trim();
  }

  #trim() {
    const { list, count } = this.parts;
    while (list.childElementCount > ENTRIES_MAX) list.lastElementChild?.remove();
    const shown = list.childElementCount;
    setText(count, `${shown} ${shown === 1 ? "event" : "events"}`);
  }

  async #copy() {
    const text = this.#shown.map(({ time, kind, text }) => `${time} ${kind}: ${text}\n`).join("");
    try {
      await navigator.clipboard.writeText(text);
      this.#say("copied");
    } catch {
      getSelection()?.selectAllChildren(this.parts.list);
      this.#say("selected: the browser lets no page copy here, so press Ctrl+C");
    }
  }
}

/** @param {Entry} entry */
function row({ time, kind, text, tone }) {
  const line = make("li", {}, make("time", { text: time }), make("span", { class: "kind", text: kind }), make("span", { class: "text", text }));
  line.dataset.tone = tone;
  return line;
}
