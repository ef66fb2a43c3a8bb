//! How long jobs take, as histograms of a fixed size.

use super::Time;
use super::health::{LatencyHealth, Quantiles};

/// Each doubling of the time is four buckets: a quantile is right to a quarter of itself.
const PER_DOUBLING: u32 = 4;
/// From a microsecond to 2^32 of them, more than an hour.
const BUCKETS: usize = 32 * PER_DOUBLING as usize;

/// Of jobs that ran to their end.
#[derive(Debug, Default)]
pub(super) struct Latency {
    /// From the call to its last post to a generation.
    queue: Histogram,
    /// On a thread, as that has measured it.
    run: Histogram,
    /// From the call to its settlement.
    settle: Histogram,
}

impl Latency {
    pub fn learn(&mut self, now: Time, called_at: Time, posted_at: Time, ran_ms: f64) {
        self.queue.add(posted_at.ms_since(called_at));
        self.run.add(ran_ms);
        self.settle.add(now.ms_since(called_at));
    }

    pub fn health(&self) -> LatencyHealth {
        LatencyHealth { queue: self.queue.quantiles(), run: self.run.quantiles(), settle: self.settle.quantiles() }
    }
}

#[derive(Debug)]
struct Histogram {
    counts: [u32; BUCKETS],
    count: u64,
    max_ms: f64,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram { counts: [0; BUCKETS], count: 0, max_ms: 0.0 }
    }
}

impl Histogram {
    fn add(&mut self, ms: f64) {
        let bucket = &mut self.counts[bucket_of(ms)];
        *bucket = bucket.saturating_add(1);
        self.count += 1;
        self.max_ms = self.max_ms.max(ms);
    }

    fn quantiles(&self) -> Quantiles {
        let at = |part| self.quantile(part);
        let max = (self.count > 0).then_some(self.max_ms);
        Quantiles { count: self.count, p50: at(0.5), p90: at(0.9), p99: at(0.99), max }
    }

    /// The upper end of the bucket that it lies in.
    fn quantile(&self, part: f64) -> Option<f64> {
        let total: u64 = self.counts.iter().map(|&count| u64::from(count)).sum();
        let rank = (total as f64 * part).ceil() as u64;
        let mut below = 0;
        let bucket = self.counts.iter().position(|&count| {
            below += u64::from(count);
            count > 0 && below >= rank
        })?;
        Some(end_of(bucket).min(self.max_ms))
    }
}

/// What is less than a microsecond, or no number, is in the first; what is longer than all, in the last.
fn bucket_of(ms: f64) -> usize {
    let us = (ms * 1000.0) as u64;
    let Some(doublings) = us.checked_ilog2() else { return 0 };
    // The two bits below the highest.
    let part = ((us << 2) >> doublings) & 3;
    ((doublings * PER_DOUBLING) as usize + part as usize).min(BUCKETS - 1)
}

/// Where the next bucket begins, in milliseconds.
fn end_of(bucket: usize) -> f64 {
    let (doublings, part) = (bucket as u32 / PER_DOUBLING, bucket as u32 % PER_DOUBLING);
    f64::from(2u32).powi(doublings as i32) * (1.0 + f64::from(part + 1) / f64::from(PER_DOUBLING)) / 1000.0
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_has_no_quantiles() {
        let nothing = Quantiles { count: 0, p50: None, p90: None, p99: None, max: None };
        assert_eq!(Histogram::default().quantiles(), nothing);
    }

    #[test]
    fn one_time_is_all_quantiles() {
        let mut histogram = Histogram::default();
        histogram.add(5.0);
        let all = Some(5.0);
        assert_eq!(histogram.quantiles(), Quantiles { count: 1, p50: all, p90: all, p99: all, max: all });
    }

    #[test]
    fn odd_times_have_their_bucket() {
        for ms in [0.0, -1.0, f64::NAN, 1e-9] {
            assert_eq!(bucket_of(ms), 0, "{ms}");
        }
        for ms in [f64::INFINITY, 1e300, 1e10] {
            assert_eq!(bucket_of(ms), BUCKETS - 1, "{ms}");
        }
    }

    proptest! {
        #[test]
        fn a_quantile_is_right_to_a_quarter(
            mut times in prop::collection::vec(0.001..3_600_000.0, 1..200),
            part in prop::sample::select(vec![0.5, 0.9, 0.99]),
        ) {
            let mut histogram = Histogram::default();
            times.iter().for_each(|&ms| histogram.add(ms));
            times.sort_by(f64::total_cmp);
            let exact = times[(times.len() as f64 * part).ceil() as usize - 1];
            let told = histogram.quantile(part).unwrap();
            // Times are told to the microsecond.
            prop_assert!((exact * 0.9999..=exact * 1.25 + 0.001).contains(&told), "{told} for {exact}");
        }
    }
}
