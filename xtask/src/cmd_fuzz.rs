//! `cargo xtask fuzz`: the properties of `tests/fuzz`, which `cargo test` tries on some thousand inputs, on many more.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::process::Run;
use crate::project::Project;
use crate::setup::{self, Wanted};
use crate::summary::Summary;
use crate::ui::{say, seconds};

/// A million take one minute on two cores, and the build three.
const MINUTES_LEAST: u64 = 20;
const INPUTS_A_MINUTE: u64 = 100_000;

pub fn run(
    project: &Project,
    inputs: u32,
    seed: Option<u64>,
    name: Option<&str>,
    started: Instant,
) -> Result<bool, String> {
    let ready = setup::provide(project, Wanted::default())?;
    // New inputs each time; what fails says how to repeat it.
    let seed = seed.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
    say("fuzz", format!("{inputs} inputs, --seed {seed}"));
    let mut summary = Summary::default();
    summary.tests("fuzz", || {
        Run::new(&ready.toolchain.native, "cargo", "fuzz", "cargo test")
            .args(["test", "--profile", "fuzz", "--package", "perennial", "--test", "fuzz"])
            .args(name)
            .env("PERENNIAL_FUZZ_INPUTS", inputs.to_string())
            .env("PERENNIAL_FUZZ_SEED", seed.to_string())
            .cwd(&project.root)
            .minutes(MINUTES_LEAST + u64::from(inputs) / INPUTS_A_MINUTE)
            .log(project.log("fuzz"))
            .shown()
            .finish()
    });
    println!("{}", summary.table());
    say("fuzz", format!("ended after {}", seconds(started.elapsed())));
    Ok(!summary.has_failed())
}
