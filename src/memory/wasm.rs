//! The allocator of a wasm instance: one heap behind one lock.

use std::{
    alloc::{GlobalAlloc, Layout},
    ptr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

pub(super) use super::pages::reserved;
use super::{
    Allocator, Counts,
    claim::{Claim, claim},
    heap::Heap,
    lock::Lock,
    pages::Pages,
};

static HEAP: Lock<Heap<Pages>> = Lock::new(Heap::new(Pages));

/// How long a reader looks for a free lock before it is content with the last sample.
const READER_TRIES: u32 = 10_000;

/// The last sample of the counts, by whoever read them last.
static SAMPLED_LIVE: AtomicUsize = AtomicUsize::new(0);
static SAMPLED_PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the heap hands out blocks of dlmalloc, which fit their layouts, and the lock lets one thread at a time in. No
// path unwinds: dlmalloc does not, and `claim` reads plain thread-local words.
unsafe impl GlobalAlloc for Allocator {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        let block = HEAP.with(|heap| unsafe { heap.alloc(layout) });
        // SAFETY: the caller's.
        if block.is_null() { unsafe { rescue(layout) } } else { block }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        HEAP.with(|heap| unsafe { heap.dealloc(block, layout) })
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's. Zeroed outside the lock, for a large block takes milliseconds.
        unsafe {
            let block = self.alloc(layout);
            if !block.is_null() {
                ptr::write_bytes(block, 0, layout.size());
            }
            block
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's.
        let moved = HEAP.with(|heap| unsafe { heap.realloc(block, layout, new_size) });
        // SAFETY: the caller's; a block that could not be reallocated is still what it was.
        if moved.is_null() { unsafe { rescue_realloc(block, layout, new_size) } } else { moved }
    }
}

#[cold]
#[inline(never)]
unsafe fn rescue(layout: Layout) -> *mut u8 {
    match claim(layout) {
        // SAFETY: the caller's.
        Some(claim) => HEAP.with(|heap| unsafe { heap.alloc_reserve(layout, claim == Claim::Credit) }),
        None => ptr::null_mut(),
    }
}

#[cold]
#[inline(never)]
unsafe fn rescue_realloc(block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    // SAFETY: `realloc` demands a size that makes a proper layout.
    match claim(unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) }) {
        // SAFETY: the caller's.
        Some(claim) => {
            HEAP.with(|heap| unsafe { heap.realloc_reserve(block, layout, new_size, claim == Claim::Credit) })
        }
        None => ptr::null_mut(),
    }
}

pub(super) fn set_aside(len: usize) -> bool {
    HEAP.with(|heap| heap.set_aside(len))
}

pub(super) fn counts() -> Counts {
    read(|heap| heap.counts())
}

pub(super) fn take_counts() -> Counts {
    read(|heap| heap.take_counts())
}

fn read(counts: impl FnOnce(&mut Heap<Pages>) -> Counts) -> Counts {
    match HEAP.with_within(READER_TRIES, counts) {
        Some(counts) => {
            SAMPLED_LIVE.store(counts.live, Relaxed);
            SAMPLED_PEAK.store(counts.peak, Relaxed);
            counts
        }
        None => Counts { live: SAMPLED_LIVE.load(Relaxed), peak: SAMPLED_PEAK.load(Relaxed) },
    }
}
