// Tests reach a pool's workers from outside.

import { inPage } from "./harness.mjs";

/** Puts `window.killing` there: what `kill.js` exports. Before the page starts a pool. */
export async function arm(page) {
  await inPage(page, async () => {
    window.killing = await import("/tests/e2e/kill.js");
  });
}
