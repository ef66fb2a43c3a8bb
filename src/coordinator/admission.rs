//! Which of the jobs that wait may start now (invariant 8).

use super::generation::Generation;
use super::job::{Job, JobPhase};
use super::pace::CREDIT;
use super::posted::Share;
use super::timers::Deadline;
use super::vocabulary::*;
use super::{Canary, Coordinator, Overlap, Phase, Time};

/// How far behind a job that waits for memory others are looked at.
const SCAN_MAX: usize = 64;
/// Less than this part of the limit does not keep a large job waiting.
const MUCH: u64 = 64;
/// How long a job waits for memory that others hold before a fresh generation is started for it.
const HELD_MS: f64 = 2_000.0;

/// A job that would start now if there were memory for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Held {
    pub job: JobId,
    /// Whether there would be in a fresh generation.
    pub fits_fresh: bool,
    since: Time,
}

/// Whether a job may start in a generation.
#[derive(Clone, Debug, PartialEq)]
enum Admission {
    Now,
    /// Not beside what is there. `fits_fresh` as in [`Held`].
    Held {
        fits_fresh: bool,
    },
    /// It, or one that runs, needs the generation to itself: nothing may pass it.
    Alone,
    /// It would not fit in any generation that can be had.
    Never(Settlement),
}

impl Coordinator {
    /// Hands out what waits, as far as the serving generation has credits and memory. The rest waits here, where it can
    /// still be cancelled, reordered and moved.
    pub(super) fn dispatch(&mut self) {
        let held = match self.current() {
            // Nobody is looked at: who was held still is, and the time that it has waited counts.
            Some(id) if !self.has_credit(id) => self.still_held(),
            Some(id) => self.hand_out(id),
            None => None,
        };
        match held {
            Some((job, fits_fresh)) => {
                let since = match self.held {
                    Some(held) if held.job == job => held.since,
                    _ => {
                        self.timers.set(Deadline::Held, self.now.after_ms(HELD_MS));
                        self.now
                    }
                };
                self.held = Some(Held { job, fits_fresh, since });
            }
            None => self.forget_held(),
        }
    }

    /// Posts a new job if none waits before it, and it may start: as [`dispatch`](Self::dispatch) would, without the way through the queue.
    pub(super) fn post_at_once(&mut self, job: JobId) -> bool {
        let Some(id) = self.current().filter(|_| self.queue.is_empty() && self.wish.is_none() && !self.unjudged) else {
            return false;
        };
        let may = self.has_credit(id) && self.may_go_ahead(id, job) && self.admit(id, job) == Admission::Now;
        if may {
            self.post(id, job);
        }
        may
    }

    /// Nobody waits for memory, or there is no generation that could have it.
    pub(super) fn forget_held(&mut self) {
        if self.held.take().is_some() {
            self.timers.cancel(Deadline::Held);
        }
    }

    /// Whether a fresh generation is needed for the job that is held: nothing that runs will make room for it, or not soon.
    pub(super) fn held_needs_fresh(&self, generation: &Generation) -> bool {
        self.held.is_some_and(|held| {
            let long = self.is_held_long(held.job) && self.config.overlap == Overlap::BlueGreen;
            held.fits_fresh && (generation.jobs.is_empty() || long)
        })
    }

    fn is_held_long(&self, job: JobId) -> bool {
        self.held.is_some_and(|held| held.job == job && self.now.ms_since(held.since) >= HELD_MS)
    }

    /// Returns the first job that waits for memory, if one does.
    fn hand_out(&mut self, id: GenerationId) -> Option<(JobId, bool)> {
        let mut held = None;
        let mut passed = 0;
        let mut last_passed = None;
        while passed < SCAN_MAX && self.has_credit(id) {
            let Some(job) = self.queue.next(last_passed).filter(|&job| self.may_go_ahead(id, job)) else { break };
            let mut pass = || (passed, last_passed) = (passed + 1, Some(job));
            match self.admit(id, job) {
                // Of those that are known to need much none passes another: a large one would starve.
                Admission::Now if held.is_some() && self.needs_much(id, job) => pass(),
                Admission::Now => self.post(id, job),
                Admission::Held { fits_fresh } => {
                    held.get_or_insert((job, fits_fresh));
                    pass();
                }
                Admission::Alone => {
                    held.get_or_insert((job, true));
                    break;
                }
                Admission::Never(settlement) => self.settle_queued(job, settlement),
            }
        }
        held
    }

    fn still_held(&self) -> Option<(JobId, bool)> {
        let held = self.held?;
        let waits = matches!(self.jobs.get(&held.job)?.phase, JobPhase::Queued { .. });
        waits.then_some((held.job, held.fits_fresh))
    }

    fn has_credit(&self, id: GenerationId) -> bool {
        let credits = self.config.credits() + usize::from(self.canary(Canary::OverCredit));
        self.takes_another(id, credits)
    }

    /// What is posted before a thread is free for it waits where no queue timeout ends it.
    fn may_go_ahead(&self, id: GenerationId, job: JobId) -> bool {
        let is_limited = self.jobs.get(&job).is_some_and(|job| job.call.queue_timeout_ms.is_some());
        !is_limited || self.takes_another(id, self.config.threads as usize)
    }

    /// Whether it takes another job, with so many credits in all.
    fn takes_another(&self, id: GenerationId, credits: usize) -> bool {
        self.generations.get(id).is_some_and(|generation| {
            generation.jobs.credit() < credits as u64 * u64::from(CREDIT) && generation.trapped.is_none()
        })
    }

    fn admit(&self, id: GenerationId, job_id: JobId) -> Admission {
        let (Some(generation), Some(job)) = (self.generations.get(id), self.jobs.get(&job_id)) else {
            return Admission::Now;
        };
        let is_busy = !generation.jobs.is_empty();
        if generation.jobs.has_alone() {
            return Admission::Alone;
        }
        if let Some(exhausted) = job.alone {
            // In drain-first an endless neighbour leaves it neither this generation nor another.
            let may_wait = self.config.overlap == Overlap::BlueGreen || !self.is_held_long(job_id);
            return match (exhausted == id && self.may_recycle(), is_busy) {
                (true, _) if may_wait => Admission::Held { fits_fresh: true },
                (false, true) if may_wait => Admission::Alone,
                _ => Admission::Now,
            };
        }
        let gauge = &generation.gauge;
        if generation.level == Level::Critical {
            // What is live is not all there to stay, but a fresh generation is without it.
            let fits_fresh = self.lines_of(generation).gains(gauge.live(), gauge.baseline());
            if is_busy || (fits_fresh && self.may_recycle()) {
                return Admission::Held { fits_fresh };
            }
        }
        let Some(bytes) = self.known_need(generation, &job.call) else { return Admission::Now };
        if self.canary(Canary::OverAdmission) {
            return Admission::Now;
        }
        let live = gauge.live().max(gauge.base().saturating_add(generation.jobs.need()));
        let limit = generation.limit;
        let most = gauge.most_in(limit);
        if live.saturating_add(bytes) <= if is_busy { self.lines_of(generation).room } else { most } {
            return Admission::Now;
        }
        let never = |live| match job.call.memory {
            Some(requested) => Admission::Never(Settlement::MemoryExhausted { requested, live, limit }),
            // Only learned: it may take less this time, and if not, it is told so.
            None => Admission::Now,
        };
        match gauge.baseline().saturating_add(bytes) <= most {
            false => never(gauge.baseline()),
            true if is_busy || self.may_recycle() => Admission::Held { fits_fresh: true },
            true => never(live),
        }
    }

    /// What a job is known to take: what its caller said, or what was learned of its task, which fitted once and so fits
    /// a fresh generation.
    fn known_need(&self, generation: &Generation, call: &Call) -> Option<u64> {
        call.memory.or_else(|| {
            let bytes = self.estimates.of(call.task)?;
            let gauge = &generation.gauge;
            Some(bytes.min(gauge.most_in(generation.limit).saturating_sub(gauge.baseline())))
        })
    }

    fn needs_much(&self, id: GenerationId, job: JobId) -> bool {
        let (Some(generation), Some(job)) = (self.generations.get(id), self.jobs.get(&job)) else { return false };
        self.known_need(generation, &job.call).is_some_and(|bytes| bytes >= generation.limit / MUCH)
    }

    /// Whether a fresh generation can be had, now or later.
    pub(super) fn may_recycle(&self) -> bool {
        match self.phase {
            Phase::Serving { .. } => self.restart.degraded().is_none(),
            Phase::Replacing { .. } | Phase::Snapshotting { .. } => true,
            _ => false,
        }
    }

    fn post(&mut self, id: GenerationId, job_id: JobId) {
        self.queue.remove(job_id);
        self.timers.cancel(Deadline::Idle);
        let early = self.canary(Canary::EarlyTimeout);
        let (Some(generation), Some(job)) = (self.generations.get(id), self.jobs.get(&job_id)) else { return };
        let need = self.known_need(generation, &job.call).unwrap_or_default();
        let (Some(generation), Some(job)) = (self.generations.get_mut(id), self.jobs.get_mut(&job_id)) else {
            return;
        };
        job.phase = JobPhase::Posted { generation: id };
        job.runs += 1;
        job.posted_at = self.now;
        job.alone_from = generation.jobs.is_empty().then(|| (generation.gauge.live(), self.now));
        let (task, announce) = (job.call.task, job.call.timeout_ms.is_some());
        if job.call.queue_timeout_ms.is_some() {
            self.timers.cancel(Deadline::QueueTimeout(job_id));
        }
        if early && let Some(ms) = job.call.timeout_ms {
            self.timers.set(Deadline::RunTimeout(job_id), self.now.after_ms(ms));
        }
        let share = Share { credit: self.pace.credit(task), need, is_alone: job.alone.is_some() };
        // With more than one none of them is alone any more.
        if generation.jobs.len() == 1
            && let Some(neighbour) = generation.jobs.iter().next()
            && let Some(neighbour) = self.jobs.get_mut(&neighbour)
        {
            neighbour.alone_from = None;
        }
        let was_empty = generation.jobs.is_empty();
        generation.jobs.insert(job_id, share);
        generation.posted += 1;
        if was_empty {
            self.watch(id);
        }
        self.outputs.push_back(Output::Post { generation: id, job: job_id, task, announce });
    }

    /// What a job took beyond what was live before it, if it was alone from its start to its end.
    pub(super) fn learn(&mut self, generation: GenerationId, job: &Job) {
        let Some(gauge) = self.generations.get(generation).map(|generation| &generation.gauge) else { return };
        if let Some((before, since)) = job.alone_from
            && gauge.read_at() > since
        {
            self.estimates.learn(job.call.task, gauge.last_peak().saturating_sub(before));
        }
    }
}
