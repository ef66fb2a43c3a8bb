// A limit on everything: a peer that hangs is told so, not waited for.

/**
 * @template T @param {Promise<T> | T} promise @param {number} ms @param {string} what
 * @returns {Promise<T>}
 */
export function within(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The page's garbage goes now, not while something is timed. */
export const collect = () => window.gc();

/** Of a thing thrown, its `code` or name first. */
export const words = (thrown) => {
  const { code, name, message } = Object(thrown);
  return [code ?? name, message ?? String(thrown)].filter(Boolean).join(": ").slice(0, 200);
};
