//! `cargo xtask check`.

use std::time::Instant;

use crate::npm_package;
use crate::process::Run;
use crate::project::Project;
use crate::setup::{self, Ready, Wanted};
use crate::summary::Summary;
use crate::ui::{say, seconds};
use crate::versions::WASM_TARGET;
use crate::wasm::{self, BUILD_STD};
use crate::{licences, package, tidy};

/// Crates that are built for the browser, and where they lie.
const WASM_CRATES: [(&str, &str); 5] = [
    ("perennial", "."),
    ("perennial-demo", "www"),
    ("perennial-demo-bare", "www/bare"),
    ("perennial-fixture", "tests/fixture"),
    ("perennial-bench", "benches/browser"),
];

pub fn run(project: &Project, started: Instant) -> Result<bool, String> {
    let ready = setup::provide(project, Wanted { tools: true, node: true, ..Wanted::default() })?;
    let mut summary = Summary::default();
    summary.step("tidy", || tidied(project));
    summary.step("format", || cargo(project, &ready, "format", &["fmt", "--all", "--check"]).succeed());
    summary.step("clippy", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        cargo(project, &ready, "clippy", &arguments).succeed()
    });
    if ready.toolchain.wasm_clippy {
        summary
            .step("clippy, wasm", || for_browser(project, &ready, "clippy").args(["--", "-D", "warnings"]).succeed());
    } else {
        summary.not_run(
            "clippy, wasm",
            &format!("{} has no clippy; the compiler's warnings are checked", ready.toolchain.name),
        );
        // Not RUSTFLAGS, which would replace what `.cargo/config.toml` says; this adds to it.
        let strict = format!("target.{WASM_TARGET}.rustflags=[\"-Dwarnings\"]");
        summary.step("warnings, wasm", || for_browser(project, &ready, "check").args(["--config", &strict]).succeed());
    }
    summary.step("docs", || {
        cargo(project, &ready, "docs", &["doc", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings")
            .succeed()
    });
    summary.step("package", || package::contents(project, &ready));
    summary.step("publish, dry", || package::dry_run(project, &ready));
    summary.step("licences", || licences::check(project, &ready));
    summary.step("duplicates", || licences::duplicates(project, &ready));
    summary.step("npm package", || {
        let fixture = project.root.join("tests/fixture");
        wasm::build(project, &ready.toolchain, ready.tools(), &fixture)?;
        npm_package::check(project, &fixture, "perennial_fixture")
    });
    println!("{}", summary.table());
    say("check", format!("ended after {}", seconds(started.elapsed())));
    Ok(!summary.has_failed())
}

fn tidied(project: &Project) -> Result<(), String> {
    let findings = tidy::look(&project.root)?;
    for warning in &findings.warnings {
        say("tidy", format!("warning: {warning}"));
    }
    if findings.errors.is_empty() { Ok(()) } else { Err(findings.errors.join("\n")) }
}

fn cargo(project: &Project, ready: &Ready, topic: &str, arguments: &[&str]) -> Run {
    Run::new(&ready.toolchain.native, "cargo", topic, &format!("cargo {}", arguments[0]))
        .args(arguments)
        .cwd(&project.root)
        .minutes(20)
        .log(project.log(topic))
        .shown()
}

fn for_browser(project: &Project, ready: &Ready, verb: &str) -> Run {
    let crates = WASM_CRATES.iter().filter(|(_, folder)| project.root.join(folder).join("Cargo.toml").is_file());
    Run::new(&ready.toolchain.wasm, "cargo", "wasm", &format!("cargo {verb} for the browser"))
        .args([verb, "--release", "--target", WASM_TARGET, "--lib", "--tests"])
        .args([BUILD_STD])
        .args(crates.flat_map(|(name, _)| ["--package", name]))
        .cwd(&project.root)
        .minutes(20)
        .log(project.log("check-wasm"))
        .shown()
}
