// Calls by nothing but `postMessage`, each answered in its turn.

import { fill, spin } from "./work.js";

/** @typedef {{ call: (kind: string, argument: any, to?: number) => Promise<any>, end: () => void }} Line `to`: of several workers */

/** What is to be moved with a value. @param {any} value */
export const moved = (value) => (value instanceof Uint8Array ? [value.buffer] : []);

/** The calling end. @param {Worker} worker @returns {Line} */
export function line(worker) {
  const waiting = new Map();
  let last = 0;
  worker.onmessage = ({ data: { id, value, error } }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(error));
  };
  return {
    call: (kind, argument, to) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, kind, argument, to }, moved(argument));
      }),
    end: () => worker.terminate(),
  };
}

/** The end that answers, in a worker. @param {Record<string, (argument: any) => any>} kinds */
export function answer(kinds) {
  addEventListener("message", async ({ data: { id, kind, argument } }) => {
    try {
      const result = kinds[kind](argument);
      const value = result instanceof Promise ? await result : result;
      postMessage({ id, value }, moved(value));
    } catch (error) {
      postMessage({ id, error: String(error) });
    }
  });
}

/** What a worker in JavaScript can do. */
export const KINDS = { noop: (number) => number, echo: (bytes) => bytes, spin, fill };
