//! `cargo xtask soak`: mixed load for an hour, or chaos, checked all along. Too long for the tests.

use crate::args::Load;
use crate::browser::Engine;
use crate::cmd_test::{able_to_do_chaos, node_in, web_packages};
use crate::project::Project;
use crate::setup::{self, Wanted};
use crate::summary::Summary;
use crate::wasm;

/// Set-up, settling and verdict take no longer than this beside the load itself.
const BESIDE_MINUTES: u64 = 20;
/// Of chaos; a third of what a quiet machine of two cores does.
const JOBS_A_MINUTE: u64 = 600;

/// The mixed load is for Chromium alone: its script reads that browser's memory and workers.
pub fn run(project: &Project, load: Load, seed: u32, engines: &[Engine]) -> Result<bool, String> {
    let (script, size, minutes) = match load {
        Load::Mixed { minutes } => ("tests/soak/run.mjs", minutes, u64::from(minutes) * 2),
        Load::Chaos { jobs } => ("tests/chaos/run.mjs", jobs, u64::from(jobs) / JOBS_A_MINUTE),
    };
    let packages = web_packages(project, matches!(load, Load::Mixed { .. }));
    let mut summary = Summary::default();
    let named = engines.len();
    let engines = able_to_do_chaos(engines, "soak", &mut summary);
    if engines.is_empty() {
        println!("{}", summary.table());
        return Ok(false);
    }
    let wanted = Wanted {
        tools: true,
        browser: engines.contains(&Engine::Chromium),
        engines: engines.iter().copied().filter(|engine| *engine != Engine::Chromium).collect(),
        geckodriver: engines.contains(&Engine::Firefox),
        node: true,
        ahead: packages.clone(),
    };
    let ready = setup::provide(project, wanted)?;
    for folder in &packages {
        let stage = format!("build {}", folder.file_name().unwrap_or_default().to_string_lossy());
        if !summary.step(&stage, || wasm::build(project, &ready.toolchain, ready.tools(), folder)) {
            summary.not_run("soak", &format!("{stage} failed"));
            break;
        }
    }
    let built = !summary.has_failed();
    let mut ran = 0;
    for engine in engines.into_iter().filter(|_| built) {
        let stage = format!("soak, {}", engine.name());
        let browser = match ready.engine(engine) {
            Ok(browser) => browser,
            Err(reason) => {
                summary.not_run(&stage, &reason);
                continue;
            }
        };
        ran += 1;
        summary.step(&stage, || {
            node_in(project, &ready, browser, "soak")?
                .args([project.root.join(script)])
                .args([size.to_string(), seed.to_string()])
                .minutes(minutes + BESIDE_MINUTES)
                .log(project.log(&format!("soak-{}", engine.name())))
                .shown()
                .succeed()
        });
    }
    println!("{}", summary.table());
    // Who names an engine wants to know of it.
    Ok(!summary.has_failed() && ran == named)
}
