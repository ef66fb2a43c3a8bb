//! What each thread is doing, where the leader can see it while the thread is busy.
//!
//! A busy thread can post but hears nothing, so nobody can ask it. Each keeps a slot of atomics in the shared memory; the
//! leader reads them on its own timer.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Jobs shown of one thread's stack. Rayon may nest more: it takes work while it waits.
pub const OPEN_MAX: usize = 8;

/// A thread's slot. Written by its thread alone, so plain stores do; read by the leader, who may see a job that has just
/// ended or not yet the one that has just begun.
#[derive(Debug, Default)]
pub struct Slot {
    done: AtomicU64,
    /// In which a job was open, up to the last end.
    worked_us: AtomicU64,
    depth: AtomicU32,
    open: [OpenJob; OPEN_MAX],
}

#[derive(Debug, Default)]
struct OpenJob {
    job: AtomicU64,
    since_us: AtomicU64,
}

impl Slot {
    pub fn enter(&self, job: u64, now_us: u64) {
        let depth = self.depth.load(Ordering::Relaxed) as usize;
        if let Some(open) = self.open.get(depth) {
            open.job.store(job, Ordering::Relaxed);
            open.since_us.store(now_us, Ordering::Relaxed);
        }
        self.depth.store(depth as u32 + 1, Ordering::Release);
    }

    pub fn leave(&self, now_us: u64) {
        let depth = self.depth.load(Ordering::Relaxed);
        let worked_us = self.worked_us(now_us);
        self.depth.store(depth.saturating_sub(1), Ordering::Release);
        if depth == 1 {
            // Last, and read first: a sample may miss what has just ended, and never counts it twice.
            self.worked_us.store(worked_us, Ordering::Release);
        }
        self.done.store(self.done.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// How long it has had an open job.
    pub fn worked_us(&self, now_us: u64) -> u64 {
        let ended_us = self.worked_us.load(Ordering::Acquire);
        match self.depth() {
            0 => ended_us,
            _ => ended_us + now_us.saturating_sub(self.open[0].since_us.load(Ordering::Relaxed)),
        }
    }

    /// How many jobs are open, and the `n`th of those shown.
    pub fn depth(&self) -> usize {
        (self.depth.load(Ordering::Acquire) as usize).min(OPEN_MAX)
    }

    pub fn open(&self, n: usize) -> Option<(u64, u64)> {
        let open = self.open.get(n)?;
        Some((open.job.load(Ordering::Relaxed), open.since_us.load(Ordering::Relaxed)))
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn sample(slot: &Slot) -> (u64, Vec<(u64, u64)>) {
        (slot.done(), (0..slot.depth()).filter_map(|n| slot.open(n)).collect())
    }

    #[test]
    fn nested_jobs_are_shown_outermost_first() {
        let slot = Slot::default();
        slot.enter(7, 100);
        slot.enter(8, 200);
        assert_eq!(sample(&slot), (0, vec![(7, 100), (8, 200)]));
        slot.leave(250);
        assert_eq!(sample(&slot), (1, vec![(7, 100)]));
        assert_eq!(slot.worked_us(300), 200);
        slot.leave(300);
        assert_eq!(sample(&slot), (2, vec![]));
        assert_eq!(slot.worked_us(1000), 200);
        slot.enter(9, 2000);
        assert_eq!(slot.worked_us(2010), 210);
    }

    #[test]
    fn deeper_than_shown_is_counted_all_the_same() {
        let slot = Slot::default();
        for job in 0..20 {
            slot.enter(job, 0);
        }
        assert_eq!(sample(&slot).1.len(), OPEN_MAX);
        for _ in 0..20 {
            slot.leave(0);
        }
        assert_eq!(sample(&slot), (20, vec![]));
    }
}
