//! What is printed of a failure: what must not be, the shortest life that shows it, and the command that repeats it.

use std::fmt::Write;

use perennial::coordinator::Canary;

use crate::invariants::Violation;
use crate::life;
use crate::plan::Plan;
use crate::shrink::{self, Shrunk};
use crate::trace::Trace;

const LINES: usize = 60;

/// Shrinks the life that fails, and tells of it.
pub fn failure(plan: &Plan, events: usize, canary: Option<Canary>, violation: &Violation) -> String {
    let Shrunk { plan: shrunk, left_out } = shrink::shrink(plan, canary, violation.invariant);
    let outcome = life::live(&shrunk, canary, Trace::last(LINES));
    let mut words = String::new();
    let Violation { invariant, words: first } = violation;
    // Writing to a string cannot fail.
    let _ = writeln!(words, "seed {} fails: {invariant}\n  {first}", plan.seed);
    let kept = shrunk.actions.len();
    let _ = writeln!(words, "shrunk from {} actions to {kept}; options {}", plan.actions.len(), shrunk.options);
    let faults: Vec<String> = shrunk.faults.list().map(|fault| fault.name()).collect();
    let _ = writeln!(words, "faults: {}", if faults.is_empty() { "none".into() } else { faults.join(", ") });
    let _ = writeln!(words, "the last of it (world's ms, page's ms; < told, > answered, -- happened):");
    for line in outcome.trace.lines() {
        let _ = writeln!(words, "  {line}");
    }
    if let Err(violation) = outcome.verdict {
        let _ = writeln!(words, "  {}: {}", violation.invariant, violation.words);
    }
    let mut command = format!("cargo xtask sim --seed {} --events {events}", plan.seed);
    if let Some(canary) = canary {
        let _ = write!(command, " --canary {canary:?}");
    }
    let keep: Vec<String> = shrunk.numbers().iter().map(ToString::to_string).collect();
    let _ = write!(command, " --keep {}", if keep.is_empty() { "none".into() } else { keep.join(",") });
    if !left_out.is_empty() {
        let names: Vec<String> = left_out.into_iter().map(|fault| fault.name()).collect();
        let _ = write!(command, " --without {}", names.join(","));
    }
    let _ = writeln!(
        words,
        "repeat it whole: cargo xtask sim --seed {} --events {events}\nrepeat this: {command}",
        plan.seed
    );
    words
}
