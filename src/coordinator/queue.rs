//! Jobs that wait for a generation.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::vocabulary::JobId;

/// By priority, then by the order of the calls. Bounded (invariant 7) for new jobs; one that is handed back by a lost
/// generation had its place before and always finds one.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: BTreeMap<Place, JobId>,
    places: HashMap<JobId, Place>,
    max: usize,
}

/// Highest priority first, then the earliest call. A job that is handed back keeps its place by its number.
type Place = (Reverse<i32>, JobId);

impl Queue {
    pub fn new(max: usize) -> Self {
        Queue { waiting: BTreeMap::new(), places: HashMap::new(), max }
    }

    pub fn is_full(&self) -> bool {
        self.waiting.len() >= self.max
    }

    pub fn push(&mut self, job: JobId, priority: i32) {
        let place = (Reverse(priority), job);
        self.waiting.insert(place, job);
        self.places.insert(job, place);
    }

    pub fn pop(&mut self) -> Option<JobId> {
        let (_, job) = self.waiting.pop_first()?;
        self.places.remove(&job);
        Some(job)
    }

    /// Whether it was there.
    pub fn remove(&mut self, job: JobId) -> bool {
        match self.places.remove(&job) {
            Some(place) => {
                self.waiting.remove(&place);
                true
            }
            None => false,
        }
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
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn higher_priority_first_then_order_of_calls() {
        let mut queue = Queue::new(8);
        for (job, priority) in [(1, 0), (2, 5), (3, 0), (4, 5), (5, -1)] {
            queue.push(JobId(job), priority);
        }
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|job| job.0).collect();
        assert_eq!(order, [2, 4, 1, 3, 5]);
    }

    proptest! {
        #[test]
        fn it_gives_back_each_job_once(jobs in prop::collection::vec((0u64..64, -3i32..3, any::<bool>()), 0..80)) {
            let mut queue = Queue::new(1000);
            let mut model = std::collections::BTreeMap::new();
            for (job, priority, remove) in jobs {
                if remove {
                    prop_assert_eq!(queue.remove(JobId(job)), model.remove(&job).is_some());
                } else if let std::collections::btree_map::Entry::Vacant(entry) = model.entry(job) {
                    entry.insert(priority);
                    queue.push(JobId(job), priority);
                }
                prop_assert_eq!(queue.len(), model.len());
            }
            let mut expected: Vec<(Reverse<i32>, u64)> = model.into_iter().map(|(j, p)| (Reverse(p), j)).collect();
            expected.sort();
            for (_, job) in expected {
                prop_assert_eq!(queue.pop(), Some(JobId(job)));
            }
            prop_assert!(queue.is_empty());
        }
    }
}
