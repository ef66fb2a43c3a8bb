//! `cargo xtask test`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::args::Stage;
use crate::bundlers;
use crate::cmd_sim;
use crate::coverage;
use crate::llvm;
use crate::process::{Outcome, Run};
use crate::project::Project;
use crate::serve::{Routes, Server};
use crate::setup::{self, Ready, Wanted};
use crate::summary::Summary;
use crate::ui::{say, seconds};
use crate::{readme, types, wasm};

/// Runs the tests of a stage, those of a name if one is given.
type RunStage = fn(&Project, &Ready, Option<&str>, &mut Summary);

pub fn run(project: &Project, only: Option<Stage>, name: Option<&str>, started: Instant) -> Result<bool, String> {
    let runs = |stage| only.is_none_or(|only| only == stage);
    let pages = [Stage::EndToEnd, Stage::Chaos, Stage::Apps, Stage::Readme].into_iter().any(runs);
    let browser = runs(Stage::Web) || pages;
    let types = runs(Stage::Types);
    let all = runs(Stage::EndToEnd);
    let packages = if all || runs(Stage::Chaos) || runs(Stage::Apps) { web_packages(project, all) } else { Vec::new() };
    let wanted = Wanted { tools: browser || types, browser, node: pages || types, ahead: packages.clone() };
    let ready = setup::provide(project, wanted)?;

    let mut summary = Summary::default();
    if runs(Stage::Native) {
        summary.tests("native", || native(project, &ready, name));
    }
    if runs(Stage::Sim) {
        summary.tests("sim", || cmd_sim::tests(project, &ready.toolchain.native, name));
        if name.is_none() {
            summary.step("sim, lives", || cmd_sim::lives(project, &ready.toolchain.native));
        }
    }
    if runs(Stage::Coverage) && name.is_none() {
        match llvm::provide(project, &ready.toolchain.native) {
            Ok(llvm) => {
                summary.step("coverage", || coverage::measure(project, &ready.toolchain.native, &llvm));
            }
            Err(reason) => summary.not_run("coverage", &reason),
        }
    }
    if runs(Stage::Web) {
        web(project, &ready, name, &mut summary);
    }
    let unbuilt = packages.iter().find_map(|folder| build(project, &ready, folder, &mut summary));
    let stages: [(&str, Stage, RunStage); 3] =
        [("e2e", Stage::EndToEnd, end_to_end), ("chaos", Stage::Chaos, chaos), ("apps", Stage::Apps, apps)];
    for (name_of_stage, stage, run) in stages {
        match &unbuilt {
            Some(failed) if runs(stage) => summary.not_run(name_of_stage, &format!("{failed} failed")),
            None if runs(stage) => run(project, &ready, name, &mut summary),
            _ => {}
        }
    }
    if types && name.is_none() {
        types::run(project, &ready, &mut summary);
    }
    if runs(Stage::Readme) {
        readme(project, &ready, &mut summary);
    }
    println!("{}", summary.table());
    say("test", format!("ended after {}", seconds(started.elapsed())));
    let total = summary.total();
    let skipped = if total.skipped > 0 { format!(", {} skipped", total.skipped) } else { String::new() };
    println!("{} passed, {} failed{skipped}", total.passed, total.failed);
    Ok(!summary.has_failed())
}

fn native(project: &Project, ready: &Ready, name: Option<&str>) -> Result<Outcome, String> {
    Run::new(&ready.toolchain.native, "cargo", "native", "cargo test")
        // The simulator's tests are a stage of their own, built optimised.
        .args(["test", "--workspace", "--exclude", "perennial-sim", "--no-fail-fast"])
        .args(name)
        .cwd(&project.root)
        .minutes(20)
        .log(project.log("native"))
        .shown()
        .finish()
}

fn web(project: &Project, ready: &Ready, name: Option<&str>, summary: &mut Summary) {
    let files = wasm::test_files(project);
    if files.is_empty() {
        return summary.not_run("web", "there is no tests/web*.rs");
    }
    summary.tests("web", || wasm::test(project, &ready.toolchain, ready.tools(), ready.browser(), &files, name));
}

/// The crates whose built pages the tests open: the apps' tests only the fixture's.
pub fn web_packages(project: &Project, all: bool) -> Vec<PathBuf> {
    let folders = if all { &["www", "tests/fixture"][..] } else { &["tests/fixture"] };
    folders
        .iter()
        .map(|folder| project.root.join(folder))
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .collect()
}

/// The name of the step, if it failed.
fn build(project: &Project, ready: &Ready, folder: &Path, summary: &mut Summary) -> Option<String> {
    let stage = format!("build {}", folder.file_name().unwrap_or_default().to_string_lossy());
    let built = summary.step(&stage, || wasm::build(project, &ready.toolchain, ready.tools(), folder));
    (!built).then_some(stage)
}

fn end_to_end(project: &Project, ready: &Ready, name: Option<&str>, summary: &mut Summary) {
    let files = test_modules(project, "tests/e2e");
    if files.is_empty() {
        return summary.not_run("e2e", "there is no tests/e2e/*.test.mjs");
    }
    summary.tests("e2e", || node_tests(project, ready, "e2e", &files, name)?.finish());
}

/// Jobs of every kind while workers are killed, and what the verdict on them finds when it should.
fn chaos(project: &Project, ready: &Ready, name: Option<&str>, summary: &mut Summary) {
    summary
        .tests("chaos", || node_tests(project, ready, "chaos", &test_modules(project, "tests/chaos"), name)?.finish());
}

/// The built package in apps as users build them, by each bundler.
fn apps(project: &Project, ready: &Ready, name: Option<&str>, summary: &mut Summary) {
    if let Some(reason) = bundlers::refusal(ready.node()) {
        return summary.not_run("apps", &reason);
    }
    summary.tests("apps", || {
        let bundlers = bundlers::provide(project)?;
        node_tests(project, ready, "apps", &test_modules(project, "tests/apps"), name)?
            .env("PERENNIAL_BUNDLERS", bundlers)
            .env("PERENNIAL_APPS", project.target_folder().join("xtask/apps"))
            .finish()
    });
}

fn node_tests(
    project: &Project,
    ready: &Ready,
    topic: &str,
    files: &[PathBuf],
    name: Option<&str>,
) -> Result<Run, String> {
    // One file after the other: they measure memory and time.
    let mut arguments = vec!["--test".to_string(), "--test-concurrency=1".into(), "--test-reporter=spec".into()];
    arguments.extend(name.map(|name| format!("--test-name-pattern={name}")));
    Ok(node(project, ready, topic)?.args(arguments).args(files).minutes(30).log(project.log(topic)).shown())
}

fn readme(project: &Project, ready: &Ready, summary: &mut Summary) {
    let mut built = None;
    let is_built = summary.step("build readme", || readme::build(project, ready).map(|crate_| built = Some(crate_)));
    match built {
        Some(built) if is_built => summary.tests("readme", || readme::run(project, ready, &built)),
        _ => summary.not_run("readme", "the build failed"),
    }
}

fn test_modules(project: &Project, folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project.root.join(folder)).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|file| file.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".test.mjs")))
        .collect();
    files.sort();
    files
}

/// Node with what a script that drives the browser needs:
/// - `PERENNIAL_BASE_URL`: `www/` is served there, `tests/` below `/tests/`, `benches/` below `/benches/`;
/// - `PERENNIAL_CHROMIUM`: the browser, and `PERENNIAL_CHROMIUM_ARGS`: its arguments, as a JSON array;
/// - `PERENNIAL_PUPPETEER`: the address of a module with what `puppeteer-core` exports, for `import()`.
pub fn node(project: &Project, ready: &Ready, topic: &str) -> Result<Run, String> {
    let folder = |name| project.root.join(name);
    let routes = Routes::new([("/", folder("www")), ("/tests/", folder("tests")), ("/benches/", folder("benches"))]);
    let server = Server::bind(0, routes)?;
    let address = server.address();
    server.run_behind();
    let run = Run::new(&ready.toolchain.native, &ready.node().program, topic, "node")
        .env("PERENNIAL_BASE_URL", format!("http://{address}/"))
        .env("PERENNIAL_CHROMIUM", &ready.browser().program)
        .env("PERENNIAL_CHROMIUM_ARGS", ready.browser().arguments())
        .env("PERENNIAL_PUPPETEER", &ready.node().puppeteer)
        .cwd(&project.root);
    Ok(run)
}
