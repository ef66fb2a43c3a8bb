// poolifier-web-worker. A result cannot be moved, so it is cloned.

import { FixedThreadPool } from "../../pkg-peers/poolifier-web-worker.js";

/**
 * @param {{ workers: number, strategy?: string, asPublished?: boolean }} options
 *   `strategy`: how it chooses a worker; its default is by turns. `asPublished`: without what makes it run in a browser
 */
export function start({ workers, strategy, asPublished }) {
  const script = new URL(`./poolifier-worker.js${asPublished ? "?as-published" : ""}`, import.meta.url);
  const pool = new FixedThreadPool(workers, script, {
    workerOptions: { type: "module" },
    errorEventHandler: (event) => console.error(`poolifier: ${event.message}`),
    ...(strategy ? { workerChoiceStrategy: strategy } : {}),
  });
  return {
    noop: (number) => pool.execute(number, "noop"),
    echo: (bytes) => pool.execute(bytes, "echo", undefined, [bytes.buffer]),
    spin: (us) => pool.execute(us, "spin"),
    fill: (bytes) => pool.execute(bytes, "fill"),
    end: () => pool.destroy(),
  };
}
