//! The named deadlines.

use super::sorted::{Item, Order};
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

impl Deadline {
    /// The number of its kind, and of whose it is. At the same time those of the first kinds come first.
    fn item(self) -> Item {
        match self {
            Deadline::QueueTimeout(job) => (0, job.0),
            Deadline::RunTimeout(job) => (1, job.0),
            Deadline::StopGrace(job) => (2, job.0),
            Deadline::Hello(generation) => (3, generation.0.into()),
            Deadline::StartTimeout(generation) => (4, generation.0.into()),
            Deadline::Drain(generation) => (5, generation.0.into()),
            Deadline::Retire(generation) => (6, generation.0.into()),
            Deadline::Snapshot(generation) => (7, generation.0.into()),
            Deadline::Quiet(generation) => (8, generation.0.into()),
            Deadline::Answer(generation) => (9, generation.0.into()),
            Deadline::LastWords(generation) => (10, generation.0.into()),
            Deadline::Age(generation) => (11, generation.0.into()),
            Deadline::Restart => (12, 0),
            Deadline::Share => (13, 0),
            Deadline::Rested => (14, 0),
            Deadline::Idle => (15, 0),
            Deadline::Held => (16, 0),
            Deadline::Exit => (17, 0),
        }
    }

    fn of((kind, number): Item) -> Self {
        let (job, generation) = (JobId(number), GenerationId(number as u32));
        match kind {
            0 => Deadline::QueueTimeout(job),
            1 => Deadline::RunTimeout(job),
            2 => Deadline::StopGrace(job),
            3 => Deadline::Hello(generation),
            4 => Deadline::StartTimeout(generation),
            5 => Deadline::Drain(generation),
            6 => Deadline::Retire(generation),
            7 => Deadline::Snapshot(generation),
            8 => Deadline::Quiet(generation),
            9 => Deadline::Answer(generation),
            10 => Deadline::LastWords(generation),
            11 => Deadline::Age(generation),
            12 => Deadline::Restart,
            13 => Deadline::Share,
            14 => Deadline::Rested,
            15 => Deadline::Idle,
            16 => Deadline::Held,
            _ => Deadline::Exit,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Timers {
    due: Order,
}

impl Timers {
    /// Sets a deadline, in place of an earlier one of the same name.
    pub fn set(&mut self, deadline: Deadline, at: Time) {
        self.due.set(deadline.item(), at.as_us());
    }

    pub fn cancel(&mut self, deadline: Deadline) {
        self.due.remove(deadline.item());
    }

    /// The next one due by `now`, taken out.
    pub fn pop_due(&mut self, now: Time) -> Option<Deadline> {
        let (at, item) = self.due.first()?;
        if at > now.as_us() {
            return None;
        }
        self.due.remove(item);
        Some(Deadline::of(item))
    }

    pub fn next(&self) -> Option<Time> {
        self.due.first().map(|(at, _)| Time::from_us(at))
    }

    pub fn at(&self, deadline: Deadline) -> Option<Time> {
        self.due.get(deadline.item()).map(Time::from_us)
    }

    pub fn is_set(&self, deadline: Deadline) -> bool {
        self.due.get(deadline.item()).is_some()
    }

    /// Moves all of them on: time passed that nobody lived.
    pub fn shift_ms(&mut self, ms: f64) {
        for (at, item) in self.due.take() {
            self.due.set(item, Time::from_us(at).after_ms(ms).as_us());
        }
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub fn iter(&self) -> impl Iterator<Item = (Time, Deadline)> {
        self.due.iter().map(|(at, item)| (Time::from_us(at), Deadline::of(item)))
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub fn len(&self) -> usize {
        self.due.len()
    }

    pub fn clear(&mut self) {
        self.due.clear();
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
    fn each_is_itself_again_and_the_kinds_keep_their_order() {
        let (job, generation) = (JobId((1 << 53) - 1), GenerationId(u32::MAX));
        let all = [
            Deadline::QueueTimeout(job),
            Deadline::RunTimeout(job),
            Deadline::StopGrace(job),
            Deadline::Hello(generation),
            Deadline::StartTimeout(generation),
            Deadline::Drain(generation),
            Deadline::Retire(generation),
            Deadline::Snapshot(generation),
            Deadline::Quiet(generation),
            Deadline::Answer(generation),
            Deadline::LastWords(generation),
            Deadline::Age(generation),
            Deadline::Restart,
            Deadline::Share,
            Deadline::Rested,
            Deadline::Idle,
            Deadline::Held,
            Deadline::Exit,
        ];
        assert_eq!(all.map(|deadline| Deadline::of(deadline.item())), all);
        assert!(all.is_sorted() && all.map(Deadline::item).is_sorted());
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
