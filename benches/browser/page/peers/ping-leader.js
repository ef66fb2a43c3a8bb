// A worker that hands every message on to workers of its own, in turns if it says none, and every answer back.

import { moved } from "./line.js";

let workers = [];
let turn = 0;

addEventListener("message", ({ data }) => {
  if (data.workers) {
    workers = Array.from({ length: data.workers }, () => new Worker(new URL("./ping-worker.js", import.meta.url), { type: "module" }));
    for (const worker of workers) worker.onmessage = ({ data }) => postMessage(data, moved(data.value));
    return;
  }
  workers[data.to ?? turn++ % workers.length].postMessage(data, moved(data.argument));
});
