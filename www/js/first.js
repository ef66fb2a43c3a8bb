// @ts-check
// Loads the page's scripts, and says what is wrong if that fails: nothing here may depend on what is built.

import { byId, setText } from "./dom.js";
import { missing, notLoaded, showTrouble } from "./trouble.js";

/** @param {import("./trouble.js").Trouble} trouble */
function give(trouble) {
  document.body.dataset.phase = "trouble";
  showTrouble(trouble);
  const status = byId("status", HTMLElement);
  setText(status, trouble.title);
  status.dataset.tone = "bad";
}

const trouble = missing();
if (trouble) {
  give(trouble);
} else {
  try {
    const { open } = await import("./main.js");
    await open();
  } catch (error) {
    give(await notLoaded(error));
  }
}
