// @ts-check
// Starts the worker that leads a generation.

import { leaderInPlace } from "./glue.js";
import { badConfig, shown } from "./options.js";

/** Scripts of other origins, each by an address of this one. Kept: threads start from it for as long as the page lives. */
const shims = new Map();

/**
 * @param {string} name
 * @param {URL | undefined} workerUrl where the script is, if the user says so
 * @returns {Worker}
 */
export function openLeader(name, workerUrl) {
  const url = workerUrl ?? leaderInPlace();
  // Bundlers look for this form.
  if (url === undefined) return new Worker(new URL("./leader.js", import.meta.url), { type: "module", name });
  return new Worker(/* @vite-ignore */ ownOrigin(url), { type: "module", name });
}

/** A worker has to come from the page's origin; what it imports does not. @param {URL} url */
function ownOrigin(url) {
  if (url.origin === self.origin || !url.protocol.startsWith("http")) return url.href;
  const { href } = url;
  if (!shims.has(href)) {
    const script = new Blob([`import ${JSON.stringify(href)};`], { type: "text/javascript" });
    shims.set(href, URL.createObjectURL(script));
  }
  return shims.get(href);
}

/** The option `workerUrl`, checked. @param {unknown} value @returns {URL | undefined} */
export function workerUrlOf(value) {
  if (value === undefined || value === null) return undefined;
  const accepted = "the address of the worker's script, as a string or a URL";
  if (typeof value !== "string" && !(value instanceof URL)) throw badConfig("workerUrl", shown(value), accepted);
  try {
    return new URL(value, /** @type {any} */ (globalThis).document?.baseURI ?? self.location.href);
  } catch (cause) {
    throw badConfig("workerUrl", shown(value), accepted, cause);
  }
}
