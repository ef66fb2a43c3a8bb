// Comlink. It has no pool: there are as many workers as others have, and calls alternate.

import { releaseProxy, transfer, wrap } from "../../pkg-peers/comlink.js";

/** @param {{ workers: number }} options */
export function start({ workers }) {
  const open = () => new Worker(new URL("./comlink-worker.js", import.meta.url), { type: "module" });
  const opened = Array.from({ length: workers }, open);
  const proxies = opened.map((worker) => wrap(worker));
  let turn = 0;
  const next = () => proxies[turn++ % workers];
  return {
    noop: (number) => next().noop(number),
    echo: (bytes) => next().echo(transfer(bytes, [bytes.buffer])),
    spin: (us) => next().spin(us),
    fill: (bytes) => next().fill(bytes),
    // Its user knows the workers, and can leave the one with the long work alone.
    long: (us) => proxies[0].spin(us),
    short: () => proxies[1].noop(0),
    end() {
      for (const proxy of proxies) proxy[releaseProxy]();
      for (const worker of opened) worker.terminate();
    },
  };
}
