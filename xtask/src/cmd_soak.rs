//! `cargo xtask soak`: mixed load for an hour, or chaos, checked all along. Too long for the tests.

use crate::args::Load;
use crate::cmd_test::{node, web_packages};
use crate::project::Project;
use crate::setup::{self, Wanted};
use crate::summary::Summary;
use crate::wasm;

/// Set-up, settling and verdict take no longer than this beside the load itself.
const BESIDE_MINUTES: u64 = 20;
/// Of chaos; a third of what a quiet machine of two cores does.
const JOBS_A_MINUTE: u64 = 600;

pub fn run(project: &Project, load: Load, seed: u32) -> Result<bool, String> {
    let (script, size, minutes) = match load {
        Load::Mixed { minutes } => ("tests/soak/run.mjs", minutes, u64::from(minutes) * 2),
        Load::Chaos { jobs } => ("tests/chaos/run.mjs", jobs, u64::from(jobs) / JOBS_A_MINUTE),
    };
    let packages = web_packages(project, matches!(load, Load::Mixed { .. }));
    let wanted = Wanted { tools: true, browser: true, node: true, ahead: packages.clone(), ..Wanted::default() };
    let ready = setup::provide(project, wanted)?;
    let mut summary = Summary::default();
    for folder in &packages {
        let stage = format!("build {}", folder.file_name().unwrap_or_default().to_string_lossy());
        if !summary.step(&stage, || wasm::build(project, &ready.toolchain, ready.tools(), folder)) {
            summary.not_run("soak", &format!("{stage} failed"));
            break;
        }
    }
    if !summary.has_failed() {
        summary.step("soak", || {
            node(project, &ready, "soak")?
                .args([project.root.join(script)])
                .args([size.to_string(), seed.to_string()])
                .minutes(minutes + BESIDE_MINUTES)
                .log(project.log("soak"))
                .shown()
                .succeed()
        });
    }
    println!("{}", summary.table());
    Ok(!summary.has_failed())
}
