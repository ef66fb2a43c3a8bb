// Nothing but `postMessage`, from the page to a worker, from there to workers of its own, and back.

import { line } from "./line.js";

/** @param {{ workers: number }} options */
export function start({ workers }) {
  const leader = new Worker(new URL("./ping-leader.js", import.meta.url), { type: "module" });
  leader.postMessage({ workers });
  const { call, end } = line(leader);
  return {
    noop: (number) => call("noop", number),
    echo: (bytes) => call("echo", bytes),
    spin: (us) => call("spin", us),
    fill: (bytes) => call("fill", bytes),
    long: (us) => call("spin", us, 0),
    short: () => call("noop", 0, 1),
    end,
  };
}
