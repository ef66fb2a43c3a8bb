//! The jobs that a generation has, and what they take of it together.
//!
//! Kept as sums: there may be hundreds of small ones, and each that comes asks.

use super::sorted::Sorted;
use super::vocabulary::JobId;

/// What a job takes while a generation has it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Share {
    /// In parts of a credit.
    pub credit: u32,
    /// Bytes, if that is known.
    pub need: u64,
    /// No other job may be given beside it.
    pub is_alone: bool,
}

/// Posted and not ended, abandoned ones included.
#[derive(Clone, Debug, Default)]
pub(super) struct Posted {
    jobs: Sorted<JobId, Share>,
    credit: u64,
    need: u64,
    alone: usize,
}

impl Posted {
    pub fn insert(&mut self, job: JobId, share: Share) {
        self.remove(job);
        self.jobs.insert(job, share);
        self.credit += u64::from(share.credit);
        self.need = self.need.saturating_add(share.need);
        self.alone += usize::from(share.is_alone);
    }

    /// Whether it was there.
    pub fn remove(&mut self, job: JobId) -> bool {
        let Some(share) = self.jobs.remove(job) else { return false };
        self.credit -= u64::from(share.credit);
        self.alone -= usize::from(share.is_alone);
        // A sum that has reached its end says nothing about its parts.
        self.need = match self.need {
            u64::MAX => self.jobs.values().fold(0, |sum, share| sum.saturating_add(share.need)),
            need => need - share.need,
        };
        true
    }

    pub fn iter(&self) -> impl Iterator<Item = JobId> {
        self.jobs.keys()
    }

    pub fn contains(&self, job: JobId) -> bool {
        self.jobs.contains_key(job)
    }

    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// What all take together, in parts of a credit.
    pub fn credit(&self) -> u64 {
        self.credit
    }

    /// What all are known to need together, in bytes.
    pub fn need(&self) -> u64 {
        self.need
    }

    pub fn has_alone(&self) -> bool {
        self.alone > 0
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_sums_are_those_of_the_jobs(
            steps in prop::collection::vec((0u64..20, any::<bool>(), 1u32..300, prop_oneof![0u64..1000, any::<u64>()], any::<bool>()), 0..60),
        ) {
            let mut posted = Posted::default();
            let mut model = BTreeMap::new();
            for (job, removes, credit, need, is_alone) in steps {
                let share = Share { credit, need, is_alone };
                if removes {
                    prop_assert_eq!(posted.remove(JobId(job)), model.remove(&job).is_some());
                } else {
                    posted.insert(JobId(job), share);
                    model.insert(job, share);
                }
                prop_assert_eq!(posted.len(), model.len());
                prop_assert_eq!(posted.credit(), model.values().map(|share| u64::from(share.credit)).sum::<u64>());
                prop_assert_eq!(posted.need(), model.values().fold(0u64, |sum, share| sum.saturating_add(share.need)));
                prop_assert_eq!(posted.has_alone(), model.values().any(|share| share.is_alone));
            }
        }
    }
}
