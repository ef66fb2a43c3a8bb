//! `cargo xtask bench`.

use std::ffi::OsString;
use std::time::Instant;

use crate::cmd_test::node;
use crate::process::Run;
use crate::project::Project;
use crate::setup::{self, Wanted};
use crate::summary::Summary;
use crate::ui::{say, seconds};
use crate::wasm;

/// A name is that of a native benchmark, `benches/NAME.rs`, or else one that the browser's script knows.
pub fn run(project: &Project, name: Option<&str>, rest: &[OsString], started: Instant) -> Result<bool, String> {
    let mut native = native_benches(project);
    let named_native = name.is_some_and(|name| native.iter().any(|bench| bench == name));
    native.retain(|bench| name.is_none_or(|name| bench == name));
    let browser = !named_native;

    let folder = project.root.join("benches/browser");
    let there = folder.join("run.mjs").is_file() && folder.join("Cargo.toml").is_file();
    let in_browser = browser && there;
    let ahead = if in_browser { vec![folder.clone()] } else { Vec::new() };
    let ready = setup::provide(project, Wanted { tools: in_browser, browser: in_browser, node: in_browser, ahead })?;

    let mut summary = Summary::default();
    if native.is_empty() {
        summary.not_run("native", &reason("benches/*.rs", name));
    } else {
        summary.step("native", || {
            Run::new(&ready.toolchain.native, "cargo", "native", "cargo bench")
                .args(["bench", "--package", "perennial"])
                .args(native.iter().flat_map(|bench| ["--bench", bench]))
                .args(if rest.is_empty() { None } else { Some("--") })
                .args(rest)
                .cwd(&project.root)
                .minutes(60)
                .log(project.log("bench-native"))
                .shown()
                .succeed()
        });
    }
    if !in_browser {
        summary.not_run("browser", &reason("benches/browser", name));
    } else if summary.step("build bench", || wasm::build(project, &ready.toolchain, ready.tools(), &folder)) {
        summary.step("browser", || {
            let script = folder.join("run.mjs");
            let arguments =
                [script.into_os_string()].into_iter().chain(name.map(OsString::from)).chain(rest.iter().cloned());
            node(project, &ready, "browser")?
                .args(arguments)
                .minutes(60)
                .log(project.log("bench-browser"))
                .shown()
                .succeed()
        });
    }
    println!("{}", summary.table());
    say("bench", format!("ended after {}", seconds(started.elapsed())));
    Ok(!summary.has_failed())
}

fn reason(place: &str, name: Option<&str>) -> String {
    name.map_or_else(|| format!("there is no {place}"), |name| format!("{place} has no benchmark `{name}`"))
}

fn native_benches(project: &Project) -> Vec<String> {
    let entries = std::fs::read_dir(project.root.join("benches")).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".rs")?.to_string())).collect();
    names.sort();
    names
}
