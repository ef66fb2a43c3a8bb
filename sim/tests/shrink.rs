//! A failing seed is made short, and its command repeats it.

use perennial::coordinator::Canary;
use perennial_sim::many;
use perennial_sim::plan::Plan;
use perennial_sim::report;

#[test]
fn a_failure_is_shrunk_to_the_few_actions_that_matter() {
    let tally = many::live(1..1000, 200, Some(Canary::LostJob), 1, None, |_, _| {});
    let (seed, violation) = tally.failure.expect("a lost job is found");
    let words = report::failure(&Plan::new(seed, 200), 200, Some(Canary::LostJob), &violation);
    assert!(words.contains(&format!("cargo xtask sim --seed {seed} --events 200 --canary LostJob --keep ")), "{words}");
    let kept = words.lines().find_map(|line| line.strip_prefix("shrunk from ")).expect("it says how many are left");
    let left: usize =
        kept.split(' ').nth(3).and_then(|word| word.trim_end_matches(';').parse().ok()).expect("a number");
    assert!(left <= 4, "{words}");
}
