// What the figures were measured on.

import { cpus, loadavg, release, totalmem, type } from "node:os";

/** @param {string} browser its name and version */
export function machine(browser) {
  const cores = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${cores.length} cores (${cores[0]?.model.trim() ?? "unknown"}), ${gib} GiB, ${type()} ${release()}, ${browser}, Node ${process.versions.node}`;
}

/** How busy the machine was, in the last minute. */
export const load = () => loadavg()[0].toFixed(1);

/** Day and time, to the minute. */
export const now = () => `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
