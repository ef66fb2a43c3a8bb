//! One generation for another: blue-green, or drain-first.

use super::generation::{Generation, GenerationPhase, Pause, Succession};
use super::job::{Job, JobPhase};
use super::life::Loss;
use super::timers::Deadline;
use super::vocabulary::*;
use super::{Canary, Coordinator, Overlap, Phase, Replaced};

impl Coordinator {
    /// Somebody wants a fresh generation. A recycle that is under way is the one; else it begins as soon as it can.
    pub(super) fn wish_recycle(&mut self, reason: Reason) {
        match self.phase {
            Phase::Exited | Phase::Exiting { .. } => {
                self.emit(Event::RecycleFailed { from: self.newest, reason, cause: "the pool has exited".into() });
            }
            Phase::Replacing { .. } | Phase::Emptying { .. } => {}
            Phase::Restarting { after: Some(_), .. } | Phase::Pausing { after: Some(_) } => {}
            _ => {
                if let Some(cause) = self.unserved() {
                    return self.emit(Event::RecycleFailed { from: self.newest, reason, cause });
                }
                self.wish.get_or_insert((reason, self.now));
            }
        }
    }

    /// The number that the generation has at the least which a wish made now leads to.
    pub fn recycle_target(&self) -> GenerationId {
        match self.phase {
            Phase::Replacing { next, .. } => next,
            Phase::Restarting { generation, after: Some(_) } => generation,
            _ => GenerationId(self.newest.0 + 1),
        }
    }

    /// The recycle under way, or wished for, comes to nothing.
    pub(super) fn fail_recycle(&mut self, cause: &str) {
        let under_way = match &mut self.phase {
            Phase::Replacing { current: from, reason, .. } | Phase::Emptying { old: from, reason, .. } => {
                Some((*from, *reason))
            }
            Phase::Restarting { after, .. } | Phase::Pausing { after } => {
                after.take().map(|replaced| (replaced.from, replaced.reason))
            }
            _ => None,
        };
        let wished = self.wish.take().map(|(reason, _)| (self.newest, reason));
        for (from, reason) in under_way.into_iter().chain(wished) {
            if self.canary(Canary::SilentRecycle) {
                continue;
            }
            self.emit(Event::RecycleFailed { from, reason, cause: cause.into() });
        }
    }

    /// Begins the recycle that is wished for, as soon as no older generation is left over from the one before.
    pub(super) fn grant_wish(&mut self) {
        let (Phase::Serving { current }, Some((reason, wished_at))) = (&self.phase, self.wish) else {
            return;
        };
        let current = *current;
        if self.generations.len() > 1 && !self.canary(Canary::CrowdedBudget) {
            return;
        }
        self.wish = None;
        match self.config.overlap {
            Overlap::BlueGreen => {
                let next = self.begin();
                self.emit(Event::RecycleStarted { from: current, to: next, reason });
                self.phase = Phase::Replacing { current, next, reason, wished_at };
            }
            Overlap::DrainFirst => {
                let to = GenerationId(self.newest.0 + 1);
                self.emit(Event::RecycleStarted { from: current, to, reason });
                self.phase = Phase::Emptying { old: current, reason, wished_at };
                self.drain(current, None);
            }
        }
    }

    /// Blue-green: the new one has proved itself (invariant 10), so it takes the jobs from here on.
    pub(super) fn move_over(&mut self, old: GenerationId, new: GenerationId, reason: Reason, wished_at: super::Time) {
        self.phase = Phase::Serving { current: new };
        self.drain(old, Some(Succession { to: new, reason, wished_at, pause: Pause::None }));
    }

    /// A job in it neither ends nor stops: it takes no more jobs, its neighbours get the drain's time, then it ends by
    /// force.
    pub(super) fn condemn(&mut self, id: GenerationId) {
        if self.current() == Some(id) && !matches!(self.phase, Phase::Exiting { .. }) {
            self.wish_recycle(Reason::Hang);
        }
    }

    /// Whether the generation takes jobs again.
    pub(super) fn undrain(&mut self, id: GenerationId) -> bool {
        let Some(generation) = self.generations.get_mut(&id) else {
            return false;
        };
        let draining = matches!(generation.phase, GenerationPhase::Draining { .. });
        if draining {
            generation.phase = GenerationPhase::Serving;
            self.timers.cancel(Deadline::Drain(id));
        }
        draining
    }

    fn drain(&mut self, id: GenerationId, successor: Option<Succession>) {
        if let Some(generation) = self.generations.get_mut(&id) {
            generation.phase = GenerationPhase::Draining { successor };
            if !self.canary(Canary::EndlessDrain) {
                self.timers.set(Deadline::Drain(id), self.now.after_ms(self.config.exit_timeout_ms));
            }
            self.drained(id);
        }
    }

    /// A draining generation may have come to its end: retire it, or, if a hang keeps it from that and nobody waits for
    /// what is left in it, end it by force.
    pub(super) fn drained(&mut self, id: GenerationId) {
        let Some(generation) = self.generations.get(&id) else {
            return;
        };
        let GenerationPhase::Draining { successor } = generation.phase else {
            return;
        };
        if generation.jobs.is_empty() {
            self.retire(id, successor);
        } else if self.is_given_up(generation) {
            self.lose(id, "a job outlived its timeout and passed no checkpoint", Loss::Failure);
        }
    }

    pub(super) fn drain_timed_out(&mut self, id: GenerationId) {
        let ms = self.config.exit_timeout_ms;
        self.lose(id, &format!("it was replaced, and its last jobs did not end within {ms} ms"), Loss::Planned);
    }

    /// A retiring generation's memory is gone, or its time is.
    pub(super) fn retired(&mut self, id: GenerationId) {
        let bytes_freed = self.reserved(id);
        let Some(GenerationPhase::Retiring { successor }) = self.generations.get(&id).map(|g| g.phase.clone()) else {
            return;
        };
        self.end(id);
        if let Some(succession) = successor {
            self.recycle_ended(id, succession, bytes_freed);
        }
        if let Phase::Emptying { old, reason, wished_at } = self.phase
            && old == id
        {
            self.pause(Some(Replaced { from: id, reason, wished_at, bytes_freed }), 0.0);
        }
    }

    pub(super) fn recycle_ended(&mut self, from: GenerationId, succession: Succession, bytes_freed: u64) {
        let Succession { to, reason, wished_at, pause } = succession;
        let pause_ms = match pause {
            Pause::None => 0.0,
            Pause::Since(begin) => self.now.ms_since(begin),
        };
        self.counters.recycles += 1;
        let total_ms = self.now.ms_since(wished_at);
        self.emit(Event::RecycleEnded(Recycled { from, to, reason, pause_ms, total_ms, bytes_freed }));
        if self.canary(Canary::RecycleLoop) {
            self.wish_recycle(reason);
        }
    }

    /// Drain-first: the old one is long gone, the new one serves.
    pub(super) fn drain_first_done(&mut self, replaced: Replaced, to: GenerationId) {
        let Replaced { from, reason, wished_at, bytes_freed } = replaced;
        self.recycle_ended(from, Succession { to, reason, wished_at, pause: Pause::Since(wished_at) }, bytes_freed);
    }

    fn is_given_up(&self, generation: &Generation) -> bool {
        let is_abandoned = |job| matches!(self.jobs.get(job), Some(Job { phase: JobPhase::Abandoned { .. }, .. }));
        generation.jobs.iter().all(is_abandoned) && generation.jobs.iter().any(|&job| self.is_hung(job))
    }

    /// It outlived its timeout, and its grace to stop is over.
    pub(super) fn is_hung(&self, job: JobId) -> bool {
        self.jobs.get(&job).is_some_and(|job| matches!(job.phase, JobPhase::Abandoned { hung: true, .. }))
    }
}
