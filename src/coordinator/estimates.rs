//! How much memory a job of a task takes at its peak.
//!
//! Live bytes are one number for a whole generation, and Rayon steals work across jobs. So a task's peak is learned only
//! from jobs that had a generation to themselves from their start to their end.

use super::sorted::Sorted;
use super::vocabulary::TaskId;

/// How much of the distance to a lower peak an estimate goes down at each run that is seen.
const DECAY: f64 = 0.1;

/// What was learned, by task. As many entries as there are tasks.
#[derive(Clone, Debug, Default)]
pub(super) struct Estimates {
    peaks: Sorted<TaskId, f64>,
}

impl Estimates {
    /// A job of this task took this much beyond what was live before it, and was alone. A higher peak counts at once, a
    /// lower one by and by: the same task may take more for the next argument.
    pub fn learn(&mut self, task: TaskId, bytes: u64) {
        let bytes = bytes as f64;
        let peak = self.peaks.get_or_insert(task, bytes);
        *peak = if bytes >= *peak { bytes } else { *peak + (bytes - *peak) * DECAY };
    }

    /// What a job of this task is expected to take, if that is known.
    pub fn of(&self, task: TaskId) -> Option<u64> {
        self.peaks.get(task).map(|&peak| peak as u64)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TASK: TaskId = TaskId(3);

    #[test]
    fn a_task_that_was_never_seen_alone_is_unknown() {
        assert_eq!(Estimates::default().of(TASK), None);
    }

    #[test]
    fn it_rises_at_once_and_falls_slowly() {
        let mut estimates = Estimates::default();
        estimates.learn(TASK, 100);
        estimates.learn(TASK, 1000);
        assert_eq!(estimates.of(TASK), Some(1000));
        estimates.learn(TASK, 0);
        assert_eq!(estimates.of(TASK), Some(900));
        (0..200).for_each(|_| estimates.learn(TASK, 10));
        assert_eq!(estimates.of(TASK), Some(10));
    }

    proptest! {
        #[test]
        fn it_stays_within_what_was_seen(seen in prop::collection::vec(any::<u32>(), 1..50)) {
            let mut estimates = Estimates::default();
            seen.iter().for_each(|&bytes| estimates.learn(TASK, bytes.into()));
            let estimate = estimates.of(TASK).unwrap();
            let least = u64::from(*seen.iter().min().unwrap());
            let most = u64::from(*seen.iter().max().unwrap());
            prop_assert!((least.saturating_sub(1)..=most).contains(&estimate));
            prop_assert!(estimate >= u64::from(*seen.last().unwrap()).saturating_sub(1));
        }
    }
}
