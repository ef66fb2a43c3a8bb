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
    depth: AtomicU32,
    open: [OpenJob; OPEN_MAX],
}

#[derive(Debug, Default)]
struct OpenJob {
    job: AtomicU64,
    since_us: AtomicU64,
}

/// What was read of a slot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    pub done: u64,
    /// Job and microseconds of its begin, outermost first; at most [`OPEN_MAX`].
    pub open: Vec<(u64, u64)>,
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

    pub fn leave(&self) {
        let depth = self.depth.load(Ordering::Relaxed);
        self.depth.store(depth.saturating_sub(1), Ordering::Release);
        self.done.store(self.done.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// How many jobs are open, and the `n`th of those shown.
    pub fn depth(&self) -> usize {
        (self.depth.load(Ordering::Acquire) as usize).min(OPEN_MAX)
    }

    pub fn open(&self, n: usize) -> Option<(u64, u64)> {
        let open = self.open.get(n)?;
        Some((open.job.load(Ordering::Relaxed), open.since_us.load(Ordering::Relaxed)))
    }

    pub fn sample(&self) -> Sample {
        Sample { done: self.done(), open: (0..self.depth()).filter_map(|n| self.open(n)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_jobs_are_shown_outermost_first() {
        let slot = Slot::default();
        slot.enter(7, 100);
        slot.enter(8, 200);
        assert_eq!(slot.sample(), Sample { done: 0, open: vec![(7, 100), (8, 200)] });
        slot.leave();
        assert_eq!(slot.sample(), Sample { done: 1, open: vec![(7, 100)] });
        slot.leave();
        assert_eq!(slot.sample(), Sample { done: 2, open: vec![] });
    }

    #[test]
    fn deeper_than_shown_is_counted_all_the_same() {
        let slot = Slot::default();
        for job in 0..20 {
            slot.enter(job, 0);
        }
        assert_eq!(slot.sample().open.len(), OPEN_MAX);
        for _ in 0..20 {
            slot.leave();
        }
        assert_eq!(slot.sample(), Sample { done: 20, open: vec![] });
    }
}
