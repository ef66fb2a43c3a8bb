// @ts-check

/** Draws views at most once a frame, however much has changed since. */
export class Frame {
  /** @type {((now: number) => void)[]} */
  #views = [];
  #asked = false;

  /** @param {(now: number) => void} view called with the time of the frame, in ms as of `performance.now()` */
  add(view) {
    this.#views.push(view);
    this.ask();
  }

  /** Has everything drawn with the next frame. */
  ask() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame((now) => {
      this.#asked = false;
      for (const view of this.#views) view(now);
    });
  }
}
