// What the browser's processes hold of the machine.

import { readFileSync } from "node:fs";

import { ENGINE } from "./engine.mjs";
import { descendants } from "./processes.mjs";

/** How the command line tells the processes that run pages. */
const RENDERER = {
  chromium: /--type=renderer/,
  firefox: /-contentproc.*\0tab\0/s,
  webkit: /WebKitWebProcess/,
}[ENGINE];

/** @param {any} browser @returns {number[]} the ids of the processes that run its pages */
function renderers(browser) {
  return descendants(browser.process().pid).filter((pid) => RENDERER.test(read(pid, "cmdline")));
}

/** A file of a process, empty if it has ended meanwhile. @param {number} pid @param {string} name */
function read(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** A field of all renderers' status, summed up. */
function statusOf(browser, field) {
  const numbers = renderers(browser).map((pid) => Number(read(pid, "status").match(new RegExp(`${field}:\\s+(\\d+)`))?.[1] ?? 0));
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Resident bytes of all renderers that no file backs. A shared wasm memory counts as anonymous or as shared. */
export function rendererMemory(browser) {
  return (statusOf(browser, "RssAnon") + statusOf(browser, "RssShmem")) * 1024;
}

/** Threads of all renderers: a worker is one or more. */
export function rendererThreads(browser) {
  return statusOf(browser, "Threads");
}

/**
 * Looks until the reading satisfies, or the time is up. Returns the last reading and how long it took.
 * @param {() => number | Promise<number>} reading @param {(value: number) => boolean} satisfied @param {number} limitMs
 */
export async function settles(reading, satisfied, limitMs) {
  const begun = performance.now();
  for (;;) {
    const value = await reading();
    const ms = performance.now() - begun;
    if (satisfied(value) || ms > limitMs) return { value, ms };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
