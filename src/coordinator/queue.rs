//! Jobs that wait for a generation.

use super::sorted::Order;
use super::time::Time;
use super::vocabulary::JobId;

/// What a job that waits gains on one of the next higher priority, in milliseconds of waiting: so no priority starves.
pub(super) const AGEING_MS: i64 = 1_000;

/// By priority, each second of waiting counting as one more; then by the order of the calls. Bounded (invariant 7) for new jobs; one that is handed back by a lost
/// generation had its place before and always finds one.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Order,
    max: usize,
    flow: Flow,
}

/// The time of the call, put forward by the priority. All jobs age alike, so their order never changes. A job that is
/// handed back keeps its place.
fn place(called_at: Time, priority: i32) -> u64 {
    let ms = called_at.as_ms() as i64 - i64::from(priority) * AGEING_MS;
    // In the order of the signed numbers.
    ms.cast_unsigned() ^ (1 << 63)
}

/// There is one kind in it.
const KIND: u64 = 0;

/// Whether those who call were told to wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flow {
    Free,
    Pressed,
}

impl Queue {
    pub fn new(max: usize) -> Self {
        Queue { waiting: Order::default(), max, flow: Flow::Free }
    }

    pub fn is_full(&self) -> bool {
        self.waiting.len() >= self.max
    }

    pub fn push(&mut self, job: JobId, priority: i32, called_at: Time) {
        self.waiting.set((KIND, job.0), place(called_at, priority));
    }

    pub fn first(&self) -> Option<JobId> {
        self.waiting.first().map(|(_, (_, job))| JobId(job))
    }

    /// The one after it, or the first of all after none. None also if it does not wait.
    pub fn next(&self, after: Option<JobId>) -> Option<JobId> {
        match after {
            Some(job) => self.waiting.after((KIND, job.0)).map(|(_, (_, job))| JobId(job)),
            None => self.first(),
        }
    }

    /// Whether that has changed: pressed from three quarters of the bound on, free again from a quarter down.
    pub fn flow_change(&mut self) -> Option<Flow> {
        let flow = match self.flow {
            Flow::Free if self.len() * 4 >= self.max * 3 => Flow::Pressed,
            Flow::Pressed if self.len() * 4 <= self.max => Flow::Free,
            same => same,
        };
        (std::mem::replace(&mut self.flow, flow) != flow).then_some(flow)
    }

    /// Whether it was there.
    pub fn remove(&mut self, job: JobId) -> bool {
        self.waiting.remove((KIND, job.0)).is_some()
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn max(&self) -> usize {
        self.max
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    fn pop(queue: &mut Queue) -> Option<u64> {
        let first = queue.first()?;
        queue.remove(first);
        Some(first.0)
    }

    #[test]
    fn higher_priority_first_then_order_of_calls() {
        let mut queue = Queue::new(8);
        for (job, priority) in [(1, 0), (2, 5), (3, 0), (4, 5), (5, -1)] {
            queue.push(JobId(job), priority, Time::from_ms(job as f64));
        }
        let order: Vec<u64> = std::iter::from_fn(|| pop(&mut queue)).collect();
        assert_eq!(order, [2, 4, 1, 3, 5]);
    }

    #[test]
    fn a_second_of_waiting_is_worth_a_priority() {
        let mut queue = Queue::new(8);
        queue.push(JobId(1), 0, Time::from_ms(0.0));
        queue.push(JobId(2), 3, Time::from_ms(2_999.0));
        queue.push(JobId(3), 3, Time::from_ms(3_001.0));
        let order: Vec<u64> = std::iter::from_fn(|| pop(&mut queue)).collect();
        assert_eq!(order, [2, 1, 3]);
    }

    #[test]
    fn a_queue_that_fills_says_so_once_and_once_that_it_has_emptied() {
        let mut queue = Queue::new(8);
        let mut told = Vec::new();
        for job in 0..8 {
            queue.push(JobId(job), 0, Time::default());
            told.extend(queue.flow_change().map(|flow| (queue.len(), flow)));
        }
        while pop(&mut queue).is_some() {
            told.extend(queue.flow_change().map(|flow| (queue.len(), flow)));
        }
        assert_eq!(told, [(6, Flow::Pressed), (2, Flow::Free)]);
    }

    proptest! {
        #[test]
        fn it_gives_back_each_job_once(jobs in prop::collection::vec((0u64..64, -3i32..3, any::<bool>()), 0..80)) {
            let mut queue = Queue::new(1000);
            let mut model = BTreeMap::new();
            for (job, priority, remove) in jobs {
                if remove {
                    prop_assert_eq!(queue.remove(JobId(job)), model.remove(&job).is_some());
                } else if let std::collections::btree_map::Entry::Vacant(entry) = model.entry(job) {
                    entry.insert(priority);
                    queue.push(JobId(job), priority, Time::default());
                }
                prop_assert_eq!(queue.len(), model.len());
            }
            let mut expected: Vec<(i32, u64)> = model.into_iter().map(|(job, priority)| (-priority, job)).collect();
            expected.sort();
            for (_, job) in expected {
                prop_assert_eq!(pop(&mut queue), Some(job));
            }
            prop_assert!(queue.is_empty());
        }
    }
}
