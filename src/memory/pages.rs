//! Where the heap's memory comes from: `memory.grow`, up to the limit.

use core::arch::wasm32::{memory_grow, memory_size};
use std::{ptr, sync::atomic::Ordering::Relaxed};

use dlmalloc::Allocator as Source;

use super::{LIMIT, PAGE};

/// The pages of the instance's memory, each from a growth of its own.
///
/// What the linker left over below the first of them is not used: the standard library's own allocator may be in the
/// module too (each thread's handle comes from there, which is 64 KiB in all), and it takes that piece.
pub(super) struct Pages;

/// The bytes of the memory, `memory.buffer.byteLength` to JavaScript.
pub(super) fn reserved() -> usize {
    // The last page of 4 GiB has no end that a `usize` could hold.
    memory_size::<0>().saturating_mul(PAGE)
}

// SAFETY: each region is one that a growth has just made, and none is ever taken back.
unsafe impl Source for Pages {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let pages = size.div_ceil(PAGE);
        // Also keeps the last page of a 4 GiB memory out of use: its end would be address zero.
        let room = (LIMIT.load(Relaxed) / PAGE).saturating_sub(memory_size::<0>());
        if pages > room {
            return (ptr::null_mut(), 0, 0);
        }
        let old = memory_grow::<0>(pages);
        if old == usize::MAX {
            return (ptr::null_mut(), 0, 0);
        }
        (ptr::with_exposed_provenance_mut(old * PAGE), pages * PAGE, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}
