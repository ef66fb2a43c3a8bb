//! One life of a pool, as the coordinator knows it.

use super::gauge::Gauge;
use super::posted::Posted;
use super::sorted::Sorted;
use super::time::Time;
use super::usage::Usage;
use super::vocabulary::{GenerationId, Level, Reason, Report};

#[derive(Clone, Debug)]
pub(super) struct Generation {
    pub phase: GenerationPhase,
    pub jobs: Posted,
    /// Those that have reported.
    pub threads: Sorted<u32, Thread>,
    /// The most bytes that its memory may reach: what was asked for, until the device has granted less.
    pub limit: u64,
    pub gauge: Gauge,
    /// As it was judged last.
    pub level: Level,
    pub wants_recycle: bool,
    /// A job in it found no memory: what is free may lie in pieces.
    pub has_exhausted: bool,
    /// An exception has left a job in it: locks may be held there for good, and memory.
    pub has_thrown: bool,
    /// Which try of its start it is, from 1.
    pub tries: u32,
    pub started_at: Time,
    /// When the first try of its start began.
    pub wanted_at: Time,
    /// When it was up.
    pub ready_at: Time,
    /// Jobs it was given.
    pub posted: u64,
    /// Jobs it has ended.
    pub ended: u64,
    /// When its leader said something last.
    pub heard_at: Time,
    /// Why it is about to be lost: a trap was told, and the leader's word of it is still awaited.
    pub trapped: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Thread {
    /// Its latest.
    pub report: Report,
    /// When that was heard.
    pub reported_at: Time,
    pub usage: Usage,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum GenerationPhase {
    /// Its leader has not spoken yet, or its threads are not up.
    Starting,
    /// Takes jobs.
    Serving,
    /// Takes no more; has some left.
    Draining { successor: Option<Succession> },
    /// Has none left, and was asked for a snapshot before it retires.
    Handing,
    /// Told to retire.
    Retiring { successor: Option<Succession>, since: Time },
}

/// The recycle a generation ends for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Succession {
    pub to: GenerationId,
    pub reason: Reason,
    pub wished_at: Time,
    pub pause: Pause,
}

/// The time in which nobody takes jobs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pause {
    None,
    Since(Time),
}

impl Generation {
    pub fn new(limit: u64, now: Time) -> Self {
        Generation {
            phase: GenerationPhase::Starting,
            jobs: Posted::default(),
            threads: Sorted::default(),
            limit,
            gauge: Gauge::default(),
            level: Level::Calm,
            wants_recycle: false,
            has_exhausted: false,
            has_thrown: false,
            tries: 1,
            started_at: now,
            wanted_at: now,
            ready_at: now,
            posted: 0,
            ended: 0,
            heard_at: now,
            trapped: None,
        }
    }

    pub fn reported(&mut self, report: Report, now: Time) {
        let number = report.thread;
        let mut usage =
            self.threads.get_mut(number).map(|thread| std::mem::take(&mut thread.usage)).unwrap_or_default();
        usage.read(report.worked_ms, now);
        self.threads.insert(number, Thread { report, reported_at: now, usage });
    }

    pub fn phase_name(&self) -> &'static str {
        match self.phase {
            GenerationPhase::Starting => "starting",
            GenerationPhase::Serving => "serving",
            GenerationPhase::Draining { .. } | GenerationPhase::Handing => "draining",
            GenerationPhase::Retiring { .. } => "retiring",
        }
    }
}
