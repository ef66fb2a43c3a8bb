//! The allocator's lock: fair to nobody, and a burden to nobody who may not wait.
//!
//! Every allocation of every thread passes here, so the free case is one compare-and-exchange in and one exchange out.
//! The held case depends on who meets it:
//!
//! - A thread that said it may block spins for about as long as it would take to fall asleep and be woken, and then sleeps
//!   until the holder wakes it. So it never waits for more than twice what the better of both would have cost, and a thread
//!   that only meets another one that allocates much does not sleep at all. Sleep matters when the holder was descheduled,
//!   which on a machine with fewer cores than threads is common: spinning would burn the very core the holder waits for.
//! - Any other thread spins until it gets in. `Atomics.wait` throws on a page's main thread, and a leader has promised
//!   never to wait. A critical section is tens of nanoseconds, so that is bearable; the exceptions are a growth of the
//!   memory and a `realloc` that must move its block.
//!
//! It is not fair: whoever finds it free takes it, also past sleepers that have just been woken. That is the wanted
//! priority. Handing over in order would put each release behind a wake-up, which costs a thousand times what the
//! critical section does, and it would let sleeping workers go before a leader that is holding up a page's event loop.
//! A thread cannot starve for long, since none keeps the lock across anything but one allocation.
//!
//! A thread that dies inside leaves it held. Nothing may call into such a memory again.

use std::{
    cell::UnsafeCell,
    hint,
    sync::atomic::{
        AtomicI32,
        Ordering::{Acquire, Relaxed, Release},
    },
};

const FREE: i32 = 0;
const HELD: i32 = 1;
/// Held, and someone may be asleep: the holder wakes one when it leaves.
const AWAITED: i32 = 2;

/// How often a thread that may sleep looks again before it does: some ten microseconds.
const SPINS: u32 = 5_000;

/// What a holder touches first stands behind the word itself in its cache line, which has to come over anyway.
#[repr(C, align(64))]
pub(crate) struct Lock<T> {
    state: AtomicI32,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached by who holds the lock alone, and `state` lets one hold it at a time.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Lock { state: AtomicI32::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Runs `f` inside. It must not panic, and nothing is prepared for it: a panic allocates before it unwinds, so it
    /// would meet this lock held by itself before any guard could release it.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        if !self.enter() {
            self.enter_held();
        }
        self.run(f)
    }

    /// Gives up after `tries` looks, so that a reader never hangs on a thread that died inside.
    pub(crate) fn with_within<R>(&self, tries: u32, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        for _ in 0..tries {
            if self.enter() {
                return Some(self.run(f));
            }
            hint::spin_loop();
        }
        None
    }

    #[inline]
    fn run<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: this thread has just entered, so it alone is inside.
        let result = f(unsafe { &mut *self.value.get() });
        if self.state.swap(FREE, Release) == AWAITED {
            sleep::wake(&self.state);
        }
        result
    }

    #[inline]
    fn enter(&self) -> bool {
        self.state.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok()
    }

    #[cold]
    #[inline(never)]
    fn enter_held(&self) {
        let mut spins = 0u32;
        loop {
            if self.state.load(Relaxed) == FREE && self.enter() {
                return;
            }
            hint::spin_loop();
            spins = spins.saturating_add(1);
            if spins >= SPINS && sleep::allowed() {
                break;
            }
        }
        // Whoever has slept cannot know whether others still do, so it takes the lock as awaited.
        while self.state.swap(AWAITED, Acquire) != FREE {
            sleep::wait(&self.state, AWAITED);
        }
    }
}

pub(crate) mod sleep {
    use std::{cell::Cell, sync::atomic::AtomicI32};

    thread_local! {
        static ALLOWED: Cell<bool> = const { Cell::new(false) };
    }

    pub fn allow(allowed: bool) {
        ALLOWED.set(allowed);
    }

    pub fn allowed() -> bool {
        ALLOWED.get()
    }

    #[cfg(all(target_arch = "wasm32", target_feature = "atomics"))]
    pub fn wait(state: &AtomicI32, expected: i32) {
        // SAFETY: the pointer is that of a live, aligned word, and this thread said that it may block.
        unsafe { core::arch::wasm32::memory_atomic_wait32(state.as_ptr(), expected, -1) };
    }

    #[cfg(all(target_arch = "wasm32", target_feature = "atomics"))]
    #[cold]
    pub fn wake(state: &AtomicI32) {
        // SAFETY: as above.
        unsafe { core::arch::wasm32::memory_atomic_notify(state.as_ptr(), 1) };
    }

    #[cfg(not(all(target_arch = "wasm32", target_feature = "atomics")))]
    pub fn wait(_: &AtomicI32, _: i32) {
        std::thread::yield_now();
    }

    #[cfg(not(all(target_arch = "wasm32", target_feature = "atomics")))]
    pub fn wake(_: &AtomicI32) {}
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn count_up_on_four_threads(may_sleep: bool) {
        let lock = Lock::new(0u32);
        let rounds = if cfg!(miri) { 50 } else { 20_000 };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    sleep::allow(may_sleep);
                    for _ in 0..rounds {
                        lock.with(|count| *count += 1);
                    }
                });
            }
        });
        assert_eq!(lock.with(|count| *count), 4 * rounds);
    }

    #[test]
    fn one_at_a_time_by_spinning() {
        count_up_on_four_threads(false);
    }

    #[test]
    fn one_at_a_time_by_sleeping() {
        count_up_on_four_threads(true);
    }

    #[test]
    fn a_bounded_try_gives_up_on_a_holder_that_stays() {
        let lock = Lock::new(());
        lock.with(|()| assert_eq!(lock.with_within(10, |()| ()), None));
        assert_eq!(lock.with_within(1, |()| ()), Some(()));
    }
}
