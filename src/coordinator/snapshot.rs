//! What the old generation hands on to the new one.
//!
//! In blue-green the snapshot is taken while the old generation goes on working, so it may hold caches, never truth. In
//! drain-first it is taken when the last job has ended, and is exact.

use super::generation::GenerationPhase;
use super::timers::Deadline;
use super::vocabulary::*;
use super::{Coordinator, Phase};

/// A snapshot that takes longer is done without: its thread may be busy with a job for as long as that takes.
pub(super) const SNAPSHOT_MS: f64 = 5_000.0;

impl Coordinator {
    /// Asks for a snapshot, and goes on in [`snapshot_came`](Self::snapshot_came).
    pub(super) fn ask_for_snapshot(&mut self, id: GenerationId) {
        self.timers.set(Deadline::Snapshot(id), self.now.after_ms(SNAPSHOT_MS));
        self.ask(id, Output::Snapshot(id));
    }

    /// The snapshot is there, or there will be none, for this reason.
    pub(super) fn snapshot_came(&mut self, id: GenerationId, failed: Option<String>) {
        let hands_on = self.generations.get(id).is_some_and(|generation| generation.phase == GenerationPhase::Handing);
        let snapshotting = match self.phase {
            Phase::Snapshotting { current, reason, wished_at } if current == id => Some((reason, wished_at)),
            _ => None,
        };
        // Too late, or never asked for.
        if !hands_on && snapshotting.is_none() {
            return;
        }
        self.timers.cancel(Deadline::Snapshot(id));
        if let Some(cause) = failed {
            self.emit(Event::SnapshotFailed { generation: id, cause });
        }
        match snapshotting {
            Some((reason, wished_at)) => self.begin_next(id, reason, wished_at),
            None => self.retire(id, None),
        }
    }
}
