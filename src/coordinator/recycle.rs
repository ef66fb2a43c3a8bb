//! One generation for another: blue-green, or drain-first.

use super::generation::{Generation, GenerationPhase, Pause, Succession, Thread};
use super::job::{Job, JobPhase};
use super::life::Loss;
use super::timers::Deadline;
use super::vocabulary::*;
use super::{
    Canary, Coordinator, Decimal, HELLO_MS, Overlap, Phase, RETIRE_MS, Replaced, SNAPSHOT_MS, STOP_GRACE_MS, Time,
};

/// How soon a drain that has taken its time is looked at again, while nobody needs its memory.
const DRAIN_AGAIN_MS: f64 = 1_000.0;

impl Coordinator {
    /// Somebody wants a fresh generation. A recycle that is under way is the one; else it begins as soon as it can.
    pub(super) fn wish_recycle(&mut self, reason: Reason) {
        match self.phase {
            Phase::Exited | Phase::Exiting { .. } => {
                self.emit(Event::RecycleFailed { from: self.newest, reason, cause: "the pool has exited".into() });
            }
            Phase::Snapshotting { reason: ref mut under_way, .. }
            | Phase::Replacing { reason: ref mut under_way, .. }
            | Phase::Emptying { reason: ref mut under_way, .. } => {
                // Somebody waits for it now.
                if under_way.is_planned() {
                    *under_way = reason;
                }
            }
            Phase::Restarting { after: Some(_), .. } | Phase::Pausing { after: Some(_) } => {}
            _ => {
                if let Some(cause) = self.unserved() {
                    return self.emit(Event::RecycleFailed { from: self.newest, reason, cause });
                }
                if self.wish.is_none_or(|(wished, _)| wished.is_planned()) {
                    self.wish = Some((reason, self.now));
                }
            }
        }
    }

    /// The number that the generation has at the least which a wish made now leads to, if its recycle has begun. Else
    /// `RecycleStarted` tells: a restart may take some numbers before.
    pub fn recycle_target(&self) -> Option<GenerationId> {
        match self.phase {
            Phase::Replacing { next, .. } => Some(next),
            Phase::Restarting { generation, after: Some(_) } => Some(generation),
            Phase::Emptying { .. } | Phase::Pausing { after: Some(_) } => Some(GenerationId(self.newest.0 + 1)),
            _ => None,
        }
    }

    /// The recycle under way, or wished for, comes to nothing.
    pub(super) fn fail_recycle(&mut self, cause: &str) {
        let under_way = match &mut self.phase {
            Phase::Snapshotting { current: from, reason, .. }
            | Phase::Replacing { current: from, reason, .. }
            | Phase::Emptying { old: from, reason, .. } => Some((*from, *reason)),
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
            // Every thread may be busy beside a hang, and who waits for the next generation would wait for the snapshot.
            Overlap::BlueGreen if self.config.snapshots && reason != Reason::Hang => {
                self.phase = Phase::Snapshotting { current, reason, wished_at };
                self.ask_for_snapshot(current);
            }
            Overlap::BlueGreen => self.begin_next(current, reason, wished_at),
            Overlap::DrainFirst => {
                let to = GenerationId(self.newest.0 + 1);
                self.emit(Event::RecycleStarted { from: current, to, reason });
                self.phase = Phase::Emptying { old: current, reason, wished_at };
                self.forget_held();
                self.drain(current, None);
            }
        }
    }

    /// Blue-green: the next one starts beside the current one.
    pub(super) fn begin_next(&mut self, current: GenerationId, reason: Reason, wished_at: Time) {
        let next = self.begin();
        self.emit(Event::RecycleStarted { from: current, to: next, reason });
        self.phase = Phase::Replacing { current, next, reason, wished_at };
    }

    /// Blue-green: the new one has proved itself (invariant 10), so it takes the jobs from here on.
    pub(super) fn move_over(&mut self, old: GenerationId, new: GenerationId, reason: Reason, wished_at: Time) {
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
        let Some(generation) = self.generations.get_mut(id) else {
            return false;
        };
        let draining = matches!(generation.phase, GenerationPhase::Draining { .. } | GenerationPhase::Handing);
        if draining {
            generation.phase = GenerationPhase::Serving;
            self.timers.cancel(Deadline::Drain(id));
            self.timers.cancel(Deadline::Snapshot(id));
        }
        draining
    }

    /// The one that took over has died while the old one still drains: if that is well, nobody has to wait for a start.
    pub(super) fn serve_again(&mut self) -> Option<(GenerationId, Reason)> {
        let (old, generation) = self.generations.first()?;
        let GenerationPhase::Draining { successor: Some(Succession { reason, .. }) } = generation.phase else {
            return None;
        };
        // Whoever wishes for another one gets it sooner without.
        let is_well = self.wish.is_none() && generation.trapped.is_none();
        let is_well = is_well && !generation.jobs.iter().any(|job| self.is_hung(job));
        (is_well && self.undrain(old)).then_some((old, reason))
    }

    fn drain(&mut self, id: GenerationId, successor: Option<Succession>) {
        if let Some(generation) = self.generations.get_mut(id) {
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
        let Some(generation) = self.generations.get(id) else {
            return;
        };
        let GenerationPhase::Draining { successor } = generation.phase else {
            return;
        };
        if generation.jobs.is_empty() {
            // Before its successor is there: the snapshot is exact.
            match (self.config.snapshots, &self.phase) {
                (true, Phase::Emptying { .. }) => {
                    self.set_phase(id, GenerationPhase::Handing);
                    self.timers.cancel(Deadline::Drain(id));
                    self.ask_for_snapshot(id);
                }
                _ => self.retire(id, successor),
            }
        } else if self.is_given_up(generation) || self.is_stuck(generation) {
            self.lose(id, "a job outlived its timeout and passed no checkpoint", Loss::Failure);
        }
    }

    /// The jobs of a generation that is replaced take long. Where somebody waits for its end, that comes by force. A recycle
    /// that the pool itself wanted does not take healthy jobs with it, as long as the memory is not needed.
    pub(super) fn drain_timed_out(&mut self, id: GenerationId) {
        let ms = Decimal(self.config.exit_timeout_ms);
        let cause = format!("it was replaced, and its last jobs did not end within {ms} ms");
        let is_exiting = matches!(self.phase, Phase::Exiting { .. });
        let draining_for = self.generations.get(id).and_then(|generation| match generation.phase {
            GenerationPhase::Draining { successor } => successor.map(|succession| succession.reason),
            _ => None,
        });
        // What waits behind a hang never begins.
        let has_hung =
            self.generations.get(id).is_some_and(|generation| generation.jobs.iter().any(|job| self.is_hung(job)));
        match (self.phase.clone(), draining_for) {
            _ if has_hung => self.lose(id, &cause, Loss::Planned),
            (Phase::Emptying { old, reason, wished_at }, _) if old == id && reason.is_planned() => {
                self.undrain(id);
                self.phase = Phase::Serving { current: id };
                self.spend(reason, self.now.ms_since(wished_at));
                // What did not end in this time may not in the next either.
                self.share.rest_until(self.now.after_ms(DRAIN_AGAIN_MS));
                self.emit(Event::RecycleFailed { from: id, reason, cause });
            }
            (_, Some(reason)) if reason.is_planned() && !is_exiting && !self.is_pressing() => {
                self.timers.set(Deadline::Drain(id), self.now.after_ms(DRAIN_AGAIN_MS));
            }
            _ => self.lose(id, &cause, Loss::Planned),
        }
    }

    /// A planned recycle, or a part of one, took this long.
    pub(super) fn spend(&mut self, reason: Reason, ms: f64) {
        if reason.is_planned() {
            // More than its deadlines allow is time that nobody lived: a night's sleep would be paid for with a week.
            let most = HELLO_MS + self.config.start_timeout_ms + self.config.exit_timeout_ms + SNAPSHOT_MS + RETIRE_MS;
            self.share.spent(self.now, ms.min(most));
        }
    }

    fn set_phase(&mut self, id: GenerationId, phase: GenerationPhase) {
        if let Some(generation) = self.generations.get_mut(id) {
            generation.phase = phase;
        }
    }

    /// A retiring generation's memory is gone, or its time is.
    pub(super) fn retired(&mut self, id: GenerationId) {
        let Some(generation) = self.generations.get(id) else { return };
        let GenerationPhase::Retiring { successor, since } = generation.phase else { return };
        let (bytes_freed, live) = (generation.gauge.reserved(), generation.gauge.live());
        self.end(id);
        if let Some(succession) = successor {
            self.spend(succession.reason, self.now.ms_since(since));
            self.learn_use(succession.reason, live, succession.to);
            self.recycle_ended(id, succession, bytes_freed);
        }
        if let Phase::Emptying { old, reason, wished_at } = self.phase
            && old == id
        {
            self.pause(Some(Replaced { from: id, reason, wished_at, bytes_freed, left_live: Some(live) }), 0.0);
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
    }

    /// Drain-first: the old one is long gone, the new one serves.
    pub(super) fn drain_first_done(&mut self, replaced: Replaced, to: GenerationId) {
        let Replaced { from, reason, wished_at, bytes_freed, left_live } = replaced;
        self.spend(reason, self.now.ms_since(wished_at));
        if let Some(live) = left_live {
            self.learn_use(reason, live, to);
        }
        self.recycle_ended(from, Succession { to, reason, wished_at, pause: Pause::Since(wished_at) }, bytes_freed);
    }

    fn is_given_up(&self, generation: &Generation) -> bool {
        let is_abandoned = |job| matches!(self.jobs.get(&job), Some(Job { phase: JobPhase::Abandoned { .. }, .. }));
        generation.jobs.iter().all(is_abandoned) && generation.jobs.iter().any(|job| self.is_hung(job))
    }

    /// On top of every thread lies a hang, as they reported lately: what is below it, and what waits for a thread, never goes
    /// on.
    fn is_stuck(&self, generation: &Generation) -> bool {
        let lately = self.now.before_ms(STOP_GRACE_MS);
        let is_stuck = |thread: &Thread| {
            thread.reported_at >= lately && thread.report.busy.last().is_some_and(|busy| self.is_hung(busy.job))
        };
        generation.threads.len() == self.config.threads as usize && generation.threads.values().all(is_stuck)
    }

    /// It outlived its timeout, and its grace to stop is over.
    pub(super) fn is_hung(&self, job: JobId) -> bool {
        self.jobs.get(&job).is_some_and(|job| matches!(job.phase, JobPhase::Abandoned { hung: true, .. }))
    }
}
