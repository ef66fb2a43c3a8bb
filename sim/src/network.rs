//! The way of a message from a leader to the page: ordered and whole, unless a fault says otherwise.

use perennial::coordinator::Message;

use crate::faults::{Fault, Faults};
use crate::generation::Word;
use crate::plan::{MS, Micros, SECOND};
use crate::random::{Random, Stream};

/// The port of one leader.
#[derive(Debug)]
pub struct Port {
    random: Random,
    /// When the last message in order arrives.
    last: Micros,
}

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub at: Micros,
    pub word: Word,
    /// Heard even if its generation was terminated.
    pub unfiltered: bool,
}

impl Port {
    pub fn new(seed: u64, generation: u32) -> Self {
        Port { random: Random::new(seed, Stream::Network(generation)), last: 0 }
    }

    pub fn send(&mut self, now: Micros, word: Word, faults: Faults) -> Vec<Delivery> {
        let random = &mut self.random;
        // Drawn always, so that leaving out one fault leaves the others alone.
        let (lost, late, repeated) = (random.percent(5), random.percent(5), random.percent(10));
        let (reordered, stale) = (random.percent(15), random.percent(30));
        let (way, delay, again) =
            (random.within(50..=3000), random.across(MS..=20 * SECOND), random.across(MS..=60 * SECOND));
        if lost && faults.has(Fault::Lost) {
            return Vec::new();
        }
        let unfiltered = stale && faults.has(Fault::Stale);
        let late = if late && faults.has(Fault::Late) { delay } else { 0 };
        let at = if reordered && faults.has(Fault::Reordered) {
            now + way + late + delay / 100
        } else {
            self.last = self.last.max(now + way + late);
            self.last
        };
        let mut deliveries = vec![Delivery { at, word, unfiltered }];
        if repeated && faults.has(Fault::Repeated) {
            deliveries.push(Delivery { at: at + again, ..deliveries[0].clone() });
        }
        deliveries
    }

    /// From a thread to the page, past the leader: whole, and in no order with what the leader says.
    pub fn direct(&mut self, now: Micros, message: Message) -> Delivery {
        Delivery { at: now + self.random.within(50..=3000), word: vec![vec![message]], unfiltered: false }
    }

    /// The browser frees the lock of a worker that has ended.
    pub fn unlock(&mut self, now: Micros) -> Delivery {
        let word = vec![vec![Message::Died { cause: "its leader has ended".into() }]];
        Delivery { at: now + self.random.within(MS..=30 * MS), word, unfiltered: true }
    }
}

/// Whether it may be one message with what is said next.
pub fn is_of_jobs(word: &Word) -> bool {
    let of_jobs =
        |message: &Message| matches!(message, Message::JobStarted(_) | Message::Reported(_) | Message::JobEnded { .. });
    word.iter().flatten().all(of_jobs)
}

/// Whether the coordinator may wait for ever for what this says.
pub fn is_awaited(word: &Word) -> bool {
    let awaited =
        |message: &Message| matches!(message, Message::JobEnded { .. } | Message::JobStarted(_) | Message::Died { .. });
    word.iter().flatten().any(awaited)
}
