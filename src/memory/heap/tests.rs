use std::alloc::{GlobalAlloc, System};

use proptest::prelude::*;

use super::*;

const RESERVE: usize = super::super::PAGE;

/// Pages one after the other, as a wasm memory gives them, until the limit.
struct Limited {
    memory: *mut u8,
    layout: Layout,
    given: Cell<usize>,
}

impl Limited {
    fn new(limit: usize) -> Self {
        let page = super::super::PAGE;
        let layout = Layout::from_size_align(limit.max(page), page).unwrap();
        // SAFETY: the size is not zero.
        Limited { memory: unsafe { System.alloc_zeroed(layout) }, layout, given: Cell::new(layout.size() - limit) }
    }
}

// SAFETY: a test keeps it on one thread.
unsafe impl Send for Limited {}

impl Drop for Limited {
    fn drop(&mut self) {
        // SAFETY: allocated above by the same layout; the heap that used it is being dropped.
        unsafe { System.dealloc(self.memory, self.layout) };
    }
}

// SAFETY: each region is the next one.
unsafe impl Source for Limited {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let given = self.given.get();
        if size > self.layout.size() - given {
            return (ptr::null_mut(), 0, 0);
        }
        self.given.set(given + size);
        // SAFETY: inside the memory, as just seen.
        (unsafe { self.memory.add(given) }, size, 0)
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
        super::super::PAGE
    }
}

/// dlmalloc points into itself, so a heap that has served must not move.
fn heap(limit: usize) -> Box<Heap<Limited>> {
    Box::new(Heap::new(Limited::new(limit)))
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 1).unwrap()
}

/// Allocates blocks of `size` until the memory has none.
fn fill(heap: &mut Heap<Limited>, size: usize) -> Vec<*mut u8> {
    // SAFETY: a proper layout.
    std::iter::from_fn(|| Some(unsafe { heap.alloc(layout(size)) }).filter(|block| !block.is_null())).collect()
}

#[test]
fn live_tells_how_full_the_memory_is_whatever_the_size_of_the_blocks() {
    for size in [1, 40, 4096, 100_000] {
        let limit = 1 << 20;
        let mut heap = heap(limit);
        fill(&mut heap, size);
        let live = heap.counts().live;
        assert!(live <= limit, "{size}: {live} of {limit}");
        assert!(live + footprint(size) + 4096 >= limit - super::super::PAGE, "{size}: {live} of {limit}");
    }
}

#[test]
fn what_was_freed_in_an_exhausted_memory_serves_again() {
    let mut heap = heap(1 << 20);
    let blocks = fill(&mut heap, 40);
    for &block in &blocks {
        // SAFETY: allocated above, freed once.
        unsafe { heap.dealloc(block, layout(40)) };
    }
    assert_eq!(heap.counts().live, 0);
    assert_eq!(fill(&mut heap, 40).len(), blocks.len());
}

#[test]
fn the_peak_starts_again_where_it_is_taken() {
    let mut heap = heap(1 << 20);
    // SAFETY: allocated once, freed once.
    unsafe {
        let first = heap.alloc(layout(1000));
        heap.dealloc(first, layout(1000));
        let second = heap.alloc(layout(10));
        assert_eq!(heap.take_counts(), Counts { live: footprint(10), peak: footprint(1000) });
        assert_eq!(heap.counts(), Counts { live: footprint(10), peak: footprint(10) });
        heap.dealloc(second, layout(10));
    }
}

#[test]
fn without_a_reserve_there_is_none() {
    let mut heap = heap(1 << 20);
    // SAFETY: a proper layout.
    assert!(unsafe { heap.alloc_reserve(layout(1), false) }.is_null());
}

#[test]
fn a_source_that_gives_nothing_is_no_reserve() {
    assert!(!heap(0).set_aside(RESERVE));
}

#[test]
fn an_exhausted_memory_still_has_its_reserve_again_and_again() {
    let mut heap = heap(1 << 20);
    assert!(heap.set_aside(RESERVE));
    let blocks = fill(&mut heap, 40);
    let live = heap.counts().live;
    // More in all than the reserve holds, with one payload that stays throughout.
    // SAFETY: each block is freed once, by the layout that it has then.
    unsafe {
        let payload = heap.alloc_reserve(layout(12), false);
        for _ in 0..1000 {
            let message = heap.alloc_reserve(layout(100), false);
            let message = heap.realloc_reserve(message, layout(100), 20_000, false);
            let other = heap.alloc_reserve(layout(40), false);
            assert!(!message.is_null() && !other.is_null());
            heap.dealloc(message, layout(20_000));
            heap.dealloc(other, layout(40));
        }
        heap.dealloc(payload, layout(12));
    }
    assert_eq!((heap.counts().live, heap.reserve_used), (live, 0));
    assert!(!blocks.is_empty());
}

#[test]
fn claims_on_credit_leave_half_of_the_reserve() {
    let mut heap = heap(1 << 20);
    assert!(heap.set_aside(RESERVE));
    // SAFETY: proper layouts.
    let bought = std::iter::repeat_with(|| unsafe { heap.alloc_reserve(layout(8), true) })
        .take_while(|block| !block.is_null())
        .count();
    assert_eq!(bought, RESERVE / 2 / footprint(8));
    // SAFETY: a proper layout.
    assert!(!unsafe { heap.alloc_reserve(layout(RESERVE / 4), false) }.is_null());
}

#[test]
fn a_block_that_grows_leaves_the_reserve_when_the_memory_has_room() {
    let mut heap = heap(1 << 20);
    assert!(heap.set_aside(RESERVE));
    // SAFETY: as long as it says, and freed once.
    unsafe {
        let block = heap.alloc_reserve(layout(3), false);
        block.copy_from_nonoverlapping(b"abc".as_ptr(), 3);
        let moved = heap.realloc(block, layout(3), 100);
        assert!(!heap.is_reserve(moved));
        assert_eq!(std::slice::from_raw_parts(moved, 3), b"abc");
        assert_eq!((heap.counts().live, heap.reserve_used), (footprint(100), 0));
        heap.dealloc(moved, layout(100));
    }
}

#[test]
fn a_block_that_cannot_grow_any_more_moves_into_the_reserve() {
    let mut heap = heap(1 << 20);
    assert!(heap.set_aside(RESERVE));
    // SAFETY: as long as it says, and freed once.
    unsafe {
        let block = heap.alloc(layout(3));
        block.copy_from_nonoverlapping(b"abc".as_ptr(), 3);
        fill(&mut heap, 40);
        assert!(heap.realloc(block, layout(3), 5000).is_null());
        let moved = heap.realloc_reserve(block, layout(3), 5000, false);
        assert!(heap.is_reserve(moved));
        assert_eq!(std::slice::from_raw_parts(moved, 3), b"abc");
        heap.dealloc(moved, layout(5000));
    }
}

#[derive(Clone, Debug)]
enum Op {
    Alloc {
        size: usize,
        align_log2: u32,
    },
    Realloc {
        which: prop::sample::Index,
        size: usize,
    },
    Dealloc {
        which: prop::sample::Index,
    },
    /// As `Alloc`, by a thread in distress.
    Rescue {
        size: usize,
    },
    Check,
}

fn op() -> impl Strategy<Value = Op> {
    let size = || prop_oneof![6 => 0usize..200, 2 => 200usize..20_000, 1 => 20_000usize..400_000];
    prop_oneof![
        5 => (size(), 0u32..9).prop_map(|(size, align_log2)| Op::Alloc { size, align_log2 }),
        3 => (any::<prop::sample::Index>(), size()).prop_map(|(which, size)| Op::Realloc { which, size }),
        3 => any::<prop::sample::Index>().prop_map(|which| Op::Dealloc { which }),
        1 => (0usize..10_000).prop_map(|size| Op::Rescue { size }),
        1 => Just(Op::Check),
    ]
}

struct Block {
    start: *mut u8,
    layout: Layout,
    mark: u8,
}

impl Block {
    fn new(start: *mut u8, layout: Layout, mark: u8) -> Self {
        // SAFETY: the block is as long as its layout.
        unsafe { start.write_bytes(mark, layout.size()) };
        Block { start, layout, mark }
    }

    fn holds(&self, len: usize) -> bool {
        // SAFETY: the block is as long as its layout, and was written by `new`.
        unsafe { std::slice::from_raw_parts(self.start, len) }.iter().all(|&byte| byte == self.mark)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 256 }, failure_persistence: None, ..Default::default() })]

    /// Against a model that only remembers what was handed out: contents stay, alignments hold, nothing overlaps (each
    /// block is full of its own mark), and both counters are exact, in a memory that is often exhausted.
    #[test]
    fn any_sequence_agrees_with_the_model(ops in prop::collection::vec(op(), 1..300)) {
        let mut heap = heap(1 << 20);
        prop_assert!(heap.set_aside(RESERVE));
        let mut blocks: Vec<Block> = Vec::new();
        let mut peak = 0;
        for (number, op) in ops.into_iter().enumerate() {
            let mark = number as u8;
            match op {
                Op::Alloc { size, align_log2 } => {
                    let layout = Layout::from_size_align(size, 1 << align_log2).unwrap();
                    // SAFETY: a proper layout.
                    let start = unsafe { heap.alloc(layout) };
                    if !start.is_null() {
                        prop_assert_eq!(start.addr() % layout.align(), 0);
                        prop_assert!(!heap.is_reserve(start));
                        blocks.push(Block::new(start, layout, mark));
                    }
                }
                Op::Rescue { size } => {
                    // SAFETY: a proper layout.
                    let start = unsafe { heap.alloc_reserve(layout(size), false) };
                    if !start.is_null() {
                        prop_assert!(heap.is_reserve(start));
                        blocks.push(Block::new(start, layout(size), mark));
                    }
                }
                Op::Realloc { which, size } => {
                    if blocks.is_empty() {
                        continue;
                    }
                    let index = which.index(blocks.len());
                    let block = &mut blocks[index];
                    let from_reserve = heap.is_reserve(block.start);
                    // SAFETY: a block of this heap.
                    let mut start = unsafe { heap.realloc(block.start, block.layout, size) };
                    if start.is_null() && from_reserve {
                        // SAFETY: as above; it is still what it was.
                        start = unsafe { heap.realloc_reserve(block.start, block.layout, size, false) };
                    }
                    let kept = block.layout.size().min(size);
                    if start.is_null() {
                        prop_assert!(block.holds(block.layout.size()));
                    } else {
                        let layout = Layout::from_size_align(size, block.layout.align()).unwrap();
                        prop_assert_eq!(start.addr() % layout.align(), 0);
                        let moved = Block { start, layout, mark: block.mark };
                        prop_assert!(moved.holds(kept));
                        *block = Block::new(start, layout, mark);
                    }
                }
                Op::Dealloc { which } => {
                    if blocks.is_empty() {
                        continue;
                    }
                    let block = blocks.swap_remove(which.index(blocks.len()));
                    prop_assert!(block.holds(block.layout.size()));
                    // SAFETY: a block of this heap, not used again.
                    unsafe { heap.dealloc(block.start, block.layout) };
                }
                Op::Check => {
                    prop_assert_eq!(heap.take_counts().peak, peak);
                    peak = heap.counts().live;
                }
            }
            let (reserve, main): (Vec<_>, Vec<_>) = blocks.iter().partition(|block| heap.is_reserve(block.start));
            let taken = |blocks: &[&Block]| blocks.iter().map(|block| footprint(block.layout.size())).sum::<usize>();
            peak = peak.max(taken(&main));
            prop_assert_eq!(heap.counts(), Counts { live: taken(&main), peak });
            prop_assert_eq!(heap.reserve_used, taken(&reserve));
        }
        for block in blocks {
            prop_assert!(block.holds(block.layout.size()));
            // SAFETY: a block of this heap, not used again.
            unsafe { heap.dealloc(block.start, block.layout) };
        }
        prop_assert_eq!((heap.counts().live, heap.reserve_used), (0, 0));
    }
}
