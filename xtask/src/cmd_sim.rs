//! `cargo xtask sim`, and the simulator's stage of `cargo xtask test`.

use std::ffi::OsString;

use crate::environment::Environment;
use crate::process::{Outcome, Run};
use crate::project::Project;

/// The lives of every test run: always the same ones.
const SEEDS: &str = "50000";

pub fn run(project: &Project, rest: &[OsString]) -> Result<bool, String> {
    // It says itself when it is to end.
    let run = simulator(project, &project.ambient_environment()).args(rest).minutes(7 * 24 * 60).shown();
    run.finish().map(|outcome| outcome.status.success())
}

/// The fixed seeds.
pub fn lives(project: &Project, native: &Environment) -> Result<String, String> {
    simulator(project, native).args(["--seeds", SEEDS]).minutes(10).log(project.log("sim")).shown().succeed()
}

/// The simulator's own tests: every known bug is found.
pub fn tests(project: &Project, native: &Environment, name: Option<&str>) -> Result<Outcome, String> {
    Run::new(native, "cargo", "sim", "cargo test of the simulator")
        .args(["test", "--profile", "sim", "--package", "perennial-sim", "--no-fail-fast"])
        .args(name)
        .cwd(&project.root)
        .minutes(20)
        .log(project.log("sim-tests"))
        .shown()
        .finish()
}

fn simulator(project: &Project, native: &Environment) -> Run {
    Run::new(native, "cargo", "sim", "the simulator")
        .args(["run", "--quiet", "--profile", "sim", "--package", "perennial-sim", "--"])
        .cwd(&project.root)
}
