// @ts-check
// A job's root, called through JavaScript: only a `catch` there stops an exception that an import threw, for Rust's own
// `catch_unwind` lets it pass. And words for what ends a thread, made of what was heard before: nothing may call into the
// memory then (invariant 3).

import { causeOf } from "./protocol.js";
import { addStack, isTooDeep, overflowed, overflowWords, TOO_DEEP } from "./stack.js";

/**
 * @typedef {{ app: any, exports: any, memory: WebAssembly.Memory, stackSize: number, stacks: Int32Array }} Instance
 *
 * @typedef {{ message: string, file: string, line: number, column: number }} Panic
 */

/** @type {Instance | undefined} */
let instance;
/** @type {(cause: string) => void} */
let die = () => {};
/** What runs on this thread's stack, outermost first: a job's number and its task, or 0 and a hook. */
const open = /** @type {{ job: number, name: string }[]} */ ([]);
/** By where they are: read before an overflow can write over them. @type {Map<number, string>} */
const names = new Map();
/** The last panic on this thread. @type {Panic | undefined} */
let panic;
/** What was thrown or panicked last on this thread since a job began. */
let last = "";
/** What ends this thread. @type {{ cause: string, isHearsay: boolean } | undefined} */
let end;
/** What has left the root that ended last. */
let thrownAtRoot = /** @type {unknown} */ (undefined);

/** @param {Instance} here @param {(cause: string) => void} died */
export function adopt(here, died) {
  instance = here;
  die = died;
  const low = here.exports.__stack_alloc.value;
  here.app.__perennialGuard(low);
  addStack(here.stacks, low);
  // The glue wraps in one of these what an import throws. Rust may not come back from it to say what it was.
  const { Exception } = /** @type {any} */ (WebAssembly);
  /** @type {any} */ (WebAssembly).Exception = new Proxy(Exception, {
    construct(target, given) {
      last = `the JavaScript exception "${wordsOf(given[1]?.[0])}"`;
      return Reflect.construct(target, given);
    },
  });
}

/**
 * Calls `root` of `src/web/root.rs`. Whether it came back: if not, what left it is kept for `takeThrown`.
 * @param {number} root @param {number} job @param {number} name @param {number} length
 */
export function enter(root, job, name, length) {
  last = "";
  open.push({ job, name: nameAt(name, length) });
  let returned = true;
  try {
    instance?.app.__perennialEnter(root);
  } catch (thrown) {
    if (hasTrapped()) {
      // Told when it has ended the whole thread.
      end ??= endOf(thrown);
      throw thrown;
    }
    if (!instance?.app.__perennialIsWhole()) throw fatal(causeOfCrossing(thrown));
    thrownAtRoot = thrown;
    returned = false;
  }
  open.pop();
  return returned;
}

/** Called where a thread finds that it has written below its stack. */
export function stackOverflowed() {
  throw fatal(`${overflowWords(instance?.stackSize ?? 0)}${whereabouts()}`);
}

/**
 * From the panic hook. The message and the file are views of the memory.
 * @param {Uint8Array} message @param {Uint8Array} file @param {number} line @param {number} column
 */
export function notePanic(message, file, line, column) {
  panic = { message: textOf(message), file: textOf(file), line, column };
  last = `the panic "${panic.message}"${panic.file && ` at ${panic.file}:${line}`}`;
}

/** What has left the root that ended last, as a fault, and itself. */
export function takeThrown() {
  const thrown = thrownAtRoot;
  thrownAtRoot = undefined;
  // A closure of Rust's that JavaScript has called: its panic comes back as an exception.
  const message = thrown instanceof Error && thrown.name === "PanicError" ? thrown.message : undefined;
  const fault = message !== undefined && panic?.message === message
    ? { code: "TaskPanicked", ...panic }
    : { code: "TaskFailed", message: `a JavaScript exception: ${wordsOf(thrown)}` };
  return { fault, thrown };
}

/**
 * Words for what has ended this thread. It is hearsay if it may have come from another thread: the first trap marks the memory,
 * and each thread that comes back from an import then traps in its turn.
 * @param {unknown} thrown
 */
export function endOf(thrown) {
  if (end) return end;
  const words = wordsOf(thrown);
  const known = (/** @type {string} */ cause) => ({ cause, isHearsay: false });
  if (!instance) return known(words);
  const { memory, stackSize, stacks } = instance;
  const where = whereabouts();
  if (overflowed(memory, stacks)) return known(`${overflowWords(stackSize)}${where}; then ${words}`);
  if (isTooDeep(thrown)) return known(`${TOO_DEEP}${where}; ${words}`);
  if (!last) return { cause: `${words}${where}`, isHearsay: true };
  return known(
    `${words}${where}, after ${last}. If that left a closure of \`rayon::spawn\`, or if JavaScript's crossed Rayon: nobody can ` +
      "catch it there. Catch it inside, by `catch_unwind` or `#[wasm_bindgen(catch)]`, or use `rayon::scope`",
  );
}

/** @param {unknown} thrown */
const causeOfCrossing = (thrown) =>
  `a JavaScript exception has crossed Rayon, which does not survive it: ${wordsOf(thrown)}${whereabouts()}. ` +
  "Mark its import `#[wasm_bindgen(catch)]`, or catch it in JavaScript";

/** What was open here. */
function whereabouts() {
  if (open.length === 0) return "";
  const words = open.map(({ job, name }) => (job === 0 ? name : `job ${job}, task ${JSON.stringify(name)}`));
  return ` (in ${words.reverse().join("; around it ")})`;
}

/** @param {number} at @param {number} length */
function nameAt(at, length) {
  const key = at + length * 2 ** 32;
  let name = names.get(key);
  if (name === undefined) {
    name = textOf(new Uint8Array(/** @type {Instance} */ (instance).memory.buffer, at, length));
    names.set(key, name);
  }
  return name;
}

/** Whether a call into this memory has trapped, on any thread: then the glue lets no other one in. */
function hasTrapped() {
  return flag()[0] !== 0;
}

/** Ends this thread: what is thrown into marked memory is a trap, which no frame of Rust sees. @param {string} cause */
function fatal(cause) {
  die(cause);
  flag()[0] = 1;
  return new Error(cause);
}

function flag() {
  const { memory, exports } = /** @type {Instance} */ (instance);
  return new Int32Array(memory.buffer, exports.__instance_terminated.value, 1);
}

/** @param {Uint8Array} bytes of the shared memory, which a decoder does not take */
function textOf(bytes) {
  return new TextDecoder().decode(bytes.slice());
}

/** @param {unknown} thrown anything, also what cannot be asked for its words */
function wordsOf(thrown) {
  try {
    return causeOf(thrown);
  } catch {
    return "something that has no words";
  }
}
