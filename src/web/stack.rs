//! The guards at the low ends of the threads' stacks.
//!
//! wasm-bindgen allocates a thread's stack among everything else. One that is full writes on, over what lies below. So the
//! last 4 KiB of each are kept free: what is written there is found at the end of the job and, if the thread traps before,
//! by `src/js/stack.js`. A frame that leaves large holes may reach beyond without a mark; its depth is looked at too, at the
//! job's start and end.

use std::cell::Cell;
use std::ptr;

use wasm_bindgen::prelude::*;

/// As in `src/js/stack.js`.
const GUARD_WORDS: usize = 1024;
const GUARD_WORD: u32 = 0x5afe_57ac;
/// Of the guard's words, those that are looked at between jobs: one in the 16 bytes that each frame is a multiple of.
const STRIDE: usize = 4;

thread_local! {
    /// The low end of this thread's stack; null on who has none of its own.
    static LOW: Cell<*mut u32> = const { Cell::new(ptr::null_mut()) };
}

#[wasm_bindgen(module = "/src/js/realm.js")]
extern "C" {
    /// Ends this thread.
    #[wasm_bindgen(js_name = stackOverflowed)]
    fn overflowed();
}

/// Sets the guard of this thread, whose stack ends at `low`.
#[wasm_bindgen(js_name = __perennialGuard, skip_typescript)]
pub fn guard(low: usize) {
    let low: *mut u32 = ptr::with_exposed_provenance_mut(low);
    for n in 0..GUARD_WORDS {
        // SAFETY: the stack is longer than its guard, and this frame is near its other end.
        unsafe { low.add(n).write_volatile(GUARD_WORD) };
    }
    LOW.set(low);
}

/// Ends this thread, if it has written below its stack.
#[inline(never)]
pub(super) fn check() {
    let low = LOW.get();
    if low.is_null() {
        return;
    }
    let here = 0_u32;
    let deep = (&raw const here).addr() < low.addr() + GUARD_WORDS * size_of::<u32>();
    // SAFETY: as in `guard`.
    let broken = || (0..GUARD_WORDS).step_by(STRIDE).any(|n| unsafe { low.add(n).read_volatile() } != GUARD_WORD);
    if deep || broken() {
        overflowed();
    }
}
