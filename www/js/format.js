// @ts-check
// Numbers and errors, in words.

const MIB = 1024 * 1024;

/** @param {number} count */
export function bytes(count) {
  if (count >= 1024 * MIB) return `${(count / 1024 / MIB).toFixed(2)} GiB`;
  if (count >= 10 * MIB) return `${Math.round(count / MIB)} MiB`;
  if (count >= MIB) return `${(count / MIB).toFixed(1)} MiB`;
  return `${Math.ceil(count / 1024)} KiB`;
}

/** @param {number} ms */
export function duration(ms) {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** @param {Uint8Array} data */
export function hex(data) {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What the reader can do about an error, by its code. */
const ADVICE = /** @type {Record<string, string>} */ ({
  NotIsolated:
    "Serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.",
  MemoryExhausted: "Give the pool a higher memory limit.",
  QueueFull: "Keep fewer jobs in flight.",
  GenerationLost: "The pool has replaced the generation; what you start now runs on the new one.",
  PoolLost: "Reload the page.",
});

/**
 * The stable code of an error of the package, if it is one.
 * @param {unknown} error
 */
export function codeOf(error) {
  const code = /** @type {{ code?: unknown } | null} */ (error)?.code;
  return typeof code === "string" ? code : "";
}

/** @param {unknown} error */
export function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  const parts = [code && !error.message.startsWith(code) ? `${code}: ${error.message}` : error.message];
  const cause = error.cause;
  const reason = cause instanceof Error ? cause.message : typeof cause === "string" ? cause : "";
  if (reason && !error.message.includes(reason)) parts.push(`The reason: ${reason}`);
  if (ADVICE[code]) parts.push(ADVICE[code]);
  return parts.map((part) => (/[.!?]$/.test(part) ? part : `${part}.`)).join(" ");
}
