// What the figures were measured on.

import { cpus, loadavg, release, totalmem, type } from "node:os";

/** @param {string} browser its name and version */
export function machine(browser) {
  const cores = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  // What a build adds to the kernel's version says nothing to a reader.
  const [kernel] = release().split("-");
  return `${cores.length} cores (${cores[0]?.model.trim() ?? "unknown"}), ${gib} GiB, ${type()} ${kernel}, ${browser}, Node ${process.versions.node}`;
}

/** What others took of the machine in each browser's time since the last call; the worst counts. */
const shares = [];
export const noteOthers = (share) => shares.push(share);
export const others = () => `${(Math.max(0, ...shares.splice(0)) * 100).toFixed(0)} %`;

/** Day and time, to the minute. */
export const now = () => `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
