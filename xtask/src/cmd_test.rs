//! `cargo xtask test`.

use std::path::PathBuf;
use std::time::Instant;

use crate::args::Stage;
use crate::process::{Outcome, Run};
use crate::project::Project;
use crate::serve::{Routes, Server};
use crate::setup::{self, Ready, Wanted};
use crate::summary::Summary;
use crate::ui::{say, seconds};
use crate::{readme, types, wasm};

pub fn run(project: &Project, only: Option<Stage>, name: Option<&str>, started: Instant) -> Result<bool, String> {
    let runs = |stage| only.is_none_or(|only| only == stage);
    let pages = runs(Stage::EndToEnd) || runs(Stage::Readme);
    let browser = runs(Stage::Web) || pages;
    let types = runs(Stage::Types);
    let packages = if runs(Stage::EndToEnd) { web_packages(project) } else { Vec::new() };
    let wanted = Wanted { tools: browser || types, browser, node: pages || types, ahead: packages.clone() };
    let ready = setup::provide(project, wanted)?;

    let mut summary = Summary::default();
    if runs(Stage::Native) {
        summary.tests("native", || native(project, &ready, name));
    }
    if runs(Stage::Web) {
        web(project, &ready, name, &mut summary);
    }
    if runs(Stage::EndToEnd) {
        end_to_end(project, &ready, &packages, name, &mut summary);
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
        .args(["test", "--workspace", "--no-fail-fast"])
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

/// The crates whose built pages the end-to-end tests open.
pub fn web_packages(project: &Project) -> Vec<PathBuf> {
    let folders = ["www", "tests/fixture"].map(|folder| project.root.join(folder));
    folders.into_iter().filter(|folder| folder.join("Cargo.toml").is_file()).collect()
}

fn end_to_end(project: &Project, ready: &Ready, packages: &[PathBuf], name: Option<&str>, summary: &mut Summary) {
    let files = test_modules(project);
    for folder in packages {
        let stage = format!("build {}", folder.file_name().unwrap_or_default().to_string_lossy());
        if !summary.step(&stage, || wasm::build(project, &ready.toolchain, ready.tools(), folder)) {
            return summary.not_run("e2e", &format!("{stage} failed"));
        }
    }
    if files.is_empty() {
        return summary.not_run("e2e", "there is no tests/e2e/*.test.mjs");
    }
    summary.tests("e2e", || {
        // One file after the other: they measure memory and time.
        let mut arguments = vec!["--test".to_string(), "--test-concurrency=1".into(), "--test-reporter=spec".into()];
        arguments.extend(name.map(|name| format!("--test-name-pattern={name}")));
        node(project, ready, "e2e")?.args(arguments).args(files).minutes(30).log(project.log("e2e")).shown().finish()
    });
}

fn readme(project: &Project, ready: &Ready, summary: &mut Summary) {
    let mut built = None;
    let is_built = summary.step("build readme", || readme::build(project, ready).map(|crate_| built = Some(crate_)));
    match built {
        Some(built) if is_built => summary.tests("readme", || readme::run(project, ready, &built)),
        _ => summary.not_run("readme", "the build failed"),
    }
}

fn test_modules(project: &Project) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project.root.join("tests/e2e")).into_iter().flatten().flatten();
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
