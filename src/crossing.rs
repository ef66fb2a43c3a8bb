//! Whether an exception of JavaScript is about to pass frames of Rayon's.
//!
//! `join`, `scope` and `broadcast` keep what other threads may read and write in frames of their own, and return when those are
//! done. An exception of JavaScript's takes the frames away at once, and Rayon has no hook to ask by. But each of these
//! frames names its registry: `scope` and `broadcast` by a pointer to it, `join` by the place of such a pointer in its thread's own
//! oldest frame. So, before the exception leaves, the words of the stack are looked through for either.
//!
//! None is missed. A hole in a frame may still have such a word of an earlier call, of `spawn` too: that costs a generation. So what
//! a job's frames will lie on is cleared before.

use std::ops::Range;

/// No pointer of Rayon's is less: below are counts and flags.
const LEAST_ADDRESS: usize = 4096;
const WORD: usize = size_of::<usize>();

/// What the frames of a task need that calls little before it throws.
const CLEARED: usize = 4096;

/// Takes the words of earlier jobs off the stack below the caller's frame.
#[inline(never)]
pub(crate) fn clear_stack() {
    std::hint::black_box(&mut [0_u8; CLEARED]);
}

/// Whether Rayon waits for something in a frame of `stack`, which is part of this thread's, whose first frame ends at `top`.
///
/// # Safety
///
/// From the start of `stack` to `top` all words can be read.
pub(crate) unsafe fn is_in_rayon(stack: Range<usize>, top: usize) -> bool {
    let Some(registry) = registry() else { return true };
    let mut places = (stack.start.next_multiple_of(WORD)..stack.end).step_by(WORD);
    let is_place = |word: usize| word.is_multiple_of(WORD) && (stack.end..top).contains(&word);
    // SAFETY: by this function's contract.
    let names_it = |word| word == registry || (is_place(word) && unsafe { word_at(word) } == registry);
    // SAFETY: by this function's contract.
    places.any(|place| names_it(unsafe { word_at(place) }))
}

/// Where this thread's registry is: of a scope's words, the address that is there twice, for the scope and for who waits for it.
/// None if scopes are of another shape than rayon-core 1.13 gives them, or this is no thread of Rayon's.
fn registry() -> Option<usize> {
    rayon::current_thread_index()?;
    rayon::scope(|scope| {
        let begin = (&raw const *scope).addr();
        let words = || {
            let places = (begin..begin + size_of_val(scope)).step_by(WORD);
            // SAFETY: they are the scope's.
            places.map(|at| unsafe { word_at(at) })
        };
        let is_twice = |word: &usize| words().filter(|other| other == word).count() == 2;
        words().filter(|&word| word >= LEAST_ADDRESS).find(is_twice)
    })
}

/// # Safety
///
/// `at` is the address of a word that can be read.
unsafe fn word_at(at: usize) -> usize {
    // SAFETY: by this function's contract. Volatile: nothing is known of who wrote it, and of when.
    unsafe { std::ptr::with_exposed_provenance::<usize>(at).read_volatile() }
}

#[cfg(all(test, not(miri)))]
mod tests {
    use super::*;

    use std::cell::Cell;
    use std::hint::black_box;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Runs `body` in a pool of two threads, in frames of its own: it is given a question, whether Rayon waits in one of them.
    fn in_pool(body: fn(Asks)) {
        thread_local! {
            static TOP: Cell<usize> = const { Cell::new(0) };
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(2)
            .spawn_handler(|thread| {
                std::thread::spawn(|| {
                    let top = 0_usize;
                    TOP.set((&raw const top).addr());
                    thread.run();
                    black_box(top);
                });
                Ok(())
            })
            .build()
            .unwrap();
        pool.install(|| {
            let root = 0_usize;
            black_box(body)(Asks { root: (&raw const root).addr(), top: TOP.get() });
        });
    }

    #[derive(Clone, Copy)]
    struct Asks {
        root: usize,
        top: usize,
    }

    impl Asks {
        #[inline(never)]
        fn is_in_rayon(self) -> bool {
            let here = 0_usize;
            // SAFETY: both are the stack of the thread that asks.
            unsafe { is_in_rayon((&raw const here).addr()..self.root, self.top) }
        }
    }

    #[test]
    fn each_way_in_which_rayon_waits_is_seen() {
        in_pool(|asks| assert!(rayon::join(|| asks.is_in_rayon(), || ()).0));
        in_pool(|asks| assert!(rayon::scope(|_| asks.is_in_rayon())));
        in_pool(|asks| assert!(rayon::scope_fifo(|_| asks.is_in_rayon())));
        in_pool(|asks| assert!(rayon::in_place_scope(|_| asks.is_in_rayon())));
    }

    #[test]
    fn a_piece_that_another_thread_has_taken_is_seen() {
        in_pool(|asks| {
            let (taken, done) = (AtomicBool::new(false), AtomicBool::new(false));
            let wait = |flag: &AtomicBool| while !flag.load(Ordering::Acquire) {};
            let here = || {
                wait(&taken);
                let is_in_rayon = asks.is_in_rayon();
                done.store(true, Ordering::Release);
                is_in_rayon
            };
            let there = || {
                taken.store(true, Ordering::Release);
                wait(&done);
            };
            assert!(rayon::join(here, there).0);
        });
    }

    #[test]
    fn frames_without_rayon_are_told_from_those() {
        in_pool(|asks| {
            let frame = black_box([asks.root; 64]);
            assert!(!asks.is_in_rayon());
            black_box(frame);
            // What is spawned waits for nobody's frame.
            rayon::spawn(|| ());
            assert!(!asks.is_in_rayon());
        });
    }

    #[test]
    fn who_is_no_thread_of_rayon_is_taken_for_one_that_waits() {
        let root = 0_usize;
        assert!(Asks { root: (&raw const root).addr(), top: 0 }.is_in_rayon());
    }
}
