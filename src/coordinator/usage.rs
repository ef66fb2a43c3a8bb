//! What part of the time a thread runs jobs.
//!
//! A thread says with each report how long it has worked since its generation began. Between two reports it may have worked
//! at any time; it is taken to have done so last, which is what a thread does that was idle and reports a job's end. A
//! thread that works reports every `reportInterval`, so nothing is wrong by more than that.

use super::health::Utilisation;
use super::time::Time;

/// How far back `recent` looks.
const RECENT_MS: f64 = 5_000.0;
/// Reports that come closer together count as one: the last.
const STEP_MS: f64 = 100.0;

/// How long a thread had worked, at some times. As many as [`RECENT_MS`] has steps, and two.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    seen: Vec<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    at: Time,
    worked_ms: f64,
}

impl Usage {
    /// It has worked so long, as it said at `at`.
    pub fn read(&mut self, worked_ms: f64, at: Time) {
        let seen = Seen { at, worked_ms };
        if let [.., before, ref mut last] = self.seen[..]
            && last.at.ms_since(before.at) < STEP_MS
        {
            // Those of the time before stay what they are.
            *last = seen;
            return;
        }
        self.seen.push(seen);
        let old = self.seen.iter().filter(|seen| at.ms_since(seen.at) >= RECENT_MS).count();
        // The last of them is where `recent` begins.
        self.seen.drain(..old.saturating_sub(1));
    }

    /// At `now`, in a generation that is up since `began`; it works still if it did at its last report.
    pub fn share(&self, now: Time, began: Time, works: bool) -> Utilisation {
        let Some(&last) = self.seen.last() else { return Utilisation::default() };
        let worked_ms = last.worked_ms + if works { now.ms_since(last.at) } else { 0.0 };
        let from = now.before_ms(RECENT_MS).max(began);
        Utilisation {
            recent: part(worked_ms - self.worked_by(from, works), now.ms_since(from)),
            total: part(worked_ms, now.ms_since(began)),
        }
    }

    fn worked_by(&self, time: Time, works: bool) -> f64 {
        let after = self.seen.iter().position(|seen| seen.at > time);
        let before = after.unwrap_or(self.seen.len()).checked_sub(1).map(|at| self.seen[at]);
        let least = before.map_or(0.0, |seen| seen.worked_ms);
        match (after, before) {
            (Some(after), _) => {
                let after = self.seen[after];
                (after.worked_ms - after.at.ms_since(time)).max(least)
            }
            (None, Some(last)) if works => least + time.ms_since(last.at),
            (None, _) => least,
        }
    }
}

/// From 0 to 1, whatever was said.
fn part(ms: f64, of_ms: f64) -> f64 {
    match ms / of_ms {
        part if part > 0.0 => part.min(1.0),
        // Also of no time.
        _ => 0.0,
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: f64) -> Time {
        Time::from_ms(ms)
    }

    fn is(share: Utilisation, recent: f64, total: f64) {
        let near = |a: f64, b: f64| (a - b).abs() < 0.03;
        assert!(near(share.recent, recent) && near(share.total, total), "{share:?}, not {recent} and {total}");
    }

    #[test]
    fn nothing_said_is_nothing_done() {
        is(Usage::default().share(at(1000.0), at(0.0), false), 0.0, 0.0);
        is(Usage::default().share(at(0.0), at(0.0), true), 0.0, 0.0);
    }

    #[test]
    fn a_thread_that_works_all_the_time_is_wholly_used() {
        let mut usage = Usage::default();
        for i in 1..=200 {
            let ms = f64::from(i) * 50.0;
            usage.read(ms, at(ms));
            is(usage.share(at(ms + 20.0), at(0.0), true), 1.0, 1.0);
        }
        is(usage.share(at(15_000.0), at(0.0), true), 1.0, 1.0);
        is(usage.share(at(15_000.0), at(0.0), false), 0.0, 0.667);
    }

    #[test]
    fn what_was_long_ago_is_in_the_whole_alone() {
        let mut usage = Usage::default();
        usage.read(2_000.0, at(2_000.0));
        is(usage.share(at(4_000.0), at(0.0), false), 0.5, 0.5);
        is(usage.share(at(10_000.0), at(0.0), false), 0.0, 0.2);
        // One second's work, told at its end a minute later.
        usage.read(3_000.0, at(60_000.0));
        is(usage.share(at(60_000.0), at(0.0), false), 0.2, 0.05);
        is(usage.share(at(63_000.0), at(0.0), false), 0.2, 0.05);
        is(usage.share(at(66_000.0), at(0.0), false), 0.0, 0.05);
    }

    #[test]
    fn half_the_time_is_half() {
        let mut usage = Usage::default();
        for i in 1..=10_000 {
            usage.read(f64::from(i), at(f64::from(i) * 2.0));
        }
        is(usage.share(at(20_000.0), at(0.0), false), 0.5, 0.5);
        assert!(usage.seen.len() <= (RECENT_MS / STEP_MS) as usize + 2, "{}", usage.seen.len());
    }

    #[test]
    fn it_counts_from_when_the_generation_was_up() {
        let mut usage = Usage::default();
        usage.read(500.0, at(61_000.0));
        is(usage.share(at(61_000.0), at(60_000.0), false), 0.5, 0.5);
    }

    proptest! {
        #[test]
        fn it_is_a_share_whatever_was_said(
            said in prop::collection::vec((any::<f64>(), any::<f64>()), 0..40), now in any::<f64>(), works in any::<bool>(),
        ) {
            let mut usage = Usage::default();
            said.iter().for_each(|&(worked_ms, ms)| usage.read(worked_ms, at(ms)));
            let Utilisation { recent, total } = usage.share(at(now), at(0.0), works);
            prop_assert!((0.0..=1.0).contains(&recent) && (0.0..=1.0).contains(&total), "{recent} {total}");
        }

        #[test]
        fn it_is_near_what_was_worked(spans in prop::collection::vec((1.0..400.0, 0.0..3_000.0), 1..60)) {
            let (mut usage, mut now, mut worked) = (Usage::default(), 0.0, Vec::new());
            for (work, rest) in spans {
                now += rest;
                worked.push((now, now + work));
                now += work;
                usage.read(worked.iter().map(|(from, to)| to - from).sum(), at(now));
            }
            let since = |from: f64| worked.iter().map(|&(a, b): &(f64, f64)| (b - a.max(from)).max(0.0)).sum::<f64>();
            let share = usage.share(at(now), at(0.0), false);
            // `now` is rounded to the clock's microsecond.
            prop_assert!((share.total * now - since(0.0)).abs() < 0.001, "{share:?}");
            let from = (now - RECENT_MS).max(0.0);
            let told_ms = share.recent * (now - from);
            prop_assert!((told_ms - since(from)).abs() <= STEP_MS + 0.01, "{told_ms} ms, not {}", since(from));
        }
    }
}
