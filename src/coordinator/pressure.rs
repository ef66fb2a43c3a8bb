//! When a memory is on its way to its end: reports in, judgement out.

use super::gauge::Gauge;
use super::vocabulary::{Level, Report};

/// A recycle that would free less than this part of the limit is not worth it. It is also how far the level has to fall
/// before it counts as lower again.
const WORTH: f64 = 0.1;
/// How much of the working set is forgotten with each generation.
const FORGOTTEN: f64 = 0.1;

/// A generation's limit and the lines below it, in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lines {
    pub limit: u64,
    /// How much of it can be live.
    pub room: u64,
    pub recycle_at: u64,
    pub critical_at: u64,
}

impl Lines {
    /// Whether a fresh generation would stand enough lower to be worth the trouble.
    pub fn gains(self, live: u64, baseline: u64) -> bool {
        live >= baseline.saturating_add((self.limit as f64 * WORTH) as u64)
    }
}

/// What is known beside the reports.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Outlook {
    /// See [`WorkingSet`].
    pub working_set: u64,
    /// What the jobs that run, and those that may start before the next report, will leave behind as things go.
    pub to_come: u64,
    /// How long a successor takes to be up: what grows, grows on until then.
    pub lead_ms: f64,
}

/// Jobs before their average says something.
const JOBS_FOR_AVERAGE: u64 = 8;

/// What `jobs` more will leave behind, if they are like those that have ended in this generation.
pub(super) fn to_come(gauge: &Gauge, ended: u64, jobs: usize) -> u64 {
    match ended {
        JOBS_FOR_AVERAGE.. => gauge.base().saturating_sub(gauge.baseline()) / ended * jobs as u64,
        _ => 0,
    }
}

/// What the jobs that run at a time hold beyond what they leave behind: the most that was seen, at the ends of jobs, where
/// a report says both. It tells how much room has to be left above the floor.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WorkingSet {
    bytes: f64,
}

impl WorkingSet {
    pub fn see(&mut self, report: &Report) {
        // A thread in the middle of a job holds what it will still free.
        if report.busy.is_empty() {
            self.bytes = self.bytes.max(report.peak.saturating_sub(report.live) as f64);
        }
    }

    pub fn next_generation(&mut self) {
        self.bytes *= 1.0 - FORGOTTEN;
    }

    pub fn bytes(&self) -> u64 {
        self.bytes as u64
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Judgement {
    pub level: Level,
    /// A fresh generation would stand below the line, by enough to be worth the trouble. What is live from the start is
    /// not: a fresh generation would have it too (invariant 6).
    pub wants_recycle: bool,
    /// How long it takes to the limit as it goes now; none where it does not rise.
    pub ms_to_limit: Option<f64>,
}

/// Judges a generation. `before` is the level it had.
pub(super) fn judge(gauge: &Gauge, lines: Lines, outlook: Outlook, before: Level) -> Judgement {
    let Outlook { working_set, to_come, lead_ms } = outlook;
    let trend = gauge.trend();
    let worth = (lines.limit as f64 * WORTH) as u64;
    let left = lines.room.saturating_sub(trend.floor);
    let ms_to_limit = (trend.rate > 0.0).then(|| left as f64 / trend.rate);

    let expected = trend.floor.saturating_add(working_set);
    let too_late = expected as f64 + trend.rate * lead_ms >= lines.room as f64;
    let slack = |level: Level| if before >= level { worth } else { 0 };
    let high = trend.floor.saturating_add(slack(Level::High)) >= lines.recycle_at || too_late;
    let over = trend.floor >= lines.recycle_at || too_late || gauge.base() >= lines.critical_at;
    let wants_recycle = lines.gains(trend.floor, gauge.baseline()) && over;
    // Room for the working set is only kept free where a fresh generation would have it: one that fills its memory with work
    // and gives it all back may do so again.
    let critical = gauge.live().saturating_add(slack(Level::Critical)) >= lines.critical_at
        || (wants_recycle && gauge.base().saturating_add(working_set) >= lines.room)
        || gauge.live().saturating_add(to_come) >= lines.room;
    let level = match (critical, high) {
        (true, _) => Level::Critical,
        (false, true) => Level::High,
        (false, false) => Level::Calm,
    };
    Judgement { level, wants_recycle, ms_to_limit }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::Time;
    use super::*;
    use proptest::prelude::*;

    const LINES: Lines = Lines { limit: 1000, room: 1000, recycle_at: 750, critical_at: 900 };

    fn report(live: u64, peak: u64) -> Report {
        Report { thread: 0, reserved: peak, live, peak, jobs_done: 0, worked_ms: 0.0, busy: Vec::new() }
    }

    /// A generation that began with `baseline` and then reported these, 100 ms apart.
    fn gauge(baseline: u64, samples: &[u64]) -> Gauge {
        let mut gauge = Gauge::default();
        for (i, &live) in [baseline].iter().chain(samples).enumerate() {
            gauge.read(&report(live, live), Time::from_ms(i as f64 * 100.0));
            if i == 0 {
                gauge.started();
            }
        }
        gauge
    }

    fn outlook(working_set: u64, lead_ms: f64) -> Outlook {
        Outlook { working_set, to_come: 0, lead_ms }
    }

    fn judged(gauge: &Gauge) -> Judgement {
        judge(gauge, LINES, outlook(0, 100.0), Level::Calm)
    }

    #[test]
    fn a_quiet_memory_is_calm() {
        let calm = Judgement { level: Level::Calm, wants_recycle: false, ms_to_limit: None };
        assert_eq!(judged(&gauge(100, &[120, 100, 400, 100, 130, 100])), calm);
    }

    #[test]
    fn what_stays_over_the_line_is_recycled() {
        let judgement = judged(&gauge(100, &[760; 8]));
        assert_eq!((judgement.level, judgement.wants_recycle), (Level::High, true));
    }

    #[test]
    fn one_peak_over_the_line_is_not() {
        assert!(!judged(&gauge(100, &[100, 100, 100, 800, 100])).wants_recycle);
    }

    #[test]
    fn fast_growth_is_recycled_before_the_line() {
        // 80 per 100 ms: with 300 ms to the successor, 560 is late enough.
        let slow = judge(&gauge(0, &[80, 160, 240, 320, 400, 480, 560]), LINES, outlook(0, 10.0), Level::Calm);
        assert!(!slow.wants_recycle);
        let fast = judge(&gauge(0, &[80, 160, 240, 320, 400, 480, 560]), LINES, outlook(0, 900.0), Level::Calm);
        assert!(fast.wants_recycle);
        assert!(fast.ms_to_limit.unwrap() > 300.0);
    }

    #[test]
    fn room_is_left_for_the_working_set() {
        let gauge = gauge(100, &[400; 6]);
        assert!(!judge(&gauge, LINES, outlook(500, 0.0), Level::Calm).wants_recycle);
        assert!(judge(&gauge, LINES, outlook(600, 0.0), Level::Calm).wants_recycle);
    }

    #[test]
    fn what_the_running_jobs_will_leave_counts() {
        let gauge = gauge(100, &[500; 8]);
        assert_eq!(to_come(&gauge, 7, 4), 0, "too few to tell");
        let to_come = to_come(&gauge, 8, 10);
        assert_eq!(to_come, 500);
        assert_eq!(judge(&gauge, LINES, Outlook { to_come, ..outlook(0, 0.0) }, Level::Calm).level, Level::Critical);
    }

    #[test]
    fn work_that_fills_the_memory_and_gives_it_back_is_let_in_again() {
        let gauge = gauge(50, &[850, 60, 840, 60, 60, 60]);
        assert_eq!(judge(&gauge, LINES, outlook(990, 0.0), Level::Calm).level, Level::High);
    }

    #[test]
    fn a_baseline_over_the_line_is_critical_at_most_but_never_recycled_for() {
        let judgement = judged(&gauge(920, &[925; 6]));
        assert_eq!((judgement.level, judgement.wants_recycle), (Level::Critical, false));
    }

    #[test]
    fn a_level_is_left_later_than_it_is_entered() {
        let gauge = gauge(0, &[700; 6]);
        assert_eq!(judge(&gauge, LINES, outlook(0, 0.0), Level::Calm).level, Level::Calm);
        assert_eq!(judge(&gauge, LINES, outlook(0, 0.0), Level::High).level, Level::High);
    }

    #[test]
    fn the_working_set_is_what_jobs_held_and_gave_back() {
        let mut set = WorkingSet::default();
        set.see(&report(100, 700));
        set.see(&report(300, 400));
        assert_eq!(set.bytes(), 600);
        set.next_generation();
        assert_eq!(set.bytes(), 540);
    }

    proptest! {
        #[test]
        fn no_recycle_without_a_gain(
            baseline in 0u64..1200, samples in prop::collection::vec(0u64..1200, 0..40), set in 0u64..2000, lead in 0f64..1e6,
        ) {
            let gauge = gauge(baseline, &samples);
            let judgement = judge(&gauge, LINES, outlook(set, lead), Level::Calm);
            prop_assert!(!judgement.wants_recycle || gauge.trend().floor >= baseline + 100);
            prop_assert!(judgement.ms_to_limit.is_none_or(|ms| ms.is_finite() && ms >= 0.0));
        }
    }
}
