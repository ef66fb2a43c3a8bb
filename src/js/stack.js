// @ts-check
// The guards at the low ends of the threads' stacks, read without a call into their memory.
//
// wasm-bindgen allocates a thread's stack among everything else in the memory, and nothing stops one that has no room left: it
// writes over what lies below it, and goes on. `src/web/stack.rs` sets the guards, and looks between jobs.

/** As in `src/web/stack.rs`. */
const GUARD = Object.freeze({ words: 1024, word: 0x5afe57ac });

/**
 * A list of stacks: their count, then the low end of each. Not in the memory, all of which an overflow can reach.
 * @param {number} threads
 */
export const stacksOf = (threads) => new Int32Array(new SharedArrayBuffer(4 * (1 + threads)));

/** @param {Int32Array} stacks @param {number} low where the stack ends that is added */
export function addStack(stacks, low) {
  Atomics.store(stacks, Atomics.add(stacks, 0, 1) + 1, low);
}

/**
 * Whether a thread of this memory has written below its stack.
 * @param {WebAssembly.Memory} memory @param {Int32Array} stacks
 * @param {number} [stride] of the guard's words, which are looked at: each fourth is in the 16 bytes that a frame is a multiple of
 */
export function overflowed(memory, stacks, stride = 1) {
  const words = new Int32Array(memory.buffer);
  for (let n = 1; n < stacks.length; n++) {
    const low = (stacks[n] >>> 0) / 4;
    // 0 is one of a thread that is still starting.
    if (low === 0) continue;
    for (let at = low; at < low + GUARD.words; at += stride) if (words[at] !== GUARD.word) return true;
  }
  return false;
}

const OVERFLOW = "a stack overflow: ";

/** Whether these words tell of an overflow already. @param {string} cause */
export const isOverflow = (cause) => cause.startsWith(OVERFLOW);

/** @param {number} size of a thread's stack, in bytes */
export const overflowWords = (size) =>
  `${OVERFLOW}a thread has used more than its stack of ${size} bytes. ` +
  "Give it more by the option `stackSize`, recurse less deep, or keep large values on the heap";

/** As engines tell it; the one of wasm's own functions has no option. @param {unknown} thrown */
export function isTooDeep(thrown) {
  return thrown instanceof RangeError || (thrown instanceof Error && thrown.name === "InternalError");
}

export const TOO_DEEP =
  `${OVERFLOW}too deep a recursion for the browser's own stack, which no option makes larger. Recurse less deep`;
