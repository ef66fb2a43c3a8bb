// What the browser's renderers hold of the machine.

import { readdirSync, readFileSync } from "node:fs";

const read = (file) => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
};

/** The renderers of a browser, by id. @param {any} browser */
export function renderers(browser) {
  const parents = new Map();
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const stat = read(`/proc/${name}/stat`);
    if (stat) parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const root = browser.process().pid;
  const isBelow = (pid) => pid === root || (parents.has(pid) && isBelow(parents.get(pid)));
  return [...parents.keys()].filter((pid) => isBelow(pid) && read(`/proc/${pid}/cmdline`).includes("--type=renderer"));
}

/** Their anonymous and shared resident bytes: a shared wasm memory counts as either. @param {number[]} pids */
export function residentBytes(pids) {
  let bytes = 0;
  for (const pid of pids) {
    for (const [, kilobytes] of read(`/proc/${pid}/status`).matchAll(/Rss(?:Anon|Shmem):\s+(\d+) kB/g)) bytes += Number(kilobytes) * 1024;
  }
  return bytes;
}
