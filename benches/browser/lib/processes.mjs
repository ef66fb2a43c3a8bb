// What processes hold of the machine, as Linux tells it.

import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

const read = (file) => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
};

/** The fields of a process's `stat` from the third on: those before may hold any character. @param {number} pid */
const stat = (pid) => {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
};

/** A process and all below it, by id. @param {number} root */
function tree(root) {
  const below = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number)) {
    const parent = Number(stat(pid)[1]);
    below.set(parent, [...(below.get(parent) ?? []), pid]);
  }
  const found = [root];
  for (const pid of found) found.push(...(below.get(pid) ?? []));
  return found;
}

/** The renderers of a browser, by id. @param {any} browser */
export function renderers(browser) {
  return tree(browser.process().pid).filter((pid) => read(`/proc/${pid}/cmdline`).includes("--type=renderer"));
}

/** Their anonymous and shared resident bytes: a shared wasm memory counts as either. @param {number[]} pids */
export function residentBytes(pids) {
  let bytes = 0;
  for (const pid of pids) {
    for (const [, kilobytes] of read(`/proc/${pid}/status`).matchAll(/Rss(?:Anon|Shmem):\s+(\d+) kB/g)) bytes += Number(kilobytes) * 1024;
  }
  return bytes;
}

/** Ticks of processor time: of the whole machine since it began, and of these processes. @param {number} root */
function ticks(root) {
  const [user, nice, system, , , irq, softirq, steal] = read("/proc/stat").split("\n")[0].trim().split(/\s+/).slice(1).map(Number);
  const own = tree(root).map((pid) => stat(pid).slice(11, 13).map(Number)).flat();
  return { all: user + nice + system + irq + softirq + steal, own: own.reduce((sum, ticks) => sum + (ticks || 0), 0) };
}

/**
 * Begins to watch how much of the machine others take. What is returned ends it, to be called before any child of this
 * process has ended, and answers with their share of all cores.
 */
export function watchOthers() {
  const TICK_MS = 10;
  const [before, begun] = [ticks(process.pid), performance.now()];
  return () => {
    const after = ticks(process.pid);
    const others = after.all - before.all - (after.own - before.own);
    return Math.max(0, (others * TICK_MS) / (performance.now() - begun) / cpus().length);
  };
}
