// @ts-check
// A job's root, called through JavaScript: only a `catch` there stops an exception that an import threw, for Rust's own
// `catch_unwind` lets it pass. And words for what ends a thread, made of what was heard before: nothing may call into the
// memory then (invariant 3).

import { causeOf, patience } from "./protocol.js";
import { addStack, isTooDeep, overflowed, overflowWords, TOO_DEEP } from "./stack.js";

/**
 * @typedef {{ app: any, exports: any, memory: WebAssembly.Memory, stackSize: number, stacks: Int32Array,
 *   ended: Int32Array<SharedArrayBuffer> }} Instance `ended` as `Start` in `protocol.js` says
 *
 * @typedef {{ message: string, file: string, line: number, column: number }} Panic
 */

/**
 * What this thread's scripts know. On the global: with a `workerUrl` of another origin the glue has its own copies of them.
 * @type {{ instance: Instance | undefined, die: (cause: string) => void, leaving: boolean,
 *   open: { job: number, name: string, root: number }[], isSurvived: boolean, names: Map<number, string>, panic: Panic | undefined, last: string,
 *   end: { cause: string, wait: number } | undefined, thrownAtRoot: unknown }}
 *
 * `leaving`: the way out was taken, or a death was told, and what follows is no death; `open`: what runs on this thread's stack,
 * outermost first, a job's number and its task, or 0 and a hook, and where its root is; `isSurvived`: whether what was thrown last
 * may end at the innermost of them; `names`: by where they are, read before an overflow can write
 * over them; `panic`: the last one on this thread; `last`: what was thrown or panicked last here since a job began; `end`: what
 * ends this thread; `thrownAtRoot`: what has left the root that ended last
 */
export const thread = (/** @type {any} */ (globalThis)[Symbol.for("perennial.thread")] ??= {
  instance: undefined, die: () => {}, leaving: false, open: [], isSurvived: false, names: new Map(), panic: undefined, last: "", end: undefined,
  thrownAtRoot: undefined,
});

/** @param {Instance} here @param {(cause: string) => void} died */
export function adopt(here, died) {
  thread.instance = here;
  thread.die = died;
  const low = here.exports.__stack_alloc.value;
  here.app.__perennialGuard(low);
  addStack(here.stacks, low);
  // The glue wraps in one of these what an import throws. Rust may not come back from it to say what it was.
  const { Exception } = /** @type {any} */ (WebAssembly);
  /** @type {any} */ (WebAssembly).Exception = new Proxy(Exception, {
    construct(target, given) {
      thread.last = `the JavaScript exception "${causeOf(given[1]?.[0])}"`;
      const root = thread.open.at(-1)?.root;
      // While the frames that it will pass are there.
      thread.isSurvived = root !== undefined && !hasTrapped() && here.app.__perennialMayThrow(root, low + here.stackSize);
      return Reflect.construct(target, given);
    },
  });
}

/**
 * Calls `root` of `src/web/root.rs`. Whether it came back: if not, what left it is kept for `takeThrown`.
 * @param {number} root @param {number} job @param {number} name @param {number} length
 */
export function enter(root, job, name, length) {
  thread.last = "";
  thread.isSurvived = false;
  thread.open.push({ job, name: nameAt(name, length), root });
  let returned = true;
  try {
    thread.instance?.app.__perennialEnter(root);
  } catch (thrown) {
    if (hasTrapped()) {
      // Told when it has ended the whole thread.
      thread.end ??= endOf(thrown);
      throw thrown;
    }
    if (!thread.isSurvived) throw fatal(causeOfCrossing(thrown));
    thread.thrownAtRoot = thrown;
    returned = false;
  }
  thread.open.pop();
  // What a job survived is no word of what ends this thread later.
  if (thread.open.length === 0) thread.last = "";
  return returned;
}

/** Called where a thread finds that it has written below its stack. */
export function stackOverflowed() {
  throw fatal(`${overflowWords(thread.instance?.stackSize ?? 0)}${whereabouts()}`);
}

/**
 * From the panic hook. The message and the file are views of the memory.
 * @param {Uint8Array} message @param {Uint8Array} file @param {number} line @param {number} column
 */
export function notePanic(message, file, line, column) {
  thread.panic = { message: textOf(message), file: textOf(file), line, column };
  thread.last = `the panic "${thread.panic.message}"${thread.panic.file && ` at ${thread.panic.file}:${line}`}`;
}

/** What has left the root that ended last, as a fault, and itself. */
export function takeThrown() {
  const thrown = thread.thrownAtRoot;
  thread.thrownAtRoot = undefined;
  // A closure of Rust's that JavaScript has called: its panic comes back as an exception.
  const message = thrown instanceof Error && thrown.name === "PanicError" ? thrown.message : undefined;
  const fault = message !== undefined && thread.panic?.message === message
    ? { code: "TaskPanicked", ...thread.panic }
    : { code: "TaskFailed", message: `a JavaScript exception: ${causeOf(thrown)}` };
  return { fault, thrown };
}

/**
 * Words for what has ended this thread, and how many ms they wait for better ones.
 * @param {unknown} thrown
 */
export function endOf(thrown) {
  if (thread.end) return thread.end;
  const wait = thread.instance ? patience(thread.instance.ended, thrown) : 0;
  const words = causeOf(thrown);
  const known = (/** @type {string} */ cause) => ({ cause, wait: 0 });
  if (!thread.instance) return known(words);
  const { memory, stackSize, stacks } = thread.instance;
  const where = whereabouts();
  if (overflowed(memory, stacks)) return known(`${overflowWords(stackSize)}${where}; then ${words}`);
  if (isTooDeep(thrown)) return known(`${TOO_DEEP}${where}; ${words}`);
  if (!thread.last) return { cause: `${words}${where}`, wait };
  return known(
    `${words}${where}, after ${thread.last}. If that left a closure of \`rayon::spawn\`, or if JavaScript's crossed Rayon: nobody can ` +
      "catch it there. Catch it inside, by `catch_unwind` or `#[wasm_bindgen(catch)]`, or use `rayon::scope`",
  );
}

/** @param {unknown} thrown */
const causeOfCrossing = (thrown) =>
  `a JavaScript exception has crossed Rayon, which does not survive it: ${causeOf(thrown)}${whereabouts()}. ` +
  "Mark its import `#[wasm_bindgen(catch)]`, or catch it in JavaScript";

/** What was open here. */
function whereabouts() {
  if (thread.open.length === 0) return "";
  const words = thread.open.map(({ job, name }) => (job === 0 ? name : `job ${job}, task ${JSON.stringify(name)}`));
  return ` (in ${words.reverse().join("; around it ")})`;
}

/** @param {number} at @param {number} length */
function nameAt(at, length) {
  const key = at + length * 2 ** 32;
  let name = thread.names.get(key);
  if (name === undefined) {
    name = textOf(new Uint8Array(/** @type {Instance} */ (thread.instance).memory.buffer, at, length));
    thread.names.set(key, name);
  }
  return name;
}

/** Whether a call into this memory has trapped, on any thread: then the glue lets no other one in. */
function hasTrapped() {
  return flag()[0] !== 0;
}

/** Ends this thread: what is thrown into marked memory is a trap, which no frame of Rust sees. @param {string} cause */
function fatal(cause) {
  thread.die(cause);
  flag()[0] = 1;
  return new Error(cause);
}

function flag() {
  const { memory, exports } = /** @type {Instance} */ (thread.instance);
  return new Int32Array(memory.buffer, exports.__instance_terminated.value, 1);
}

/** @param {Uint8Array} bytes of the shared memory, which a decoder does not take */
function textOf(bytes) {
  return new TextDecoder().decode(bytes.slice());
}
