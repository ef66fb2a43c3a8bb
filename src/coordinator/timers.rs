//! The named deadlines.

use std::collections::{BTreeSet, HashMap, HashSet};

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
    /// The pause before the next start is over.
    Restart,
    /// `exit` has taken as long as it may.
    Exit,
}

#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeSet<(Time, Deadline)>,
    at: HashMap<Deadline, Time>,
    /// Those that have been granted a second time.
    again: HashSet<Deadline>,
}

/// A deadline whose time has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Due {
    pub deadline: Deadline,
    pub at: Time,
    pub again: bool,
}

impl Timers {
    /// Sets a deadline, in place of an earlier one of the same name.
    pub fn set(&mut self, deadline: Deadline, at: Time) {
        self.cancel(deadline);
        self.at.insert(deadline, at);
        self.due.insert((at, deadline));
    }

    /// Grants a deadline that has come due its time once more.
    pub fn set_again(&mut self, deadline: Deadline, at: Time) {
        self.set(deadline, at);
        self.again.insert(deadline);
    }

    pub fn cancel(&mut self, deadline: Deadline) {
        self.again.remove(&deadline);
        if let Some(at) = self.at.remove(&deadline) {
            self.due.remove(&(at, deadline));
        }
    }

    /// The next one due by `now`, taken out.
    pub fn pop_due(&mut self, now: Time) -> Option<Due> {
        let &(at, deadline) = self.due.first()?;
        if at > now {
            return None;
        }
        let again = self.again.contains(&deadline);
        self.cancel(deadline);
        Some(Due { deadline, at, again })
    }

    pub fn next(&self) -> Option<Time> {
        self.due.first().map(|&(at, _)| at)
    }

    pub fn is_set(&self, deadline: Deadline) -> bool {
        self.at.contains_key(&deadline)
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub fn len(&self) -> usize {
        self.due.len()
    }

    pub fn clear(&mut self) {
        self.due.clear();
        self.at.clear();
        self.again.clear();
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
        assert_eq!(timers.pop_due(Time::from_ms(30.0)).map(|due| due.deadline), Some(Deadline::Restart));
        assert_eq!(timers.pop_due(Time::from_ms(30.0)).map(|due| due.deadline), Some(Deadline::Exit));
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
    fn what_is_granted_again_is_known_until_it_is_set_anew() {
        let mut timers = Timers::default();
        timers.set_again(Deadline::Exit, Time::from_ms(5.0));
        assert!(timers.pop_due(Time::from_ms(5.0)).unwrap().again);
        timers.set_again(Deadline::Exit, Time::from_ms(6.0));
        timers.set(Deadline::Exit, Time::from_ms(7.0));
        assert!(!timers.pop_due(Time::from_ms(7.0)).unwrap().again);
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
