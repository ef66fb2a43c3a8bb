//! The coordinator's time: what the driver's clock said, never a clock of its own.

/// Microseconds since an origin that the driver chooses. Never decreases: [`Coordinator`](super::Coordinator) takes an
/// earlier time as the latest it has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

/// 142 years. A deadline after it is still later, and exact as milliseconds.
const LATEST_US: u64 = 1 << 52;

impl Time {
    /// From milliseconds, as `performance.now()` gives them. What is no number, or is negative, is the origin;
    /// what is later than a page can live is the latest time there is.
    pub fn from_ms(ms: f64) -> Self {
        // `as` saturates, and takes NaN as 0.
        let us = (ms * 1000.0).round() as u64;
        Time(us.min(LATEST_US))
    }

    pub(super) fn from_us(us: u64) -> Self {
        Time(us)
    }

    pub(super) fn as_us(self) -> u64 {
        self.0
    }

    /// In milliseconds, to the microsecond.
    pub fn as_ms(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Rounded up: a deadline is never early.
    pub fn after_ms(self, ms: f64) -> Self {
        Time(self.0.saturating_add((ms * 1000.0).ceil() as u64))
    }

    /// The origin, if that is later.
    pub fn before_ms(self, ms: f64) -> Self {
        Time(self.0.saturating_sub((ms * 1000.0) as u64))
    }

    /// Milliseconds from `earlier` to here; 0 if it is later.
    pub fn ms_since(self, earlier: Time) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1000.0
    }
}
