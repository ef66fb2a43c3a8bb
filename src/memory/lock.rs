//! The allocator's lock: fair to nobody, and a burden to nobody who may not wait.
//!
//! Every allocation of every thread passes here, so the free case is one compare-and-exchange in and one exchange out.
//! The held case depends on who meets it:
//!
//! - A thread that said it may block spins for about a microsecond, longer than nearly every holder needs, and then
//!   sleeps until the holder wakes it. That matters when the holder was descheduled, which on a machine with fewer cores
//!   than threads is common: spinning would burn the very core the holder waits for.
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
    ops::{Deref, DerefMut},
    sync::atomic::{
        AtomicI32,
        Ordering::{Acquire, Relaxed, Release},
    },
};

const FREE: i32 = 0;
const HELD: i32 = 1;
/// Held, and someone may be asleep: the holder wakes one when it leaves.
const AWAITED: i32 = 2;

/// How often a thread that may sleep looks again before it does.
const SPINS: u32 = 200;

pub(super) struct Lock<T> {
    state: AtomicI32,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through a `Guard` alone, and `state` lets one exist at a time.
unsafe impl<T: Send> Sync for Lock<T> {}

#[must_use]
pub(super) struct Guard<'a, T>(&'a Lock<T>);

impl<T> Lock<T> {
    pub(super) const fn new(value: T) -> Self {
        Lock { state: AtomicI32::new(FREE), value: UnsafeCell::new(value) }
    }

    #[inline]
    pub(super) fn lock(&self) -> Guard<'_, T> {
        if self.enter(HELD) { Guard(self) } else { self.lock_held() }
    }

    /// Gives up after `tries` looks, so that a reader never hangs on a thread that died inside.
    pub(super) fn lock_within(&self, tries: u32) -> Option<Guard<'_, T>> {
        for _ in 0..tries {
            if self.enter(HELD) {
                return Some(Guard(self));
            }
            hint::spin_loop();
        }
        None
    }

    #[inline]
    fn enter(&self, state: i32) -> bool {
        self.state.compare_exchange(FREE, state, Acquire, Relaxed).is_ok()
    }

    #[cold]
    fn lock_held(&self) -> Guard<'_, T> {
        let mut spins = 0;
        loop {
            if self.state.load(Relaxed) == FREE && self.enter(HELD) {
                return Guard(self);
            }
            hint::spin_loop();
            spins += 1;
            if spins >= SPINS && sleep::allowed() {
                break;
            }
        }
        // Whoever has slept cannot know whether others still do, so it takes the lock as awaited.
        while self.state.swap(AWAITED, Acquire) != FREE {
            sleep::wait(&self.state, AWAITED);
        }
        Guard(self)
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard is the proof that this thread alone is inside.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.0.state.swap(FREE, Release) == AWAITED {
            sleep::wake(&self.0.state);
        }
    }
}

pub(super) mod sleep {
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

#[cfg(test)]
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
                        *lock.lock() += 1;
                    }
                });
            }
        });
        assert_eq!(*lock.lock(), 4 * rounds);
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
        let held = lock.lock();
        assert!(lock.lock_within(10).is_none());
        drop(held);
        assert!(lock.lock_within(1).is_some());
    }
}
