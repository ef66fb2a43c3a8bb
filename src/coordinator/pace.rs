//! How long jobs of a task run, and so how many a generation may have at once.
//!
//! What a generation was given can no longer be reordered, so it gets few jobs: a credit for each thread, and one more so
//! that no thread waits for the next. A job of a few microseconds ends long before the next one comes, though, and most of
//! the time would go into messages. So a job of a task that is known to be short takes only a part of a credit: what is given
//! ahead is some time's work, not a number of jobs.

use super::sorted::Sorted;
use super::vocabulary::TaskId;

/// A credit.
pub(super) const CREDIT: u32 = 256;
/// How long a job runs that takes a whole credit: so a job waits for those given before it no longer than about that.
const CREDIT_MS: f64 = 1.0;
/// The part of the difference by which a run moves the average.
const WEIGHT: f64 = 1.0 / 16.0;
/// Runs before the average says something.
const RUNS_MIN: u32 = 8;
/// Some runs are longer than the average.
const SLACK: f64 = 2.0;

/// What was learned, by task. As many entries as there are tasks.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    runs: Sorted<TaskId, Runs>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Runs {
    seen: u32,
    average_ms: f64,
}

impl Pace {
    /// A job of this task ran so long.
    pub fn learn(&mut self, task: TaskId, ms: f64) {
        if !(ms >= 0.0 && ms.is_finite()) {
            return;
        }
        let runs = self.runs.get_or_insert(task, Runs::default());
        runs.seen = runs.seen.saturating_add(1);
        let weight = WEIGHT.max(1.0 / f64::from(runs.seen));
        runs.average_ms += (ms - runs.average_ms) * weight;
    }

    /// What a job of this task takes of a [`CREDIT`]: all of it, unless it is known to be short.
    pub fn credit(&self, task: TaskId) -> u32 {
        match self.runs.get(task) {
            Some(&Runs { seen: RUNS_MIN.., average_ms }) => {
                let part = average_ms * SLACK / CREDIT_MS * f64::from(CREDIT);
                (part.ceil() as u32).clamp(1, CREDIT)
            }
            _ => CREDIT,
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TASK: TaskId = TaskId(3);

    fn after(runs: impl IntoIterator<Item = f64>) -> u32 {
        let mut pace = Pace::default();
        runs.into_iter().for_each(|ms| pace.learn(TASK, ms));
        pace.credit(TASK)
    }

    #[test]
    fn what_is_not_known_takes_a_whole_credit() {
        assert_eq!(after([]), CREDIT);
        assert_eq!(after([0.001; 7]), CREDIT);
        assert_eq!(after([0.001; 8]), 1);
    }

    #[test]
    fn a_part_of_the_time_is_a_part_of_a_credit() {
        assert_eq!(after([0.125; 8]), CREDIT / 4);
        assert_eq!(after([0.6; 8]), CREDIT);
        assert_eq!(after([1e9; 8]), CREDIT);
    }

    #[test]
    fn one_long_run_counts_at_once_and_is_forgotten_by_and_by() {
        let long = [0.001; 50].into_iter().chain([1000.0]);
        assert_eq!(after(long.clone()), CREDIT);
        assert_eq!(after(long.clone().chain([0.001; 50])), CREDIT);
        assert!(after(long.chain([0.001; 250])) < CREDIT / 16);
    }

    #[test]
    fn what_is_no_time_is_not_learned() {
        assert_eq!(after([f64::NAN, f64::INFINITY, -1.0].into_iter().cycle().take(30)), CREDIT);
    }

    proptest! {
        #[test]
        fn it_is_a_credit_at_most(runs in prop::collection::vec(any::<f64>(), 0..50)) {
            prop_assert!((1..=CREDIT).contains(&after(runs)));
        }
    }
}
