//! The named deadlines.

use std::collections::{BTreeSet, HashMap};

use super::time::Time;
use super::vocabulary::{GenerationId, JobId};

/// What is due at a time. One of each kind per job or generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Deadline {
    /// A job has waited as long as its caller allows.
    QueueTimeout(JobId),
    /// A job has run as long as its caller allows.
    RunTimeout(JobId),
    /// A job that was told to stop has not stopped.
    StopGrace(JobId),
    /// A leader has not said a word.
    Hello(GenerationId),
    /// A leader has said hello, but its generation is not up.
    StartTimeout(GenerationId),
    /// A generation that takes no more jobs still has some.
    Drain(GenerationId),
    /// A generation was told to retire and has not.
    Retire(GenerationId),
    /// A generation was asked for a snapshot and has not given one.
    Snapshot(GenerationId),
    /// A leader that starts, or has jobs, may not have been heard for some time.
    Quiet(GenerationId),
    /// A leader was asked and has not answered.
    Answer(GenerationId),
    /// A generation has trapped, and what it said before may still come.
    LastWords(GenerationId),
    /// A generation is as old as `recycle.maxAge` allows.
    Age(GenerationId),
    /// The pause before the next start is over.
    Restart,
    /// Planned recycles have rested long enough for their share of the time.
    Share,
    /// For some time no planned recycle had to rest.
    Rested,
    /// Nothing has run for some time.
    Idle,
    /// A job has waited long for memory.
    Held,
    /// `exit` has taken as long as it may.
    Exit,
}

#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeSet<(Time, Deadline)>,
    at: HashMap<Deadline, Time>,
}

impl Timers {
    /// Sets a deadline, in place of an earlier one of the same name.
    pub fn set(&mut self, deadline: Deadline, at: Time) {
        self.cancel(deadline);
        self.at.insert(deadline, at);
        self.due.insert((at, deadline));
    }

    pub fn cancel(&mut self, deadline: Deadline) {
        if let Some(at) = self.at.remove(&deadline) {
            self.due.remove(&(at, deadline));
        }
    }

    /// The next one due by `now`, taken out.
    pub fn pop_due(&mut self, now: Time) -> Option<Deadline> {
        let &(at, deadline) = self.due.first()?;
        if at > now {
            return None;
        }
        self.cancel(deadline);
        Some(deadline)
    }

    pub fn next(&self) -> Option<Time> {
        self.due.first().map(|&(at, _)| at)
    }

    pub fn at(&self, deadline: Deadline) -> Option<Time> {
        self.at.get(&deadline).copied()
    }

    pub fn is_set(&self, deadline: Deadline) -> bool {
        self.at.contains_key(&deadline)
    }

    /// Moves all of them on: time passed that nobody lived.
    pub fn shift_ms(&mut self, ms: f64) {
        for at in self.at.values_mut() {
            *at = at.after_ms(ms);
        }
        self.due = self.at.iter().map(|(&deadline, &at)| (at, deadline)).collect();
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub fn iter(&self) -> impl Iterator<Item = &(Time, Deadline)> {
        self.due.iter()
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub fn len(&self) -> usize {
        self.due.len()
    }

    pub fn clear(&mut self) {
        self.due.clear();
        self.at.clear();
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn deadlines_come_due_in_order_and_once() {
        let mut timers = Timers::default();
        timers.set(Deadline::Exit, Time::from_ms(20.0));
        timers.set(Deadline::Restart, Time::from_ms(10.0));
        assert_eq!(timers.next(), Some(Time::from_ms(10.0)));
        assert_eq!(timers.pop_due(Time::from_ms(9.0)), None);
        assert_eq!(timers.pop_due(Time::from_ms(30.0)), Some(Deadline::Restart));
        assert_eq!(timers.pop_due(Time::from_ms(30.0)), Some(Deadline::Exit));
        assert_eq!(timers.pop_due(Time::from_ms(30.0)), None);
    }

    #[test]
    fn setting_again_moves_a_deadline() {
        let mut timers = Timers::default();
        timers.set(Deadline::Exit, Time::from_ms(5.0));
        timers.set(Deadline::Exit, Time::from_ms(50.0));
        assert_eq!(timers.len(), 1);
        assert_eq!(timers.pop_due(Time::from_ms(40.0)), None);
        assert!(timers.is_set(Deadline::Exit));
    }

    #[test]
    fn shifted_ones_keep_their_order() {
        let mut timers = Timers::default();
        timers.set(Deadline::Exit, Time::from_ms(5.0));
        timers.set(Deadline::Idle, Time::from_ms(50.0));
        timers.shift_ms(1000.0);
        assert_eq!(timers.pop_due(Time::from_ms(1004.0)), None);
        assert_eq!(timers.pop_due(Time::from_ms(2000.0)), Some(Deadline::Exit));
        assert_eq!(timers.next(), Some(Time::from_ms(1050.0)));
    }

    #[test]
    fn a_cancelled_deadline_never_comes() {
        let mut timers = Timers::default();
        timers.set(Deadline::Exit, Time::from_ms(5.0));
        timers.cancel(Deadline::Exit);
        timers.cancel(Deadline::Exit);
        assert_eq!(timers.pop_due(Time::from_ms(99.0)), None);
        assert_eq!(timers.next(), None);
    }
}
