//! From a call to its settlement.

use super::generation::GenerationPhase;
use super::job::{Job, JobPhase};
use super::timers::Deadline;
use super::vocabulary::*;
use super::{Canary, Coordinator, Phase, STOP_GRACE_MS};

impl Coordinator {
    pub(super) fn submit(&mut self, call: Call) {
        let job = call.job;
        self.counters.submitted += 1;
        // What was taken in before it may leave room.
        if self.queue.is_full() {
            self.follow_up();
        }
        if let Some(settlement) = self.refusal() {
            return self.settle(job, settlement);
        }
        let (priority, queue_timeout_ms) = (call.priority, call.queue_timeout_ms);
        self.jobs.insert(job, Job::new(call, self.now));
        if self.post_at_once(job) {
            return;
        }
        if let Some(ms) = queue_timeout_ms {
            self.timers.set(Deadline::QueueTimeout(job), self.now.after_ms(ms));
        }
        self.queue.push(job, priority, self.now);
    }

    /// Whether a call that is submitted now will wait or run. One that will not need not be prepared.
    pub fn admits(&self) -> bool {
        self.refusal().is_none()
    }

    /// Whether a call is not refused for the queue's bound, if for another reason.
    pub fn queue_has_room(&self) -> bool {
        !matches!(self.refusal(), Some(Settlement::QueueFull { .. }))
    }

    /// Whether nothing waits or runs, not even what has settled early.
    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Whether a call would be served.
    pub fn readiness(&self) -> Readiness {
        match self.phase {
            Phase::Exited | Phase::Exiting { .. } => Readiness::Refuses(Settlement::PoolExited),
            _ if self.current().is_some() => Readiness::Serves,
            _ => match self.unserved() {
                Some(cause) => Readiness::Refuses(Settlement::StartFailed { cause }),
                None => Readiness::Starts,
            },
        }
    }

    fn refusal(&self) -> Option<Settlement> {
        match self.phase {
            Phase::Exited | Phase::Exiting { .. } => Some(Settlement::PoolExited),
            _ if self.queue.is_full() && !self.canary(Canary::EndlessQueue) => {
                Some(Settlement::QueueFull { max_queue: self.queue.max() })
            }
            _ => self.unserved().map(|cause| Settlement::StartFailed { cause }),
        }
    }

    pub(super) fn abort(&mut self, id: JobId) {
        match self.jobs.get(&id).map(|job| job.phase) {
            Some(JobPhase::Queued { .. }) => self.settle_queued(id, Settlement::Cancelled),
            // Its timeout stays set: a run that outlives it is a hang, whoever waits for it.
            Some(JobPhase::Posted { generation }) => self.abandon(id, generation, Settlement::Cancelled),
            Some(JobPhase::Abandoned { .. }) | None => {}
        }
    }

    pub(super) fn job_started(&mut self, generation: GenerationId, id: JobId) {
        let Some(job) = self.jobs.get(&id) else {
            return;
        };
        let deadline = Deadline::RunTimeout(id);
        let runs_there = match job.phase {
            JobPhase::Posted { generation: there } | JobPhase::Abandoned { generation: there, .. } => {
                there == generation
            }
            JobPhase::Queued { .. } => false,
        };
        if runs_there
            && !self.timers.is_set(deadline)
            && let Some(ms) = job.call.timeout_ms
        {
            self.timers.set(deadline, self.now.after_ms(ms));
        }
    }

    pub(super) fn job_ended(&mut self, generation_id: GenerationId, id: JobId, ending: Ending, ran_ms: f64) {
        let Some(generation) = self.generations.get_mut(generation_id) else {
            return;
        };
        // Of another generation, or told twice.
        if !generation.jobs.remove(id) {
            return;
        }
        generation.ended += 1;
        generation.has_exhausted |= ending == Ending::Exhausted;
        generation.has_thrown |= ending == Ending::Threw;
        let job = self.jobs.remove(&id);
        if job.as_ref().is_none_or(|job| job.call.timeout_ms.is_some()) {
            self.timers.cancel(Deadline::RunTimeout(id));
            self.timers.cancel(Deadline::StopGrace(id));
        }
        if let Some(job) = job {
            self.pace.learn(job.call.task, ran_ms);
            // Of one that did not run, nothing is told; one that found no memory may run again.
            let is_over = ending != Ending::Exhausted && matches!(job.phase, JobPhase::Posted { .. });
            if is_over && ran_ms >= 0.0 {
                self.latency.learn(self.now, job.called_at, job.posted_at, ran_ms);
            }
            if ending == Ending::Fulfilled {
                self.learn(generation_id, &job);
            }
            if matches!(job.phase, JobPhase::Posted { .. }) || self.canary(Canary::DoubleSettle) {
                self.said(id, job, generation_id, ending);
            }
        }
        self.drained(generation_id);
    }

    /// Settles a job as its generation said, unless it may try again with a memory to itself.
    fn said(&mut self, id: JobId, mut job: Job, generation: GenerationId, ending: Ending) {
        if ending == Ending::Exhausted && job.alone.is_none() && job.may_rerun() {
            job.alone = Some(generation);
            self.jobs.insert(id, job);
            return self.wait_again(id);
        }
        match ending {
            Ending::Fulfilled => self.counters.fulfilled += 1,
            Ending::Rejected | Ending::Exhausted | Ending::Threw => self.counters.rejected += 1,
        }
        self.outputs.push_back(Output::Settle { job: id, settlement: Settlement::AsSaid });
    }

    pub(super) fn queue_timed_out(&mut self, id: JobId) {
        if let Some(Job { phase: JobPhase::Queued { since }, .. }) = self.jobs.get(&id) {
            let after_ms = self.now.ms_since(*since);
            self.settle_queued(id, Settlement::QueueTimedOut { after_ms });
        }
    }

    pub(super) fn run_timed_out(&mut self, id: JobId) {
        let Some(job) = self.jobs.get(&id) else { return };
        if let JobPhase::Posted { generation } = job.phase {
            let after_ms = job.call.timeout_ms.unwrap_or_default();
            self.abandon(id, generation, Settlement::TimedOut { after_ms });
        }
        self.timers.set(Deadline::StopGrace(id), self.now.after_ms(STOP_GRACE_MS));
    }

    /// A job was told to stop and runs on: its thread is lost to the pool, and only its generation's end frees it.
    pub(super) fn stop_ignored(&mut self, id: JobId) {
        let Some(Job { phase: JobPhase::Abandoned { generation, hung }, .. }) = self.jobs.get_mut(&id) else {
            return;
        };
        *hung = true;
        let generation = *generation;
        match self.generations.get(generation).map(|generation| &generation.phase) {
            // Its end by force is a failure like a death: it waits for its pause too (invariant 6).
            Some(GenerationPhase::Serving) if self.restart.rest_until() > self.now => {
                self.timers.set(Deadline::StopGrace(id), self.restart.rest_until());
            }
            Some(GenerationPhase::Serving) => self.condemn(generation),
            // It ends anyway, within its drain's time. While it can't be replaced yet, ask again.
            _ => self.drained(generation),
        }
    }

    /// Takes back all jobs of a generation that is lost: those that may run again wait again, the others settle. Returns
    /// how many of each.
    pub(super) fn hand_back(
        &mut self,
        lost: GenerationId,
        jobs: impl IntoIterator<Item = JobId>,
        cause: &str,
    ) -> (usize, usize) {
        let (mut rerun, mut rejected) = (0, 0);
        let (forget, run_again) = (self.canary(Canary::LostJob), self.canary(Canary::SecondRun));
        for id in jobs {
            self.timers.cancel(Deadline::RunTimeout(id));
            self.timers.cancel(Deadline::StopGrace(id));
            let Some(job) = self.jobs.get_mut(&id) else {
                continue;
            };
            if matches!(job.phase, JobPhase::Abandoned { .. }) {
                self.jobs.remove(&id);
            } else if (job.may_rerun() || run_again) && !matches!(self.phase, Phase::Exited) {
                self.wait_again(id);
                rerun += 1;
            } else {
                let runs = job.call.idempotent.then_some(job.runs);
                self.jobs.remove(&id);
                if forget {
                    continue;
                }
                self.settle(id, Settlement::GenerationLost { generation: lost, cause: cause.into(), runs });
                rejected += 1;
            }
        }
        (rerun, rejected)
    }

    /// Puts a job back to its place in the queue. It has had its wait: `queueTimeout` is about the first start.
    fn wait_again(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.phase = JobPhase::Queued { since: self.now };
        job.alone_from = None;
        self.queue.push(id, job.call.priority, job.called_at);
    }

    /// Settles what is left in a generation that exit has ended by force.
    pub(super) fn drop_jobs(&mut self, jobs: impl IntoIterator<Item = JobId>) {
        for id in jobs {
            if let Some(Job { phase: JobPhase::Posted { .. }, .. }) = self.jobs.remove(&id) {
                self.settle(id, Settlement::PoolExited);
            }
        }
    }

    /// Settles all that waits. For a pool that cannot serve it.
    pub(super) fn refuse_queue(&mut self, settlement: &Settlement) {
        while let Some(job) = self.queue.first() {
            self.settle_queued(job, settlement.clone());
        }
    }

    pub(super) fn settle_queued(&mut self, id: JobId, settlement: Settlement) {
        self.queue.remove(id);
        self.timers.cancel(Deadline::QueueTimeout(id));
        self.jobs.remove(&id);
        self.settle(id, settlement);
    }

    /// Settles a job that runs on, and asks it to stop.
    fn abandon(&mut self, id: JobId, generation: GenerationId, settlement: Settlement) {
        if let Some(job) = self.jobs.get_mut(&id) {
            job.phase = JobPhase::Abandoned { generation, hung: false };
        }
        self.settle(id, settlement);
        self.ask(generation, Output::Stop { generation, job: id });
    }

    #[inline(never)] // as `emit`
    fn settle(&mut self, job: JobId, settlement: Settlement) {
        self.counters.rejected += 1;
        self.outputs.push_back(Output::Settle { job, settlement });
    }
}
