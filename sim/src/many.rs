//! Many lives, on all cores.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use perennial::coordinator::Canary;

use crate::invariants::Violation;
use crate::life;
use crate::plan::Plan;
use crate::trace::Trace;

/// What a run over many seeds came to.
#[derive(Clone, Debug)]
pub struct Tally {
    pub lives: u64,
    pub inputs: u64,
    pub time: Duration,
    /// The first seed that failed. Where several threads ran, the least of those they had come to.
    pub failure: Option<(u64, Violation)>,
}

/// Lives them all, or up to the first failure. `until` ends it early; `told` is called now and then.
pub fn live(
    seeds: Range<u64>,
    events: usize,
    canary: Option<Canary>,
    threads: usize,
    until: Option<Instant>,
    told: impl Fn(u64, u64) + Sync,
) -> Tally {
    let started = Instant::now();
    let (next, lives, inputs) = (AtomicU64::new(seeds.start), AtomicU64::new(0), AtomicU64::new(0));
    let has_failed = AtomicBool::new(false);
    let failure: Mutex<Option<(u64, Violation)>> = Mutex::new(None);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let is_over = until.is_some_and(|until| Instant::now() >= until);
            if seed >= seeds.end || has_failed.load(Ordering::Relaxed) || is_over {
                return;
            }
            let outcome = life::live(&Plan::new(seed, events), canary, Trace::none());
            let inputs = inputs.fetch_add(outcome.inputs, Ordering::Relaxed) + outcome.inputs;
            let lives = lives.fetch_add(1, Ordering::Relaxed) + 1;
            if let Err(violation) = outcome.verdict {
                has_failed.store(true, Ordering::Relaxed);
                let mut failure = failure.lock().expect("no thread panics with it");
                if failure.as_ref().is_none_or(|(other, _)| seed < *other) {
                    *failure = Some((seed, violation));
                }
            }
            told(lives, inputs);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    Tally {
        lives: lives.into_inner(),
        inputs: inputs.into_inner(),
        time: started.elapsed(),
        failure: failure.into_inner().expect("no thread panics with it"),
    }
}
