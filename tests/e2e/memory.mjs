// What the browser's processes hold of the machine.

import { readdirSync, readFileSync } from "node:fs";

/** The processes below this one, by id. @param {number} root */
function descendants(root) {
  const children = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const found = [];
  const open = [root];
  while (open.length > 0) {
    const next = children.get(open.pop()) ?? [];
    found.push(...next);
    open.push(...next);
  }
  return found;
}

/** Anonymous and shared resident bytes of all renderers of a browser: a shared wasm memory counts as either. */
export function rendererMemory(browser) {
  let bytes = 0;
  for (const pid of descendants(browser.process().pid)) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (!command.includes("--type=renderer")) continue;
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      for (const name of ["RssAnon", "RssShmem"]) {
        const found = status.match(new RegExp(`${name}:\\s+(\\d+) kB`));
        if (found) bytes += Number(found[1]) * 1024;
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return bytes;
}

/**
 * Looks until the reading satisfies, or the time is up. Returns the last reading and how long it took.
 * @param {() => number} reading @param {(value: number) => boolean} satisfied @param {number} limitMs
 */
export async function settles(reading, satisfied, limitMs) {
  const begun = performance.now();
  for (;;) {
    const value = reading();
    const ms = performance.now() - begun;
    if (satisfied(value) || ms > limitMs) return { value, ms };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
