//! Recycles that nobody asked for: whether one is needed, and whether it may begin now.

use super::gauge::Gauge;
use super::generation::Generation;
use super::pressure::{Lines, Outlook, judge, to_come};
use super::timers::Deadline;
use super::vocabulary::*;
use super::{Canary, Coordinator, Decimal, Phase, Time};

/// How long nothing runs until unused memory is given back.
const IDLE_MS: f64 = 10_000.0;
/// The least part of the limit that is worth giving back.
const RECLAIM: f64 = 0.125;
/// A recycle that left at least this part of the limit as full as before was of no use.
const USEFUL: f64 = 0.05;
/// For how long pressure is not believed after a recycle that was of no use; doubled by each that follows.
const DOUBT_FIRST_MS: f64 = 5_000.0;
const DOUBT_MAX_MS: f64 = 300_000.0;
/// After this long without rest the share of recycling is enough again.
const RESTED_MS: f64 = 10_000.0;
/// The time to a new generation, until one was seen.
const LEAD_FIRST_MS: f64 = 500.0;

/// How long a generation takes to be up: the longest lately.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lead {
    ms: f64,
}

/// Whether pressure is believed. A generation whose jobs hold much at a time, and free it, looks like one that leaks, and
/// recycling it changes nothing: that is noticed by what its successor has less.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doubt {
    until: Time,
    next_ms: f64,
}

impl Default for Lead {
    fn default() -> Self {
        Lead { ms: LEAD_FIRST_MS }
    }
}

impl Lead {
    pub fn seen(&mut self, ms: f64) {
        self.ms = if self.ms == LEAD_FIRST_MS { ms } else { ms.max(self.ms * 0.8) };
    }

    /// Twice that: the next one may take longer.
    pub fn ms(&self) -> f64 {
        2.0 * self.ms
    }
}

impl Default for Doubt {
    fn default() -> Self {
        Doubt { until: Time::default(), next_ms: DOUBT_FIRST_MS }
    }
}

impl Doubt {
    /// A recycle for pressure has ended. Returns whether it was of use.
    pub fn learn(&mut self, now: Time, freed: u64, limit: u64) -> bool {
        let was_useful = freed as f64 >= limit as f64 * USEFUL;
        if was_useful {
            *self = Doubt::default();
        } else {
            self.until = now.after_ms(self.next_ms);
            self.next_ms = (self.next_ms * 2.0).min(DOUBT_MAX_MS);
        }
        was_useful
    }

    fn is_over(&self, now: Time) -> bool {
        now >= self.until
    }
}

impl Coordinator {
    /// Wishes for a recycle if one is needed and may begin.
    pub(super) fn plan(&mut self) {
        let Phase::Serving { current } = self.phase else { return };
        self.watch_idleness(current);
        let Some(reason) = self.need(current) else { return };
        if self.wish.is_some() || self.generations.len() > 1 {
            return;
        }
        let next = self.share.next();
        if self.now >= next || self.canary(Canary::RecycleLoop) {
            self.wish = Some((reason, self.now));
        } else {
            self.timers.set(Deadline::Share, next);
            if self.held.is_some() {
                self.rest_until(next);
            }
        }
    }

    /// Whether jobs wait, or soon will, for the end of an older generation.
    pub(super) fn is_pressing(&self) -> bool {
        let needed = self.current().and_then(|current| self.need(current));
        self.wish.is_some() || matches!(needed, Some(Reason::Pressure | Reason::Admission | Reason::Exhausted))
    }

    /// Why a fresh generation is needed, if it is.
    fn need(&self, id: GenerationId) -> Option<Reason> {
        let generation = self.generations.get(id)?;
        let exhausted = self.held.and_then(|held| self.jobs.get(&held.job)).is_some_and(|job| job.alone == Some(id));
        let policy = &self.config.recycle;
        let age_ms = self.now.ms_since(generation.ready_at);
        if exhausted {
            Some(Reason::Exhausted)
        } else if (generation.wants_recycle || self.is_in_pieces(generation)) && self.doubt.is_over(self.now) {
            Some(Reason::Pressure)
        } else if self.held_needs_fresh(generation) {
            Some(Reason::Admission)
        } else if generation.has_thrown {
            Some(Reason::Exception)
        } else if policy.max_age_ms.is_some_and(|max| age_ms >= max) {
            Some(Reason::Age)
        } else if policy.max_jobs.is_some_and(|max| generation.posted >= max) {
            Some(Reason::Jobs)
        } else {
            None
        }
    }

    /// A memory that a job has exhausted is reserved to its limit, and what lives in it, little as it may be, lies between
    /// the free pieces: the next large block finds no place either.
    fn is_in_pieces(&self, generation: &Generation) -> bool {
        let gauge = &generation.gauge;
        let lines = self.lines_of(generation);
        let stays = if generation.jobs.is_empty() { gauge.live() } else { gauge.trend().floor };
        generation.has_exhausted && lines.gains(stays, gauge.baseline())
    }

    /// Judges the serving generation if it has reported: once, however many reports came in one message.
    pub(super) fn judge_reported(&mut self) {
        if std::mem::take(&mut self.unjudged)
            && let Some(current) = self.current()
        {
            self.judge(current);
        }
    }

    /// Judges a generation anew by what its reports say.
    pub(super) fn judge(&mut self, id: GenerationId) {
        let lines = self.lines(id);
        let (working_set, lead_ms) = (self.working_set.bytes(), self.lead.ms());
        let credits = self.config.credits();
        let Some(generation) = self.generations.get_mut(id) else { return };
        let gauge = &generation.gauge;
        // What runs, and as much again before the next report.
        let to_come = to_come(gauge, generation.ended, credits.max(2 * generation.jobs.len()));
        let judgement = judge(gauge, lines, Outlook { working_set, to_come, lead_ms }, generation.level);
        let before = std::mem::replace(&mut generation.level, judgement.level);
        generation.wants_recycle = judgement.wants_recycle;
        if before != judgement.level {
            let (reserved, live) = (gauge.reserved(), gauge.live());
            let (level, ms_to_limit) = (judgement.level, judgement.ms_to_limit);
            let pressure = Pressure { generation: id, level, reserved, live, limit: lines.limit, ms_to_limit };
            self.emit(Event::Pressure(pressure));
        }
    }

    pub(super) fn lines(&self, id: GenerationId) -> Lines {
        self.generations
            .get(id)
            .map_or_else(|| self.lines_in(self.config.limit, self.config.limit), |generation| self.lines_of(generation))
    }

    pub(super) fn lines_of(&self, generation: &Generation) -> Lines {
        self.lines_in(generation.limit, generation.gauge.room_in(generation.limit))
    }

    fn lines_in(&self, limit: u64, room: u64) -> Lines {
        Lines {
            limit,
            room,
            recycle_at: self.config.recycle_at.bytes(limit),
            critical_at: self.config.critical_at.bytes(limit),
        }
    }

    /// The most that a generation's memory may reach.
    pub(super) fn limit(&self, id: GenerationId) -> u64 {
        self.generations.get(id).map_or(self.config.limit, |generation| generation.limit)
    }

    /// Sets the clock for giving back what nothing uses.
    fn watch_idleness(&mut self, id: GenerationId) {
        let is_idle = self.queue.is_empty() && self.generations.values().all(|generation| generation.jobs.is_empty());
        let worth = (self.limit(id) as f64 * RECLAIM) as u64;
        let reclaimable = self.generations.get(id).map_or(0, |generation| generation.gauge.reclaimable());
        match (is_idle && reclaimable >= worth, self.timers.is_set(Deadline::Idle)) {
            (true, false) => self.timers.set(Deadline::Idle, self.now.after_ms(IDLE_MS).max(self.share.next())),
            (false, true) => self.timers.cancel(Deadline::Idle),
            _ => {}
        }
    }

    /// Nothing has run for some time.
    pub(super) fn idle(&mut self) {
        if let Phase::Serving { .. } = self.phase {
            self.wish.get_or_insert((Reason::Idle, self.now));
        }
    }

    /// Jobs wait for a recycle that has to wait itself: the pool cannot keep up.
    fn rest_until(&mut self, next: Time) {
        if !self.timers.is_set(Deadline::Rested) && self.restart.degraded().is_none() {
            let cause = self.resting_cause();
            self.emit(Event::Degraded { cause });
        }
        // From the end of the rest, not from now: looking again moves nothing.
        self.timers.set(Deadline::Rested, next.after_ms(RESTED_MS));
    }

    pub(super) fn rested(&mut self) {
        if self.restart.degraded().is_none() {
            self.emit(Event::Recovered { generation: self.current().unwrap_or(self.newest) });
        }
    }

    /// Why the pool is degraded, while it is.
    pub(super) fn degraded(&self) -> Option<String> {
        let resting = || self.timers.is_set(Deadline::Rested).then(|| self.resting_cause());
        self.restart.degraded().map(String::from).or_else(resting)
    }

    fn resting_cause(&self) -> String {
        format!(
            "jobs wait for memory, and another recycle would take more than recycle.share, {}, of the time",
            Decimal(self.config.recycle.share)
        )
    }

    /// A recycle for pressure has ended: `before` is what the old generation held without jobs.
    pub(super) fn learn_use(&mut self, reason: Reason, before: u64, successor: GenerationId) {
        if reason != Reason::Pressure {
            return;
        }
        let baseline = self.generations.get(successor).map(|generation| &generation.gauge).map_or(0, Gauge::baseline);
        let limit = self.limit(successor);
        if !self.doubt.learn(self.now, before.saturating_sub(baseline), limit) {
            self.counters.futile_recycles += 1;
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn what_was_of_no_use_is_doubted_ever_longer_until_one_was() {
        let mut doubt = Doubt::default();
        assert!(doubt.is_over(Time::default()));
        assert!(!doubt.learn(Time::default(), 40, 1000));
        assert!(!doubt.is_over(Time::from_ms(4_999.0)) && doubt.is_over(Time::from_ms(5_000.0)));
        assert!(!doubt.learn(Time::from_ms(5_000.0), 0, 1000));
        assert!(!doubt.is_over(Time::from_ms(14_999.0)));
        assert!(doubt.learn(Time::from_ms(15_000.0), 50, 1000));
        assert!(doubt.is_over(Time::default()));
        (0..20).for_each(|_| assert!(!doubt.learn(Time::default(), 0, 1000)));
        assert!(doubt.is_over(Time::from_ms(DOUBT_MAX_MS)));
    }

    #[test]
    fn the_lead_is_the_longest_lately() {
        let mut lead = Lead::default();
        lead.seen(100.0);
        assert_eq!(lead.ms(), 200.0);
        lead.seen(10.0);
        assert_eq!(lead.ms(), 160.0);
        lead.seen(300.0);
        assert_eq!(lead.ms(), 600.0);
    }
}
