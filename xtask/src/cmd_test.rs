//! `cargo xtask test`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::args::Stage;
use crate::browser::{Browser, Engine};
use crate::bundlers;
use crate::cmd_sim;
use crate::coverage;
use crate::llvm;
use crate::process::{Outcome, Run};
use crate::project::Project;
use crate::results::{self, Results};
use crate::serve::{Routes, Server};
use crate::setup::{self, Ready, Wanted};
use crate::summary::Summary;
use crate::ui::{say, seconds};
use crate::{page, readme, types, wasm};

/// What is to be run: everything that is not narrowed down.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    pub only: Option<Stage>,
    pub name: Option<&'a str>,
    pub engines: Option<&'a [Engine]>,
}

pub fn run(project: &Project, wish: Wish, started: Instant) -> Result<bool, String> {
    let Wish { only, name, engines: named } = wish;
    let runs = |stage| only.is_none_or(|only| only == stage);
    let pages = [Stage::EndToEnd, Stage::Chaos, Stage::Apps, Stage::Readme].into_iter().any(runs);
    let in_engines = [Stage::Web, Stage::EndToEnd, Stage::Chaos].into_iter().any(runs);
    let engines = if in_engines { named.unwrap_or(&Engine::USUAL) } else { &[] };
    // The built apps and the README's crate are opened in Chromium alone.
    let browser = engines.contains(&Engine::Chromium) || runs(Stage::Apps) || runs(Stage::Readme);
    let types = runs(Stage::Types);
    let all = runs(Stage::EndToEnd);
    let packages = if all || runs(Stage::Chaos) || runs(Stage::Apps) { web_packages(project, all) } else { Vec::new() };
    let wanted = Wanted {
        tools: in_engines || browser || types,
        browser,
        engines: engines.iter().copied().filter(|engine| *engine != Engine::Chromium).collect(),
        geckodriver: engines.contains(&Engine::Firefox),
        node: pages || types,
        ahead: packages.clone(),
    };
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
    // Before the browsers: what the compiler refuses would cost each test there its whole limit.
    if types && name.is_none() {
        types::run(project, &ready, &mut summary);
    }
    if runs(Stage::Web) {
        web(project, &ready, name, engines, &mut summary);
    }
    let unbuilt = packages.iter().find_map(|folder| build(project, &ready, folder, &mut summary));
    let mut results = Results::default();
    let stages = [("e2e", Stage::EndToEnd), ("chaos", Stage::Chaos), ("apps", Stage::Apps)];
    for (title, stage) in stages.into_iter().filter(|(_, stage)| runs(*stage)) {
        match (&unbuilt, stage) {
            (Some(failed), _) => summary.not_run(title, &format!("{failed} failed")),
            (None, Stage::EndToEnd) => end_to_end(project, &ready, name, engines, &mut results, &mut summary),
            (None, Stage::Chaos) => chaos(project, &ready, name, engines, &mut summary),
            (None, _) => apps(project, &ready, name, &mut summary),
        }
    }
    if runs(Stage::Readme) {
        readme(project, &ready, &mut summary);
    }
    println!("{}", summary.table());
    compare(project, &results)?;
    say("test", format!("ended after {}", seconds(started.elapsed())));
    let total = summary.total();
    let skipped = if total.skipped > 0 { format!(", {} skipped", total.skipped) } else { String::new() };
    let missing: Vec<_> = engines.iter().filter(|engine| ready.engine(**engine).is_err()).collect();
    let not_run: String = missing.iter().map(|engine| format!(", nothing run in {}", engine.name())).collect();
    println!("{} passed, {} failed{skipped}{not_run}", total.passed, total.failed);
    // Who names an engine wants to know of it.
    Ok(!summary.has_failed() && (named.is_none() || missing.is_empty()))
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

fn web(project: &Project, ready: &Ready, name: Option<&str>, engines: &[Engine], summary: &mut Summary) {
    let files = wasm::test_files(project);
    if files.is_empty() {
        return summary.not_run("web", "there is no tests/web*.rs");
    }
    in_each(ready, "web", engines, summary, |_, browser| {
        wasm::test(project, &ready.toolchain, ready.tools(), browser, &files, name)
    });
}

/// A stage with a row for each engine. One whose browser could not be provided says why.
fn in_each(
    ready: &Ready,
    stage: &str,
    engines: &[Engine],
    summary: &mut Summary,
    mut run: impl FnMut(Engine, &Browser) -> Result<Outcome, String>,
) {
    for engine in engines {
        let stage = format!("{stage}, {}", engine.name());
        match ready.engine(*engine) {
            Ok(browser) => summary.tests(&stage, || run(*engine, browser)),
            Err(reason) => summary.not_run(&stage, &reason),
        }
    }
}

/// The crates whose built pages the tests open: the apps' tests only the fixture's.
pub fn web_packages(project: &Project, all: bool) -> Vec<PathBuf> {
    let folders = if all { &["www", "www/bare", "tests/fixture"][..] } else { &["tests/fixture"] };
    folders
        .iter()
        .map(|folder| project.root.join(folder))
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .collect()
}

/// The name of the step, if it failed.
fn build(project: &Project, ready: &Ready, folder: &Path, summary: &mut Summary) -> Option<String> {
    let stage = format!("build {}", folder.file_name().unwrap_or_default().to_string_lossy());
    let built = summary.step(&stage, || {
        wasm::build(project, &ready.toolchain, ready.tools(), folder)?;
        if folder.ends_with("www") { page::vendor(project) } else { Ok(()) }
    });
    (!built).then_some(stage)
}

fn end_to_end(
    project: &Project,
    ready: &Ready,
    name: Option<&str>,
    engines: &[Engine],
    results: &mut Results,
    summary: &mut Summary,
) {
    let files = test_modules(project, "tests/e2e");
    if files.is_empty() {
        return summary.not_run("e2e", "there is no tests/e2e/*.test.mjs");
    }
    in_each(ready, "e2e", engines, summary, |engine, browser| {
        let lines = results::file(project, engine);
        // What an earlier run left is not this one's.
        let _ = std::fs::remove_file(&lines);
        let run = node_in(project, ready, browser, "e2e")?
            .args(test_arguments(name))
            .args(["--test-reporter-destination=stdout", "--test-reporter=./tests/e2e/results.mjs"])
            .args([format!("--test-reporter-destination={}", lines.display())])
            .args(&files);
        let outcome = run.minutes(20).log(project.log(&format!("e2e-{}", engine.name()))).shown().finish();
        results.read(engine, &lines);
        outcome
    });
}

/// Shows the tests that did not end well in every engine, and writes all of them into a file.
fn compare(project: &Project, results: &Results) -> Result<(), String> {
    let all = results.table(true);
    if all.is_empty() {
        return Ok(());
    }
    let file = project.target_folder().join("xtask/e2e-engines.txt");
    std::fs::write(&file, all).map_err(|error| format!("{}: {error}", file.display()))?;
    println!("{}", results.table(false));
    say("test", format!("every test by engine: {}", file.display()));
    Ok(())
}

/// Jobs of every kind while workers are killed, and what the verdict on them finds when it should.
fn chaos(project: &Project, ready: &Ready, name: Option<&str>, engines: &[Engine], summary: &mut Summary) {
    let files = test_modules(project, "tests/chaos");
    let able = able_to_do_chaos(engines, "chaos", summary);
    in_each(ready, "chaos", &able, summary, |engine, browser| {
        let log = project.log(&format!("chaos-{}", engine.name()));
        node_in(project, ready, browser, "chaos")?
            .args(test_arguments(name))
            .args(&files)
            .minutes(30)
            .log(log)
            .shown()
            .finish()
    });
}

/// Those of the engines in which chaos comes to an end. The others' row says why not.
pub fn able_to_do_chaos(engines: &[Engine], stage: &str, summary: &mut Summary) -> Vec<Engine> {
    let (endless, able): (Vec<_>, Vec<_>) = engines.iter().copied().partition(|engine| *engine == Engine::WebKit);
    for engine in endless {
        let reason = "it never ends a worker that spins in WebAssembly, and a run has many";
        summary.not_run(&format!("{stage}, {}", engine.name()), reason);
    }
    able
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
    Ok(node(project, ready, topic)?.args(test_arguments(name)).args(files).minutes(30).log(project.log(topic)).shown())
}

fn test_arguments(name: Option<&str>) -> Vec<String> {
    // One file after the other: they measure memory and time.
    let mut arguments = vec!["--test".to_string(), "--test-concurrency=1".into()];
    arguments.extend(name.map(|name| format!("--test-name-pattern={name}")));
    arguments.push("--test-reporter=spec".into());
    arguments
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

/// As `node_in`, in Chromium.
pub fn node(project: &Project, ready: &Ready, topic: &str) -> Result<Run, String> {
    node_in(project, ready, ready.browser(), topic)
}

/// Node with what a script that drives the browser needs:
/// - `PERENNIAL_BASE_URL`: `www/` is served there, `tests/` below `/tests/`, `benches/` below `/benches/`;
/// - `PERENNIAL_ENGINE`: `chromium`, `firefox` or `webkit`;
/// - `PERENNIAL_CHROMIUM`, `PERENNIAL_FIREFOX` or `PERENNIAL_WEBKIT`: the browser; `PERENNIAL_CHROMIUM_ARGS`: its arguments, as
///   a JSON array; `PERENNIAL_GECKODRIVER`, `PERENNIAL_WEBKIT_DRIVER`: its WebDriver;
/// - `PERENNIAL_PUPPETEER`: the address of a module with what `puppeteer-core` exports, for `import()`;
/// - `PERENNIAL_AXE`: the file of axe-core, a script for a page.
pub fn node_in(project: &Project, ready: &Ready, browser: &Browser, topic: &str) -> Result<Run, String> {
    let folder = |name| project.root.join(name);
    let routes = Routes::new([("/", folder("www")), ("/tests/", folder("tests")), ("/benches/", folder("benches"))]);
    let server = Server::bind(0, routes)?;
    let address = server.address();
    server.run_behind();
    let run = browser
        .run(&ready.toolchain.native, &ready.node().program, topic, "node")
        .env("PERENNIAL_BASE_URL", format!("http://{address}/"))
        .env("PERENNIAL_ENGINE", browser.engine.name())
        .env("PERENNIAL_PUPPETEER", &ready.node().puppeteer)
        .env("PERENNIAL_AXE", &ready.node().axe)
        .cwd(&project.root);
    let run = match &ready.tools().geckodriver {
        // Beside another browser too, for a script that opens several.
        Some(Ok(geckodriver)) => run.env("PERENNIAL_GECKODRIVER", geckodriver),
        Some(Err(reason)) if browser.engine == Engine::Firefox => return Err(reason.clone()),
        _ => run,
    };
    Ok(browser.variables().into_iter().fold(run, |run, (name, value)| run.env(name, value)))
}
