//! What a generation's reports say of its memory, and where that leads.

use std::collections::VecDeque;

use super::time::Time;
use super::vocabulary::Report;

/// The width of a bucket. Reports that come closer together count as one: their lowest.
const BUCKET_MS: f64 = 30.0;
/// How many buckets are kept: 1.4 s of a busy generation, and more of one that seldom reports.
const BUCKETS: usize = 48;
/// The part of a memory that is lost between blocks when it is nearly full.
const FRAGMENTS: f64 = 0.02;
/// How many reports [`Gauge::base`] looks at.
const LATEST: usize = 4;
/// Fewer say nothing about growth.
const BUCKETS_FOR_RATE: usize = 6;

/// The memory of one generation. Its threads share it, so a report of any of them is about the whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Gauge {
    /// The least that was reserved beyond what was live: statics, the leader's stack, the reserve for panics.
    overhead: Option<u64>,
    /// Live when it had just started: what a fresh generation cannot do without.
    baseline: u64,
    /// Reserved at that time.
    fresh: u64,
    reserved: u64,
    live: u64,
    peak: u64,
    last_peak: u64,
    read_at: Time,
    buckets: VecDeque<Bucket>,
    trend: Trend,
    /// What was live at the latest reports.
    latest: VecDeque<u64>,
}

/// The lowest that was live in some span of time. What running jobs hold comes and goes above it; what leaks stays in it.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    since: Time,
    lowest: u64,
}

/// Where the memory stands without what comes and goes, and how fast that rises.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Trend {
    /// The lowest that was live lately, in bytes.
    pub floor: u64,
    /// Bytes a millisecond; 0 where it does not rise.
    pub rate: f64,
}

impl Gauge {
    /// It has just started, and this is the latest report.
    pub fn started(&mut self) {
        self.baseline = self.live;
        self.fresh = self.reserved;
    }

    pub fn read(&mut self, report: &Report, now: Time) {
        self.reserved = self.reserved.max(report.reserved);
        self.live = report.live;
        let beyond = report.reserved.saturating_sub(report.live);
        self.overhead = Some(self.overhead.map_or(beyond, |overhead| overhead.min(beyond)));
        self.last_peak = report.peak.max(report.live);
        self.read_at = now;
        self.peak = self.peak.max(report.peak).max(report.live);
        let changes = match self.buckets.back_mut() {
            Some(bucket) if now.ms_since(bucket.since) < BUCKET_MS => {
                let before = bucket.lowest;
                bucket.lowest = before.min(report.live);
                bucket.lowest < before
            }
            _ => {
                self.buckets.push_back(Bucket { since: now, lowest: report.live });
                true
            }
        };
        if self.buckets.len() > BUCKETS {
            self.buckets.pop_front();
        }
        if changes {
            self.trend = self.trend_of_buckets();
        }
        self.latest.push_back(report.live);
        if self.latest.len() > LATEST {
            self.latest.pop_front();
        }
    }

    /// The lowest of the oldest, the middle and the newest third of the buckets. Thirds, not single reports, so that the
    /// work that comes and goes in each cancels out; and growth from each to the next, since a job that takes much at once
    /// and holds it is one step.
    fn trend_of_buckets(&self) -> Trend {
        let count = self.buckets.len();
        let third = |from: usize, to: usize| {
            let buckets = self.buckets.range(from..to);
            buckets.map(|bucket| bucket.lowest).min()
        };
        let (second, newest) = (count / 3, count - count / 3);
        let floor = third(newest, count).or(third(0, count)).unwrap_or(self.live);
        if count < BUCKETS_FOR_RATE {
            return Trend { floor, rate: 0.0 };
        }
        let growth = |from: usize, middle: usize, to: usize| {
            let (before, after) = (third(from, middle).unwrap_or(floor), third(middle, to).unwrap_or(floor));
            let ms = self.buckets[middle].since.ms_since(self.buckets[from].since);
            if ms > 0.0 { after.saturating_sub(before) as f64 / ms } else { 0.0 }
        };
        let rate = growth(0, second, newest).min(growth(second, newest, count));
        Trend { floor, rate }
    }

    pub fn trend(&self) -> Trend {
        self.trend
    }

    /// The lowest of the latest few reports: like the floor, but at once, and with more of what comes and goes.
    pub fn base(&self) -> u64 {
        self.latest.iter().copied().min().unwrap_or_default()
    }

    /// The most that can be live in a memory that may reach `limit`.
    pub fn most_in(&self, limit: u64) -> u64 {
        limit.saturating_sub(self.overhead.unwrap_or_default())
    }

    /// What can be live there with many blocks side by side.
    pub fn room_in(&self, limit: u64) -> u64 {
        self.most_in(limit).saturating_sub((limit as f64 * FRAGMENTS) as u64)
    }

    pub fn baseline(&self) -> u64 {
        self.baseline
    }

    pub fn live(&self) -> u64 {
        self.live
    }

    pub fn reserved(&self) -> u64 {
        self.reserved
    }

    /// The most that was live.
    pub fn peak(&self) -> u64 {
        self.peak
    }

    /// The most that was live since a job last began, at the latest report.
    pub fn last_peak(&self) -> u64 {
        self.last_peak
    }

    /// When the latest report was heard.
    pub fn read_at(&self) -> Time {
        self.read_at
    }

    /// What a fresh generation would hold less of the machine.
    pub fn reclaimable(&self) -> u64 {
        self.reserved.saturating_sub(self.fresh)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn report(live: u64) -> Report {
        Report { thread: 0, reserved: live, live, peak: live, jobs_done: 0, worked_ms: 0.0, busy: Vec::new() }
    }

    fn gauge(samples: impl IntoIterator<Item = (f64, u64)>) -> Gauge {
        let mut gauge = Gauge::default();
        for (ms, live) in samples {
            gauge.read(&report(live), Time::from_ms(ms));
        }
        gauge
    }

    #[test]
    fn a_leak_is_told_with_its_rate() {
        // 1000 bytes every 10 ms.
        let trend = gauge((0..100).map(|i| (f64::from(i) * 10.0, i as u64 * 1000))).trend();
        assert!((trend.rate - 100.0).abs() < 5.0, "{trend:?}");
        assert!(trend.floor > 40_000 && trend.floor <= 99_000, "{trend:?}");
    }

    #[test]
    fn what_comes_and_goes_is_no_growth() {
        let trend = gauge((0..200).map(|i| (f64::from(i) * 10.0, if i % 20 < 17 { 500_000 } else { 1000 }))).trend();
        assert_eq!(trend, Trend { floor: 1000, rate: 0.0 });
    }

    #[test]
    fn what_is_taken_at_once_is_no_growth() {
        for taken_at in 0..60 {
            let samples = (0..60).map(|i| (f64::from(i) * 30.0, if i < taken_at { 1000 } else { 500_000 }));
            assert_eq!(gauge(samples).trend().rate, 0.0);
        }
    }

    #[test]
    fn a_leak_below_what_comes_and_goes_is_seen() {
        let trend =
            gauge((0..200).map(|i| (f64::from(i) * 10.0, i as u64 * 100 + u64::from(i % 7 != 0) * 500_000))).trend();
        assert!((trend.rate - 10.0).abs() < 2.0, "{trend:?}");
    }

    #[test]
    fn what_is_never_live_is_no_room() {
        let mut gauge = Gauge::default();
        assert_eq!(gauge.room_in(1000), 980);
        gauge.read(&Report { reserved: 200, ..report(50) }, Time::from_ms(0.0));
        gauge.read(&Report { reserved: 200, ..report(100) }, Time::from_ms(1.0));
        gauge.read(&Report { reserved: 900, ..report(100) }, Time::from_ms(2.0));
        assert_eq!(gauge.room_in(1000), 880);
    }

    #[test]
    fn reports_that_arrive_in_one_heap_are_one_bucket() {
        let gauge = gauge((0..1000).map(|i| (0.0, i)));
        assert_eq!(gauge.trend(), Trend { floor: 0, rate: 0.0 });
        assert_eq!(gauge.live(), 999);
    }

    #[test]
    fn nothing_heard_is_nothing_live() {
        assert_eq!(Gauge::default().trend(), Trend::default());
        assert_eq!(Gauge::default().base(), 0);
    }

    proptest! {
        #[test]
        fn the_floor_is_something_that_was_live_and_the_rate_is_finite(
            samples in prop::collection::vec((0f64..500.0, 0u64..1 << 32), 1..200),
        ) {
            let mut now = 0.0;
            let samples: Vec<_> = samples.into_iter().map(|(ms, live)| { now += ms; (now, live) }).collect();
            let gauge = gauge(samples.iter().copied());
            let trend = gauge.trend();
            prop_assert!(samples.iter().any(|&(_, live)| live == trend.floor));
            prop_assert!(trend.rate.is_finite() && trend.rate >= 0.0);
            prop_assert!(gauge.peak() >= gauge.live() && gauge.base() <= gauge.live());
        }
    }
}
