//! One life of a pool, as the coordinator knows it.

use std::collections::{BTreeMap, BTreeSet};

use super::time::Time;
use super::vocabulary::{GenerationId, JobId, Reason, Report};

#[derive(Clone, Debug)]
pub(super) struct Generation {
    pub phase: GenerationPhase,
    /// Posted and not ended, abandoned ones included.
    pub jobs: BTreeSet<JobId>,
    /// The latest report of each thread.
    pub reports: BTreeMap<u32, (Report, Time)>,
    pub started_at: Time,
    /// The most its memory may hold, in bytes: what was asked for, until the device has granted less.
    pub limit: u64,
    /// Jobs it has ended.
    pub ended: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum GenerationPhase {
    /// Its leader has not spoken yet, or its threads are not up.
    Starting,
    /// Takes jobs.
    Serving,
    /// Takes no more; has some left.
    Draining { successor: Option<Succession> },
    /// Told to retire.
    Retiring { successor: Option<Succession> },
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
    pub fn new(now: Time, limit: u64) -> Self {
        Generation {
            phase: GenerationPhase::Starting,
            jobs: BTreeSet::new(),
            reports: BTreeMap::new(),
            started_at: now,
            limit,
            ended: 0,
        }
    }

    /// The newest report. Threads share one memory: the numbers are never added up.
    pub fn newest_report(&self) -> Option<&Report> {
        self.reports.values().max_by_key(|(_, at)| *at).map(|(report, _)| report)
    }

    pub fn phase_name(&self) -> &'static str {
        match self.phase {
            GenerationPhase::Starting => "starting",
            GenerationPhase::Serving => "serving",
            GenerationPhase::Draining { .. } => "draining",
            GenerationPhase::Retiring { .. } => "retiring",
        }
    }
}
