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
        let refusal = match self.phase {
            Phase::Exited | Phase::Exiting { .. } => Some(Settlement::PoolExited),
            _ if self.queue.is_full() && !self.canary(Canary::EndlessQueue) => {
                Some(Settlement::QueueFull { max_queue: self.queue.max() })
            }
            _ => self.unserved().map(|cause| Settlement::StartFailed { cause }),
        };
        if let Some(settlement) = refusal {
            return self.settle(job, settlement);
        }
        if let Some(ms) = call.queue_timeout_ms {
            self.timers.set(Deadline::QueueTimeout(job), self.now.after_ms(ms));
        }
        self.queue.push(job, call.priority);
        self.jobs.insert(job, Job::new(call, self.now));
    }

    /// Hands out what waits, as far as the serving generation has credits. The rest waits here, where it can still be
    /// cancelled, reordered and moved.
    pub(super) fn dispatch(&mut self) {
        let Some(id) = self.current() else { return };
        let credits = self.config.credits() + usize::from(self.canary(Canary::OverAdmission));
        let early = self.canary(Canary::EarlyTimeout);
        let Some(generation) = self.generations.get_mut(&id) else {
            return;
        };
        while generation.jobs.len() < credits {
            let Some(job_id) = self.queue.pop() else {
                return;
            };
            let Some(job) = self.jobs.get_mut(&job_id) else {
                continue;
            };
            self.timers.cancel(Deadline::QueueTimeout(job_id));
            job.phase = JobPhase::Posted { generation: id };
            job.runs += 1;
            generation.jobs.insert(job_id);
            if early && let Some(ms) = job.call.timeout_ms {
                self.timers.set(Deadline::RunTimeout(job_id), self.now.after_ms(ms));
            }
            let announce = job.call.timeout_ms.is_some();
            let task = job.call.task;
            self.outputs.push_back(Output::Post { generation: id, job: job_id, task, announce });
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

    pub(super) fn job_ended(&mut self, generation_id: GenerationId, id: JobId, ending: Ending) {
        let Some(generation) = self.generations.get_mut(&generation_id) else {
            return;
        };
        // Of another generation, or told twice.
        if !generation.jobs.remove(&id) {
            return;
        }
        generation.ended += 1;
        self.timers.cancel(Deadline::RunTimeout(id));
        self.timers.cancel(Deadline::StopGrace(id));
        let again = self.canary(Canary::DoubleSettle);
        if let Some(job) = self.jobs.remove(&id)
            && (again || matches!(job.phase, JobPhase::Posted { .. }))
        {
            match ending {
                Ending::Fulfilled => self.counters.fulfilled += 1,
                Ending::Rejected => self.counters.rejected += 1,
            }
            self.outputs.push_back(Output::Settle { job: id, settlement: Settlement::AsSaid });
        }
        self.drained(generation_id);
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
        match self.generations.get(&generation).map(|generation| &generation.phase) {
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
                job.phase = JobPhase::Queued { since: self.now };
                self.queue.push(id, job.call.priority);
                rerun += 1;
            } else {
                self.jobs.remove(&id);
                if forget {
                    continue;
                }
                self.settle(id, Settlement::GenerationLost { generation: lost, cause: cause.into() });
                rejected += 1;
            }
        }
        (rerun, rejected)
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
        while let Some(job) = self.queue.pop() {
            self.settle_queued(job, settlement.clone());
        }
    }

    fn settle_queued(&mut self, id: JobId, settlement: Settlement) {
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
        self.outputs.push_back(Output::Stop { generation, job: id });
    }

    fn settle(&mut self, job: JobId, settlement: Settlement) {
        self.counters.rejected += 1;
        self.outputs.push_back(Output::Settle { job, settlement });
    }
}
