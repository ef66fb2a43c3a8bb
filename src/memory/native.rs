//! The allocator on the host: the system's, counted.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use super::{Allocator, Counts};

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn add(size: usize) {
    let live = LIVE.fetch_add(size, Relaxed) + size;
    PEAK.fetch_max(live, Relaxed);
}

fn remove(size: usize) {
    LIVE.fetch_sub(size, Relaxed);
}

// SAFETY: every call goes on to the system's allocator as it is.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            add(layout.size());
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(block, layout) };
        remove(layout.size());
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            add(layout.size());
        }
        block
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's.
        let moved = unsafe { System.realloc(block, layout, new_size) };
        if !moved.is_null() {
            add(new_size);
            remove(layout.size());
        }
        moved
    }
}

/// The system makes its own provision.
pub(super) fn set_aside(_: usize) -> bool {
    true
}

/// What the system holds in reserve is not known.
pub(super) fn reserved() -> usize {
    LIVE.load(Relaxed)
}

pub(super) fn counts() -> Counts {
    Counts { live: LIVE.load(Relaxed), peak: PEAK.load(Relaxed) }
}

pub(super) fn take_counts() -> Counts {
    let live = LIVE.load(Relaxed);
    Counts { live, peak: PEAK.swap(live, Relaxed) }
}
