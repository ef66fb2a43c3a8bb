//! Generations come and go: start, death, exit.

use super::generation::{Generation, GenerationPhase, Succession};
use super::restart::Verdict;
use super::timers::Deadline;
use super::vocabulary::*;
use super::{Canary, Coordinator, HELLO_MS, Overlap, Phase, RETIRE_MS, Replaced, Restart, START_TRIES, STOP_GRACE_MS};

/// Whether an end counts against the restart intensity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Loss {
    /// A death, a hang, a failed start.
    Failure,
    /// The forced end of a generation that was on its way out: its successor is well.
    Planned,
}

impl Coordinator {
    pub(super) fn start(&mut self) {
        if self.phase == Phase::Exited {
            let generation = self.begin();
            self.phase = Phase::FirstStart { generation };
        }
    }

    /// Starts a generation. Invariant 6: the caller has made room for it.
    pub(super) fn begin(&mut self) -> GenerationId {
        self.newest = GenerationId(self.newest.0 + 1);
        let id = self.newest;
        self.generations.insert(id, Generation::new(self.config.limit, self.now));
        self.timers.set(Deadline::Hello(id), self.now.after_ms(HELLO_MS));
        self.outputs.push_back(Output::Start(id));
        id
    }

    pub(super) fn hello(&mut self, id: GenerationId) {
        if self.timers.is_set(Deadline::Hello(id)) {
            self.timers.cancel(Deadline::Hello(id));
            // A second try has what its first left, and the last its full time.
            if !self.timers.is_set(Deadline::StartTimeout(id)) {
                self.timers.set(Deadline::StartTimeout(id), self.now.after_ms(self.config.start_timeout_ms));
            }
            self.watch(id);
        }
    }

    pub(super) fn ready(&mut self, id: GenerationId) {
        let Some(generation) = self.generations.get_mut(id) else {
            return;
        };
        if generation.phase != GenerationPhase::Starting {
            return;
        }
        generation.phase = GenerationPhase::Serving;
        generation.ready_at = self.now;
        generation.gauge.started();
        let start_ms = self.now.ms_since(generation.started_at);
        let waited_ms = self.now.ms_since(generation.wanted_at);
        // A start through which the machine slept says nothing of the next.
        self.lead.seen(start_ms.min(self.config.start_timeout_ms));
        self.working_set.next_generation();
        self.timers.cancel(Deadline::Hello(id));
        self.timers.cancel(Deadline::StartTimeout(id));
        self.timers.cancel(Deadline::Quiet(id));
        self.timers.cancel(Deadline::Answer(id));
        if let Some(ms) = self.config.recycle.max_age_ms {
            self.timers.set(Deadline::Age(id), self.now.after_ms(ms));
        }
        if self.restart.served() && self.degraded().is_none() {
            self.emit(Event::Recovered { generation: id });
        }
        match self.phase.clone() {
            Phase::FirstStart { .. } => {
                self.phase = Phase::Serving { current: id };
                self.emit(Event::Started { generation: id });
            }
            Phase::Restarting { after, .. } => {
                self.phase = Phase::Serving { current: id };
                if let Some(replaced) = after {
                    self.drain_first_done(replaced, id);
                }
            }
            Phase::Replacing { current, reason, wished_at, .. } => {
                self.spend(reason, waited_ms);
                self.move_over(current, id, reason, wished_at);
            }
            Phase::Exiting { current: None } => self.phase = Phase::Exiting { current: Some(id) },
            Phase::Exited
            | Phase::Serving { .. }
            | Phase::Snapshotting { .. }
            | Phase::Emptying { .. }
            | Phase::Pausing { .. }
            | Phase::Exiting { .. } => {}
        }
        if self.current() == Some(id) {
            self.judge(id);
        }
    }

    pub(super) fn start_failed(&mut self, id: GenerationId, cause: &str) {
        if self.generations.get(id).is_some_and(|generation| generation.phase == GenerationPhase::Starting) {
            self.end(id);
            self.counters.failed_starts += 1;
            self.after_loss(id, cause, 0, Loss::Failure);
        }
    }

    /// A start stands still. Another one takes its place: what the browser has done to this one, it seldom does to the next.
    /// The last one has its full time: it may be that a start is this slow here.
    pub(super) fn start_stalled(&mut self, id: GenerationId) {
        let Some(tries) = self.generations.get(id).map(|generation| generation.tries) else { return };
        let is_awaited = match &self.phase {
            Phase::FirstStart { generation } | Phase::Restarting { generation, .. } => *generation == id,
            Phase::Replacing { next, .. } => *next == id,
            Phase::Exiting { current } => current.is_none(),
            _ => false,
        };
        let Some(until) = self.timers.at(Deadline::StartTimeout(id)).filter(|_| tries < START_TRIES && is_awaited)
        else {
            return;
        };
        let Some(Generation { wanted_at, .. }) = self.end(id) else { return };
        self.counters.failed_starts += 1;
        let again = self.begin();
        if tries + 1 < START_TRIES {
            self.timers.set(Deadline::StartTimeout(again), until);
        }
        if let Some(generation) = self.generations.get_mut(again) {
            generation.tries = tries + 1;
            generation.wanted_at = wanted_at;
        }
        match &mut self.phase {
            Phase::FirstStart { generation } | Phase::Restarting { generation, .. } => *generation = again,
            Phase::Replacing { next, .. } => *next = again,
            _ => {}
        }
    }

    /// A generation is lost with all that ran in it. Invariant 3: it is ended at once, nothing more is asked of it.
    pub(super) fn died(&mut self, id: GenerationId, cause: &str) {
        let Some(generation) = self.generations.get(id) else {
            return;
        };
        match generation.phase {
            GenerationPhase::Starting => self.start_failed(id, cause),
            // Its death was wanted, its jobs are done.
            GenerationPhase::Retiring { .. } => self.retired(id),
            GenerationPhase::Serving if self.canary(Canary::UndeadGeneration) => {}
            GenerationPhase::Serving | GenerationPhase::Draining { .. } | GenerationPhase::Handing => {
                self.lose(id, cause, Loss::Failure);
            }
        }
    }

    /// Ends a generation by force, takes its jobs back, and sees to a successor.
    pub(super) fn lose(&mut self, id: GenerationId, cause: &str, loss: Loss) {
        let bytes_freed = self.reserved(id);
        let Some(generation) = self.end(id) else {
            return;
        };
        self.counters.lost += 1;
        let (rerun, rejected) = self.hand_back(id, generation.jobs.iter(), cause);
        self.emit(Event::GenerationLost { generation: id, cause: cause.into(), rerun, rejected });
        if let GenerationPhase::Draining { successor: Some(succession) } = generation.phase {
            self.recycle_ended(id, succession, bytes_freed);
        }
        self.after_loss(id, cause, bytes_freed, loss);
    }

    /// The pool goes on after a generation was lost or failed to start.
    fn after_loss(&mut self, id: GenerationId, cause: &str, bytes_freed: u64, loss: Loss) {
        let verdict = match loss {
            Loss::Failure if self.canary(Canary::EndlessRestart) => Verdict { pause_ms: 0.0, degrades: false },
            Loss::Failure => self.restart.failed(self.now, cause),
            Loss::Planned => Verdict { pause_ms: 0.0, degrades: false },
        };
        match self.phase.clone() {
            Phase::FirstStart { generation } if generation == id => {
                self.phase = Phase::Exited;
                self.fail_recycle(cause);
                self.refuse_queue(&Settlement::StartFailed { cause: cause.into() });
                // Nobody was served yet: the count begins with the first that is.
                self.restart = Restart::new(self.config.restart);
                return self.emit(Event::StartFailed { cause: cause.into() });
            }
            // Invariant 10: the one that works goes on as if nothing had been.
            Phase::Replacing { current, next, reason, wished_at } if next == id => {
                self.phase = Phase::Serving { current };
                self.spend(reason, self.now.ms_since(wished_at));
                self.share.rest_until(self.now.after_ms(verdict.pause_ms));
                self.emit(Event::RecycleFailed { from: current, reason, cause: cause.into() });
                self.hang_again(current, verdict.pause_ms);
            }
            // The next one is on its way already.
            Phase::Replacing { current, next, reason, wished_at } if current == id => {
                let after = Some(Replaced { from: id, reason, wished_at, bytes_freed, left_live: None });
                self.phase = Phase::Restarting { generation: next, after };
            }
            Phase::Snapshotting { current, reason, wished_at } if current == id => {
                // What ends was begun: the next one is not on its way yet.
                self.emit(Event::RecycleStarted { from: id, to: GenerationId(self.newest.0 + 1), reason });
                let after = Some(Replaced { from: id, reason, wished_at, bytes_freed, left_live: None });
                self.pause(after, verdict.pause_ms);
            }
            Phase::Serving { current } if current == id => match self.serve_again() {
                Some((old, reason)) => {
                    self.phase = Phase::Serving { current: old };
                    self.share.rest_until(self.now.after_ms(verdict.pause_ms));
                    self.emit(Event::RecycleFailed { from: old, reason, cause: cause.into() });
                }
                None => self.pause(None, verdict.pause_ms),
            },
            Phase::Restarting { generation, after } if generation == id => self.pause(after, verdict.pause_ms),
            Phase::Emptying { old, reason, wished_at } if old == id => {
                let after = Some(Replaced { from: id, reason, wished_at, bytes_freed, left_live: None });
                self.pause(after, verdict.pause_ms);
            }
            Phase::Exiting { current } if current == Some(id) || current.is_none() => {
                self.phase = Phase::Exiting { current: None };
                if !self.generations.values().any(|generation| generation.phase == GenerationPhase::Starting) {
                    self.refuse_queue(&Settlement::PoolExited);
                }
            }
            _ => {}
        }
        if verdict.degrades {
            self.emit(Event::Degraded { cause: cause.into() });
        }
        if let Some(cause) = self.unserved() {
            self.fail_recycle(&cause);
            self.refuse_queue(&Settlement::StartFailed { cause });
        }
    }

    /// Hung jobs still hold their threads: the recycle they need is tried again, later.
    fn hang_again(&mut self, id: GenerationId, pause_ms: f64) {
        let Some(generation) = self.generations.get(id) else { return };
        let hung: Vec<_> = generation.jobs.iter().filter(|&job| self.is_hung(job)).collect();
        for job in hung {
            self.timers.set(Deadline::StopGrace(job), self.now.after_ms(pause_ms.max(STOP_GRACE_MS)));
        }
    }

    pub(super) fn pause(&mut self, after: Option<Replaced>, pause_ms: f64) {
        self.phase = Phase::Pausing { after };
        if pause_ms > 0.0 {
            self.timers.set(Deadline::Restart, self.now.after_ms(pause_ms));
        }
    }

    /// Starts the next generation, once its pause is over and there is room: an older one may still have to end.
    pub(super) fn restart_when_due(&mut self) {
        let Phase::Pausing { after } = self.phase else {
            return;
        };
        if self.has_room() && !self.timers.is_set(Deadline::Restart) {
            let generation = self.begin();
            self.phase = Phase::Restarting { generation, after };
        }
    }

    /// Whether one more generation may live (invariant 6).
    pub(super) fn has_room(&self) -> bool {
        let max = match self.config.overlap {
            Overlap::BlueGreen => 2,
            Overlap::DrainFirst => 1,
        };
        self.generations.len() < max
    }

    /// Why no job can be served, while degraded and nobody serves.
    pub(super) fn unserved(&self) -> Option<String> {
        match self.current() {
            Some(_) => None,
            None => self.restart.degraded().map(String::from),
        }
    }

    pub(super) fn exit(&mut self) {
        let current = match self.phase {
            // Nothing is left to end, which is what was asked for.
            Phase::Exited => return self.emit(Event::Exited),
            Phase::Exiting { .. } => return,
            Phase::Serving { current } | Phase::Snapshotting { current, .. } => Some(current),
            Phase::Replacing { current, next, .. } => {
                self.end(next);
                Some(current)
            }
            // Who was to make room may as well do what waits.
            Phase::Emptying { old, .. } => self.undrain(old).then_some(old),
            Phase::FirstStart { .. } | Phase::Restarting { .. } | Phase::Pausing { .. } => None,
        };
        self.fail_recycle("the pool exits");
        if matches!(self.phase, Phase::FirstStart { .. }) {
            self.emit(Event::StartFailed { cause: "the pool exits".into() });
        }
        let on_its_way = matches!(self.phase, Phase::FirstStart { .. } | Phase::Restarting { .. });
        if current.is_none() && !on_its_way {
            self.refuse_queue(&Settlement::PoolExited);
        }
        self.timers.cancel(Deadline::Restart);
        self.timers.set(Deadline::Exit, self.now.after_ms(self.config.exit_timeout_ms));
        self.phase = Phase::Exiting { current };
    }

    /// Ends what has nothing left to do, and says so when all has ended.
    pub(super) fn finish_exit(&mut self) {
        if !matches!(self.phase, Phase::Exiting { .. }) {
            return;
        }
        // The serving one waits for the last job of all: one that is handed back by another's death may need it.
        if self.queue.is_empty() && self.generations.values().all(|generation| generation.jobs.is_empty()) {
            let phases: Vec<_> =
                self.generations.iter().map(|(id, generation)| (id, generation.phase.clone())).collect();
            for (id, phase) in phases {
                match phase {
                    GenerationPhase::Starting => drop(self.end(id)),
                    GenerationPhase::Serving => self.retire(id, None),
                    GenerationPhase::Handing => self.retire(id, None),
                    GenerationPhase::Draining { .. } | GenerationPhase::Retiring { .. } => {}
                }
            }
        }
        if self.generations.is_empty() && self.queue.is_empty() {
            self.exited();
        }
    }

    pub(super) fn exit_timed_out(&mut self) {
        if !matches!(self.phase, Phase::Exiting { .. }) {
            return;
        }
        self.refuse_queue(&Settlement::PoolExited);
        let ids: Vec<_> = self.generations.keys().collect();
        for id in ids {
            let bytes_freed = self.reserved(id);
            let Some(generation) = self.end(id) else { continue };
            self.drop_jobs(generation.jobs.iter());
            if let GenerationPhase::Draining { successor: Some(succession) }
            | GenerationPhase::Retiring { successor: Some(succession), .. } = generation.phase
            {
                self.recycle_ended(id, succession, bytes_freed);
            }
        }
        self.exited();
    }

    fn exited(&mut self) {
        self.phase = Phase::Exited;
        if !self.canary(Canary::LeakedTimer) {
            self.timers.clear();
        }
        self.held = None;
        self.restart = Restart::new(self.config.restart);
        self.emit(Event::Exited);
    }

    pub(super) fn retire(&mut self, id: GenerationId, successor: Option<Succession>) {
        let Some(generation) = self.generations.get_mut(id) else {
            return;
        };
        generation.phase = GenerationPhase::Retiring { successor, since: self.now };
        self.timers.cancel(Deadline::Drain(id));
        self.timers.cancel(Deadline::Snapshot(id));
        self.timers.cancel(Deadline::Quiet(id));
        self.timers.cancel(Deadline::Answer(id));
        self.timers.set(Deadline::Retire(id), self.now.after_ms(RETIRE_MS));
        self.ask(id, Output::Retire(id));
    }

    /// The last word about a generation: it is put away, and all its deadlines with it.
    pub(super) fn end(&mut self, id: GenerationId) -> Option<Generation> {
        let generation = self.generations.remove(id)?;
        for deadline in [
            Deadline::Hello(id),
            Deadline::StartTimeout(id),
            Deadline::Drain(id),
            Deadline::Retire(id),
            Deadline::Snapshot(id),
            Deadline::Age(id),
            Deadline::Quiet(id),
            Deadline::Answer(id),
            Deadline::LastWords(id),
        ] {
            self.timers.cancel(deadline);
        }
        self.outputs.push_back(Output::Terminate(id));
        Some(generation)
    }

    /// What a generation's memory held at its last report.
    pub(super) fn reserved(&self, id: GenerationId) -> u64 {
        self.generations.get(id).map_or(0, |generation| generation.gauge.reserved())
    }
}
