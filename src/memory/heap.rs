//! The heap behind the lock: dlmalloc, the two counters, and the reserve.
//!
//! It knows neither threads nor the web, so that all of it is tested on the host. Two instances of dlmalloc stand in it:
//! `main`, which grows with the memory, and `reserve`, a fixed region that only a thread in distress may use (see
//! [`claim`](super::claim)). An address tells which of them a block came from, whichever thread frees it, and whenever.
//!
//! The reserve is an allocator, not an arena that is filled up and reset: what a panic hook used is free for the
//! next panic at once, although an earlier panic's payload still travels.

use std::{alloc::Layout, cell::Cell, ptr};

use dlmalloc::{Allocator as Source, Dlmalloc};

use super::Counts;

const WORD: usize = size_of::<usize>();

/// What a block of `size` bytes takes in dlmalloc: its header word, rounded up to two words, four words at least.
///
/// This and not the size asked for is what `live` counts, because `live` has to tell how full the memory is: a memory
/// full of 4-byte blocks holds a quarter of its bytes by the sizes asked for, and would seem far from its end. It is a
/// function of the layout, so that what an allocation adds its release takes away, without a look at the block.
#[inline]
pub(super) const fn footprint(size: usize) -> usize {
    let padded = (size + WORD + 2 * WORD - 1) & !(2 * WORD - 1);
    if padded < 4 * WORD { 4 * WORD } else { padded }
}

#[repr(C)] // what every call touches comes first, beside the lock
pub(super) struct Heap<S> {
    counts: Counts,
    reserve_start: usize,
    reserve_len: usize,
    reserve_used: usize,
    main: Dlmalloc<Memory<S>>,
    reserve: Dlmalloc<Memory<S>>,
}

// SAFETY: the pointers in it lead to memory that it alone manages, and no thread owns any of it.
unsafe impl<S: Send> Send for Heap<S> {}

impl<S> Heap<S> {
    pub(super) const fn new(source: S) -> Self {
        Heap {
            counts: Counts { live: 0, peak: 0 },
            reserve_start: 0,
            reserve_len: 0,
            reserve_used: 0,
            main: Dlmalloc::new_with_allocator(Memory::Source(source)),
            reserve: Dlmalloc::new_with_allocator(Memory::Region(Region::empty())),
        }
    }
}

impl<S: Source> Heap<S> {
    /// Sets `len` bytes aside as the reserve, once for the life of this heap. False if the source refuses them.
    pub(super) fn set_aside(&mut self, len: usize) -> bool {
        if self.reserve_len != 0 {
            return true;
        }
        let (start, len, _) = self.main.allocator().alloc(len);
        if start.is_null() {
            return false;
        }
        *self.reserve.allocator_mut() = Memory::Region(Region::of(start, len));
        self.reserve_start = start.addr();
        self.reserve_len = len;
        true
    }

    /// Null if neither the memory at hand nor what the source still gives will do.
    ///
    /// # Safety
    ///
    /// As for [`GlobalAlloc::alloc`](std::alloc::GlobalAlloc::alloc), except that a size of zero is fine.
    #[inline]
    pub(super) unsafe fn alloc(&mut self, layout: Layout) -> *mut u8 {
        // SAFETY: dlmalloc takes any size, and a `Layout` has a proper alignment.
        let block = unsafe { self.main.malloc(layout.size(), layout.align()) };
        if !block.is_null() {
            self.add(footprint(layout.size()));
        }
        block
    }

    /// # Safety
    ///
    /// As for [`GlobalAlloc::dealloc`](std::alloc::GlobalAlloc::dealloc), of a block of this heap.
    #[inline]
    pub(super) unsafe fn dealloc(&mut self, block: *mut u8, layout: Layout) {
        if self.is_reserve(block) {
            // SAFETY: the block is the reserve's, by its address.
            return unsafe { self.dealloc_reserve(block, layout) };
        }
        self.counts.live -= footprint(layout.size());
        // SAFETY: the block is the main heap's, by its address.
        unsafe { self.main.c_free(block) }
    }

    /// Null if it cannot be done; then the old block is as it was.
    ///
    /// # Safety
    ///
    /// As for [`GlobalAlloc::realloc`](std::alloc::GlobalAlloc::realloc), of a block of this heap.
    #[inline]
    pub(super) unsafe fn realloc(&mut self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if self.is_reserve(block) {
            // SAFETY: the block is the reserve's, by its address.
            return unsafe { self.leave_reserve(block, layout, new_size) };
        }
        // SAFETY: the block is the main heap's, by its address.
        let moved = unsafe { realloc(&mut self.main, block, layout, new_size) };
        if !moved.is_null() {
            self.counts.live -= footprint(layout.size());
            self.add(footprint(new_size));
        }
        moved
    }

    /// A block of the reserve; null if it has none that fits. With `spare_half` it is refused where the reserve would
    /// be more than half full, so that such claims cannot starve the others.
    ///
    /// # Safety
    ///
    /// As for [`alloc`](Self::alloc).
    #[cold]
    pub(super) unsafe fn alloc_reserve(&mut self, layout: Layout, spare_half: bool) -> *mut u8 {
        let taken = footprint(layout.size());
        let room = if spare_half { self.reserve_len / 2 } else { self.reserve_len };
        if self.reserve_used + taken > room {
            return ptr::null_mut();
        }
        // SAFETY: as in `alloc`.
        let block = unsafe { self.reserve.malloc(layout.size(), layout.align()) };
        if !block.is_null() {
            self.reserve_used += taken;
        }
        block
    }

    /// As [`realloc`](Self::realloc), with the new block in the reserve.
    ///
    /// # Safety
    ///
    /// As for [`realloc`](Self::realloc).
    #[cold]
    pub(super) unsafe fn realloc_reserve(
        &mut self,
        block: *mut u8,
        layout: Layout,
        new_size: usize,
        spare_half: bool,
    ) -> *mut u8 {
        let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
            return ptr::null_mut();
        };
        if self.is_reserve(block) {
            // In place where that is possible: a string that a panic hook builds needs no room for two of itself.
            // SAFETY: the block is the reserve's, by its address.
            let moved = unsafe { realloc(&mut self.reserve, block, layout, new_size) };
            if !moved.is_null() {
                self.reserve_used = self.reserve_used - footprint(layout.size()) + footprint(new_size);
            }
            return moved;
        }
        // SAFETY: two distinct blocks, each as long as the part that is copied; the old one is not used again.
        unsafe {
            let moved = self.alloc_reserve(new_layout, spare_half);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            moved
        }
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// The counts, of which `peak` starts again from what is live now.
    pub(super) fn take_counts(&mut self) -> Counts {
        let counts = self.counts;
        self.counts.peak = counts.live;
        counts
    }

    #[inline]
    fn add(&mut self, taken: usize) {
        self.counts.live += taken;
        if self.counts.live > self.counts.peak {
            self.counts.peak = self.counts.live;
        }
    }

    #[inline]
    fn is_reserve(&self, block: *mut u8) -> bool {
        block.addr().wrapping_sub(self.reserve_start) < self.reserve_len
    }

    #[cold]
    unsafe fn dealloc_reserve(&mut self, block: *mut u8, layout: Layout) {
        self.reserve_used -= footprint(layout.size());
        // SAFETY: the caller's.
        unsafe { self.reserve.c_free(block) }
    }

    /// A block that grows out of a report has become ordinary data, so it moves to the main heap.
    #[cold]
    unsafe fn leave_reserve(&mut self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
            return ptr::null_mut();
        };
        // SAFETY: two distinct blocks, each as long as the part that is copied; the old one is not used again.
        unsafe {
            let moved = self.alloc(new_layout);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                self.dealloc_reserve(block, layout);
            }
            moved
        }
    }
}

/// Reallocates by the calls of dlmalloc that take no layout, as `dealloc` frees. Those that take one assert that it fits
/// the block, and a panic here would find its own allocator locked.
///
/// # Safety
///
/// As for [`GlobalAlloc::realloc`](std::alloc::GlobalAlloc::realloc), of a block of this instance.
#[inline]
unsafe fn realloc<S: Source>(from: &mut Dlmalloc<S>, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    if layout.align() <= 2 * WORD {
        // SAFETY: the caller's.
        return unsafe { from.c_realloc(block, new_size) };
    }
    // SAFETY: two distinct blocks, each as long as the part that is copied; the old one is not used again.
    unsafe {
        let moved = from.malloc(new_size, layout.align());
        if !moved.is_null() {
            ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
            from.c_free(block);
        }
        moved
    }
}

/// What an instance of dlmalloc takes its memory from. One type for both, so that one dlmalloc is compiled.
enum Memory<S> {
    Source(S),
    Region(Region),
}

// SAFETY: each is a source.
unsafe impl<S: Source> Source for Memory<S> {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        match self {
            Memory::Source(source) => source.alloc(size),
            Memory::Region(region) => region.take(size),
        }
    }

    fn remap(&self, block: *mut u8, old: usize, new: usize, can_move: bool) -> *mut u8 {
        match self {
            Memory::Source(source) => source.remap(block, old, new, can_move),
            Memory::Region(_) => ptr::null_mut(),
        }
    }

    fn free_part(&self, block: *mut u8, old: usize, new: usize) -> bool {
        match self {
            Memory::Source(source) => source.free_part(block, old, new),
            Memory::Region(_) => false,
        }
    }

    fn free(&self, block: *mut u8, size: usize) -> bool {
        match self {
            Memory::Source(source) => source.free(block, size),
            Memory::Region(_) => false,
        }
    }

    fn can_release_part(&self, flags: u32) -> bool {
        match self {
            Memory::Source(source) => source.can_release_part(flags),
            Memory::Region(_) => false,
        }
    }

    fn allocates_zeros(&self) -> bool {
        match self {
            Memory::Source(source) => source.allocates_zeros(),
            Memory::Region(_) => false,
        }
    }

    fn page_size(&self) -> usize {
        super::PAGE
    }
}

/// A region that is given, whole, to the first who asks.
struct Region(Cell<Option<(*mut u8, usize)>>);

impl Region {
    const fn empty() -> Self {
        Region(Cell::new(None))
    }

    fn of(start: *mut u8, len: usize) -> Self {
        Region(Cell::new(Some((start, len))))
    }

    fn take(&self, size: usize) -> (*mut u8, usize, u32) {
        match self.0.get() {
            Some((start, len)) if size <= len => {
                self.0.set(None);
                (start, len, 0)
            }
            _ => (ptr::null_mut(), 0, 0),
        }
    }
}

// SAFETY: no thread owns the region.
unsafe impl Send for Region {}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
