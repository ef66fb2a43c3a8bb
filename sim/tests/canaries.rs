//! The simulator is worth what it finds: each known bug has to be found, and none where there is none.

use perennial::coordinator::Canary;
use perennial_sim::many::{self, Tally};

/// Within which each known bug has to show.
const SEEDS: u64 = 10_000;

fn live(seeds: u64, canary: Option<Canary>) -> Tally {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    many::live(1..seeds + 1, 200, canary, threads, None, |_, _| {})
}

#[test]
fn every_canary_is_caught() {
    // Known bugs may panic; that is caught, and counts.
    let missed: Vec<Canary> =
        Canary::ALL.into_iter().filter(|&canary| live(SEEDS, Some(canary)).failure.is_none()).collect();
    assert!(missed.is_empty(), "not caught within {SEEDS} seeds: {missed:?}");
}

#[test]
fn no_invariant_is_broken_without_one() {
    let failure = live(500, None).failure;
    assert!(failure.is_none(), "cargo xtask sim --seed {}: {failure:?}", failure.as_ref().map_or(0, |(seed, _)| *seed));
}
