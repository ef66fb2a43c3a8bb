//! A job from its call to its settlement, and on to the end of its run.

use super::time::Time;
use super::vocabulary::{Call, GenerationId};

/// A rerun after a lost generation is for bad luck. A job that meets it this often is the cause.
pub(super) const RUNS_MAX: u32 = 3;

#[derive(Clone, Debug)]
pub(super) struct Job {
    pub call: Call,
    pub phase: JobPhase,
    pub called_at: Time,
    /// Its last post; its call, before there is one.
    pub posted_at: Time,
    /// Runs begun, this one included.
    pub runs: u32,
    /// It found no memory in this generation, and may run once more with another to itself.
    pub alone: Option<GenerationId>,
    /// What was live when it was posted, and when, as long as no other job shares its generation.
    pub alone_from: Option<(u64, Time)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum JobPhase {
    Queued {
        since: Time,
    },
    /// In a generation. Invariant 1: a job is here, or settled, never both.
    Posted {
        generation: GenerationId,
    },
    /// Settled early, by its timeout or signal, while it still runs. Kept until its generation is rid of it.
    /// `hung` once it has also outlived its timeout and the grace to stop after it.
    Abandoned {
        generation: GenerationId,
        hung: bool,
    },
}

impl Job {
    pub fn new(call: Call, now: Time) -> Self {
        Job {
            call,
            phase: JobPhase::Queued { since: now },
            called_at: now,
            posted_at: now,
            runs: 0,
            alone: None,
            alone_from: None,
        }
    }

    /// Whether it may be tried on another generation (invariant 2).
    pub fn may_rerun(&self) -> bool {
        self.call.idempotent && self.runs < RUNS_MAX
    }
}
