// @ts-check
// Errors as the user gets them.

/**
 * What the promises of a pool reject with: an `Error` with a stable `code`, and the fields that go with it. Two come as they
 * are: the `reason` of a signal that aborts, and what the source of `map` throws.
 */
export class PerennialError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {Record<string, unknown>} [fields]
   */
  constructor(code, message, fields = {}) {
    super(message, "cause" in fields ? { cause: fields.cause } : undefined);
    this.name = "PerennialError";
    this.code = code;
    for (const [name, value] of Object.entries(fields)) {
      // `cause` stands already, and an `Error`'s own words are not overwritten by a field.
      if (!(name in this)) Object.defineProperty(this, name, { value, enumerable: true, configurable: true, writable: true });
    }
  }
}

/**
 * From an object with `code` and `message`, as the Rust side makes it.
 * @param {{ code: string, message: string } & Record<string, unknown>} fault
 */
export function fromFault({ code, message, ...fields }) {
  return new PerennialError(code, message, fields);
}

/**
 * A task's own error. Its fields stand on it, as those of every other code do; what an `Error` has already keeps its
 * meaning, and `data` has them all.
 * @param {{ message: string, causes: string[] } & Record<string, unknown>} said
 * @param {unknown} data the error as serde writes it
 */
export function taskFailed({ message, causes, ...further }, data) {
  const { cause: _, ...fields } = /** @type {Record<string, unknown>} */ (isObject(data) ? data : {});
  if (data !== undefined) fields.data = data;
  // The innermost first: each is made with what is behind it.
  for (const words of causes.reverse()) {
    fields.cause = "cause" in fields ? new Error(words, { cause: fields.cause }) : new Error(words);
  }
  return new PerennialError("TaskFailed", message, { ...fields, ...further });
}

/** @param {unknown} value */
function isObject(value) {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** Whether Rust has thrown words, and not died. @param {any} thrown */
export function isFault(thrown) {
  return typeof thrown === "object" && thrown !== null && !(thrown instanceof Error) && typeof thrown.code === "string";
}

/** The user's own: told as an uncaught one, where no promise is left to reject. @param {unknown} thrown */
export function uncaught(thrown) {
  queueMicrotask(() => {
    throw thrown;
  });
}
