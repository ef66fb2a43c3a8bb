// Nothing but `postMessage`, from the page to workers, in turns.

import { line } from "./line.js";

/** @param {{ workers: number }} options */
export function start({ workers }) {
  const open = () => line(new Worker(new URL("./ping-worker.js", import.meta.url), { type: "module" }));
  const lines = Array.from({ length: workers }, open);
  let turn = 0;
  const call = (kind, argument) => lines[turn++ % workers].call(kind, argument);
  return {
    noop: (number) => call("noop", number),
    echo: (bytes) => call("echo", bytes),
    copied: (bytes) => call("copied", bytes),
    spin: (us) => call("spin", us),
    fill: (bytes) => call("fill", bytes),
    // It knows its workers, so the one with the long work is left alone.
    long: (us) => lines[0].call("spin", us),
    short: () => lines[1].call("noop", 0),
    end: () => lines.forEach((line) => line.end()),
  };
}
