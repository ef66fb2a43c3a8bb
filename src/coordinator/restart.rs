//! How often a pool may come back: deaths and failed starts against their intensity (invariant 6).

use std::collections::VecDeque;

use super::config::RestartIntensity;
use super::time::Time;

/// The first pause after a failure that was not the first.
const PAUSE_FIRST_MS: f64 = 100.0;
/// The longest pause, and the pause while degraded.
const PAUSE_MAX_MS: f64 = 30_000.0;

/// Failures are counted in a sliding window. Past the intensity the pool is degraded: it says so, refuses what it cannot
/// serve, and tries again at the longest pause, until a generation serves.
#[derive(Debug)]
pub(super) struct Restart {
    intensity: RestartIntensity,
    failures: VecDeque<Time>,
    /// The end of the pause after the last failure.
    rest_until: Time,
    state: RestartState,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum RestartState {
    Healthy,
    Degraded { cause: String },
}

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub(super) struct Verdict {
    /// How long to wait before the next start.
    pub pause_ms: f64,
    /// Whether this failure is the one that degrades the pool.
    pub degrades: bool,
}

impl Restart {
    pub fn new(intensity: RestartIntensity) -> Self {
        Restart { intensity, failures: VecDeque::new(), rest_until: Time::default(), state: RestartState::Healthy }
    }

    /// A generation died or failed to start.
    pub fn failed(&mut self, now: Time, cause: &str) -> Verdict {
        let verdict = self.judge(now, cause);
        self.rest_until = now.after_ms(verdict.pause_ms);
        verdict
    }

    /// Before then no hang is a reason for another generation.
    pub fn rest_until(&self) -> Time {
        self.rest_until
    }

    fn judge(&mut self, now: Time, cause: &str) -> Verdict {
        self.failures.retain(|&at| now.ms_since(at) < self.intensity.within_ms);
        self.failures.push_back(now);
        if self.failures.len() <= self.intensity.max as usize && self.state == RestartState::Healthy {
            let pause_ms = match self.failures.len() {
                0 | 1 => 0.0,
                n => (PAUSE_FIRST_MS * 2f64.powi(n as i32 - 2)).min(PAUSE_MAX_MS),
            };
            return Verdict { pause_ms, degrades: false };
        }
        let degrades = self.state == RestartState::Healthy;
        self.state = RestartState::Degraded { cause: cause.into() };
        // The window only needs to hold one more than the intensity.
        while self.failures.len() > self.intensity.max as usize + 1 {
            self.failures.pop_front();
        }
        Verdict { pause_ms: PAUSE_MAX_MS, degrades }
    }

    /// A generation serves. Whether that is a recovery.
    pub fn served(&mut self) -> bool {
        std::mem::replace(&mut self.state, RestartState::Healthy) != RestartState::Healthy
    }

    /// Why nothing can be started, while degraded.
    pub fn degraded(&self) -> Option<&str> {
        match &self.state {
            RestartState::Healthy => None,
            RestartState::Degraded { cause } => Some(cause),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn at(ms: f64) -> Time {
        Time::from_ms(ms)
    }

    #[test]
    fn the_first_failure_restarts_at_once_and_the_next_ones_later() {
        let mut restart = Restart::new(RestartIntensity { max: 4, within_ms: 1000.0 });
        let pauses: Vec<f64> = (0..4).map(|i| restart.failed(at(i as f64), "x").pause_ms).collect();
        assert_eq!(pauses, [0.0, 100.0, 200.0, 400.0]);
    }

    #[test]
    fn past_the_intensity_it_is_degraded_once_until_one_serves() {
        let mut restart = Restart::new(RestartIntensity { max: 2, within_ms: 1000.0 });
        assert!(!restart.failed(at(0.0), "a").degrades);
        assert!(!restart.failed(at(1.0), "b").degrades);
        let third = restart.failed(at(2.0), "c");
        assert_eq!(third, Verdict { pause_ms: PAUSE_MAX_MS, degrades: true });
        assert!(!restart.failed(at(40_000.0), "d").degrades);
        assert_eq!(restart.degraded(), Some("d"));
        assert!(restart.served());
        assert!(!restart.served());
        assert_eq!(restart.degraded(), None);
    }

    #[test]
    fn old_failures_are_forgotten() {
        let mut restart = Restart::new(RestartIntensity { max: 1, within_ms: 100.0 });
        for i in 0..10 {
            assert!(!restart.failed(at(i as f64 * 100.0), "x").degrades);
        }
    }
}
