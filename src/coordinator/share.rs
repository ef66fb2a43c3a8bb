//! How much of the time planned recycles may take (invariant 6).

use super::time::Time;

/// After a recycle that took `t`, the next planned one may begin `t * (1 / share - 1)` later: over any run of them the
/// part of the time that is spent on recycling is at most `share`.
///
/// What a recycle takes: in blue-green, the new generation's start and the old one's retirement, for the pool serves in
/// full meanwhile as at all times; in drain-first, the whole time in which nobody takes jobs.
#[derive(Clone, Debug)]
pub(super) struct Share {
    share: f64,
    next: Time,
}

impl Share {
    pub fn new(share: f64) -> Self {
        Share { share, next: Time::default() }
    }

    /// A planned recycle, or a part of one, took this long.
    pub fn spent(&mut self, now: Time, ms: f64) {
        self.next = self.next.max(now).after_ms(ms * (1.0 / self.share - 1.0));
    }

    /// No planned recycle before then, for another reason.
    pub fn rest_until(&mut self, at: Time) {
        self.next = self.next.max(at);
    }

    /// From when on the next planned recycle may begin.
    pub fn next(&self) -> Time {
        self.next
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_fifth_of_the_time_means_four_times_as_long_a_rest() {
        let mut share = Share::new(0.2);
        assert_eq!(share.next(), Time::default());
        share.spent(Time::from_ms(100.0), 50.0);
        assert_eq!(share.next(), Time::from_ms(300.0));
        // The retirement, while the rest lasts.
        share.spent(Time::from_ms(150.0), 10.0);
        assert_eq!(share.next(), Time::from_ms(340.0));
    }

    #[test]
    fn the_whole_time_means_no_rest() {
        let mut share = Share::new(1.0);
        share.spent(Time::from_ms(100.0), 50.0);
        assert_eq!(share.next(), Time::from_ms(100.0));
    }

    proptest! {
        #[test]
        fn recycles_back_to_back_keep_to_their_share(
            took in prop::collection::vec(1f64..1000.0, 1..30),
            share in 0.01f64..1.0,
        ) {
            let mut limit = Share::new(share);
            let (mut now, mut spent) = (Time::default(), 0.0);
            for ms in took {
                now = now.max(limit.next()).after_ms(ms);
                spent += ms;
                limit.spent(now, ms);
            }
            let whole = limit.next().ms_since(Time::default());
            prop_assert!(spent <= whole * share + 1.0, "{spent} of {whole}");
        }
    }
}
