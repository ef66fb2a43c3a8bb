// @ts-check
// What keeps the page from working, and what to do about it.

import { byId, setText } from "./dom.js";
import { codeOf, describe } from "./format.js";

/** @typedef {{ title: string, words: string, fix: string }} Trouble */

const HEADERS = "Cross-Origin-Opener-Policy: same-origin\nCross-Origin-Embedder-Policy: require-corp";

/** What is missing before anything is loaded. @returns {Trouble | undefined} */
export function missing() {
  if (typeof WebAssembly === "undefined" || typeof Worker === "undefined") {
    return {
      title: "This browser has no WebAssembly, or no workers",
      words: "Both are needed to run Rust on several threads. They may be switched off here, as in a locked-down mode.",
      fix: "Open this page in a current Chrome, Edge, Firefox or Safari, with WebAssembly switched on.",
    };
  }
  if (!isSecureContext) {
    return {
      title: "This page has to come from https, or from localhost",
      words: `Browsers share memory between threads in a secure context alone, and ${location.origin} is none.`,
      fix: "cargo xtask demo    # serves it on localhost",
    };
  }
  if (!crossOriginIsolated) {
    return {
      title: "The server does not send two headers",
      words: "Without them a page may not share memory between threads (it is not cross-origin isolated), so no pool can start.",
      fix: `${HEADERS}\n\n# or let this serve the page, which sends them:\ncargo xtask demo`,
    };
  }
  if (typeof SharedArrayBuffer === "undefined") {
    return {
      title: "This browser shares no memory between threads",
      words: "The page is isolated as it should be, but there is no SharedArrayBuffer, so no pool of threads can start.",
      fix: "Open this page in a current Chrome, Edge, Firefox or Safari.",
    };
  }
  return undefined;
}

/** What is built, and what is copied from elsewhere: it is not there before. */
const BUILT = ["./pkg/perennial_demo.js", "./pkg/perennial_demo_bg.wasm", "./vendor/uplot/uPlot.esm.js"];

/**
 * Why something that the page is made of did not load.
 * @param {unknown} error
 * @returns {Promise<Trouble>}
 */
export async function notLoaded(error) {
  const gone = await Promise.all(BUILT.map(async (path) => ((await isThere(path)) ? [] : [path])));
  const list = [...new Set([...gone.flat(), ...refused()])];
  if (list.length > 0) {
    return {
      title: "A part of this page is missing",
      words: `The server has no ${list.join(" and no ")}. Parts of this page are built before it is served, its Rust above all.`,
      fix: "cargo xtask demo    # builds everything and serves it",
    };
  }
  const words = describe(error);
  if (typeof WebAssembly !== "undefined" && error instanceof WebAssembly.CompileError) {
    return {
      title: "This browser cannot read the page's WebAssembly",
      words: `${words} It is older than what this page is built for, or the module is damaged.`,
      fix: "Open this page in a current Chrome, Edge, Firefox or Safari. If this is one, build the page anew: cargo xtask demo",
    };
  }
  if (codeOf(error) || (error instanceof RangeError && /memory|allocat/i.test(words))) {
    return {
      title: "This device gave the page no memory",
      words,
      fix: "Close other tabs and reload this page.",
    };
  }
  return {
    title: "This page could not be loaded",
    words,
    fix:
      "Reload the page without its cache (Ctrl+Shift+R): its files may be of different builds.\n" +
      "If that does not help, build it anew: cargo xtask demo",
  };
}

/** What the server has refused of what the page has asked for, as paths on it. */
function refused() {
  const here = new URL(".", document.baseURI).href;
  const asked = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType("resource"));
  const ours = asked.filter(({ responseStatus, name }) => responseStatus >= 400 && name.startsWith(here));
  return ours.map(({ name }) => `./${name.slice(here.length)}`);
}

/**
 * Why no pool starts.
 * @param {string} words of the error
 * @returns {Trouble}
 */
export function notStarted(words) {
  return {
    title: "The pool did not start",
    words,
    fix: "Choose a lower memory limit or fewer threads and press Start again.\nOther pages may hold the memory or the workers that it needs: close some.",
  };
}

/** Shows it, or takes away what was shown. @param {Trouble | undefined} trouble */
export function showTrouble(trouble) {
  const section = byId("trouble", HTMLElement);
  section.hidden = !trouble;
  if (!trouble) return;
  setText(byId("trouble-title", HTMLElement), trouble.title);
  setText(byId("trouble-words", HTMLElement), trouble.words);
  setText(byId("trouble-fix", HTMLElement), trouble.fix);
}

/** @param {string} path */
async function isThere(path) {
  try {
    return (await fetch(path, { method: "HEAD" })).ok;
  } catch {
    return false;
  }
}
