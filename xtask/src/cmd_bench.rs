//! `cargo xtask bench`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::args;
use crate::browser::{Browser, Engine};
use crate::bundlers;
use crate::cmd_test;
use crate::node;
use crate::process::Run;
use crate::project::Project;
use crate::setup::{self, Ready, Wanted};
use crate::summary::Summary;
use crate::ui::{say, seconds};
use crate::wasm::{self, Variant};

const BROWSER: &str = "benches/browser";
const ALLOCATOR: &str = "benches/allocator";

const PEERS: &str = "benches/peers";

/// The parts of the browser that take the builds of `benches/peers`; the others take that of `benches/browser`.
const OF_PEERS: [&str; 2] = ["peers", "size"];

/// The part of the browser that is timed in more engines than Chromium.
const IN_ENGINES: &str = "deaths";

const COORDINATOR: &str = "coordinator";
/// The parts of the browser that run natively too.
const BESIDE_NATIVE: [&str; 2] = [COORDINATOR, "kernels"];

/// A name is that of a native benchmark, `benches/NAME.rs`, or `coordinator`, or `allocator`, or else a part that the
/// browser's script knows.
pub fn run(project: &Project, name: Option<&str>, rest: &[OsString], started: Instant) -> Result<bool, String> {
    let (named, rest) = engines_of(rest)?;
    let rest = &rest[..];
    if let (Some(_), Some(name)) = (&named, name)
        && name != IN_ENGINES
    {
        return Err(format!("--engines is for `cargo xtask bench {IN_ENGINES}`: `{name}` is not timed by engine"));
    }
    let mut native = names(&project.root.join("benches"), ".rs");
    let browsers = parts(project);
    let own = [COORDINATOR.to_string()];
    let known = || native.iter().chain(&own).chain(&browsers);
    if let Some(name) = name
        && !known().any(|known| known == name)
    {
        let list = known().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(format!("there is no benchmark `{name}`; there are {list}"));
    }
    let coordinator = name.is_none_or(|name| name == COORDINATOR);
    let browser = name.is_none_or(|name| name != "allocator" && browsers.iter().any(|part| part == name));
    native.retain(|bench| name.is_none_or(|name| bench == name));
    let allocator = name.is_none_or(|name| name == "allocator");

    let pages = browser || allocator;
    let of_peers = browser && name.is_none_or(|name| OF_PEERS.contains(&name));
    let of_bench = browser && name.is_none_or(|name| !OF_PEERS.contains(&name));
    let folders = [(of_bench, BROWSER), (of_peers, PEERS), (allocator, ALLOCATOR)];
    let ahead = folders.into_iter().filter(|(wanted, _)| *wanted).map(|(_, folder)| project.root.join(folder));
    let engines = match name.is_none_or(|name| name == IN_ENGINES) {
        true => named.unwrap_or(Engine::USUAL.to_vec()),
        false => Vec::new(),
    };
    let wanted = Wanted {
        tools: pages,
        browser: pages,
        engines: engines.iter().copied().filter(|engine| *engine != Engine::Chromium).collect(),
        geckodriver: engines.contains(&Engine::Firefox),
        node: pages,
        ahead: ahead.collect(),
    };
    let ready = setup::provide(project, wanted)?;

    let mut summary = Summary::default();
    if !native.is_empty() {
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
    if coordinator {
        summary.step(COORDINATOR, || {
            Run::new(&ready.toolchain.native, "cargo", COORDINATOR, "the coordinator's benchmark")
                .args(["bench", "--quiet", "--package", "perennial-sim", "--bench", COORDINATOR, "--"])
                .args(rest)
                .cwd(&project.root)
                .minutes(20)
                .log(project.log("bench-coordinator"))
                .shown()
                .succeed()
        });
    }
    if browser {
        in_browser(project, &ready, (name, &engines), (of_bench, of_peers), rest, &mut summary);
    }
    if allocator {
        allocators(project, &ready, rest, &mut summary);
    }
    println!("{}", summary.table());
    say("bench", format!("ended after {}", seconds(started.elapsed())));
    Ok(!summary.has_failed())
}

fn in_browser(
    project: &Project,
    ready: &Ready,
    (name, engines): (Option<&str>, &[Engine]),
    (of_bench, of_peers): (bool, bool),
    rest: &[OsString],
    summary: &mut Summary,
) {
    let folder = project.root.join(BROWSER);
    let mut program = PathBuf::new();
    let native = || native_kernels(project, ready, "perennial-bench", "native");
    let built = (!of_bench
        || summary.step("build bench", || wasm::build(project, &ready.toolchain, ready.tools(), &folder))
            && (name.is_some_and(|name| !BESIDE_NATIVE.contains(&name))
                || summary.step("build native", || native().map(|path| program = path))))
        && (!of_peers || variants(project, ready, PEERS, &PEER_VARIANTS, summary).is_none());
    if !built {
        return summary.not_run("browser", "a build failed");
    }
    let mut there = Vec::new();
    for engine in engines {
        match ready.engine(*engine) {
            Ok(browser) => there.push(browser),
            Err(reason) => summary.not_run(&format!("{IN_ENGINES}, {}", engine.name()), &reason),
        }
    }
    if there.is_empty() && name == Some(IN_ENGINES) {
        return;
    }
    summary.step("browser", || {
        // All of them start below this one child; WebKit, which wants a display, is the last.
        let mut run = script(project, ready, there.last().copied().unwrap_or(ready.browser()), BROWSER, name, rest)?;
        for (name, value) in there.iter().flat_map(|browser| browser.variables()) {
            run = run.env(name, value);
        }
        let names: Vec<_> = there.iter().map(|browser| browser.engine.name()).collect();
        run = run.env("PERENNIAL_ENGINES", names.join(","));
        if of_bench {
            run = run.env("PERENNIAL_BENCH_NATIVE", &program);
        }
        if of_peers {
            run = run
                .env("PERENNIAL_PEERS", node::peers(project)?)
                .env("PERENNIAL_BUNDLERS", bundlers::provide(project)?)
                .env("PERENNIAL_WASM_OPT", node::wasm_opt_folder(project)?.join("wasm-opt"));
        }
        run.succeed()
    });
}

/// The same tasks twice, and once more with the package compiled for size.
const PEER_VARIANTS: [Variant; 3] = [
    Variant { name: "pool", options: &[] },
    Variant { name: "bare", options: &["--no-default-features", "--features", "bare"] },
    Variant { name: "small", options: &["--config", r#"profile.release.package.perennial.opt-level="s""#] },
];

/// The kernels under each allocator. A build says which it has.
const ALLOCATORS: [Variant; 4] = [
    Variant { name: "ours", options: &[] },
    Variant { name: "std", options: &["--no-default-features"] },
    Variant { name: "talc", options: &["--no-default-features", "--features", "talc"] },
    Variant { name: "lol_alloc", options: &["--no-default-features", "--features", "lol_alloc"] },
];

/// Builds them all. Returns the name of the first that failed.
fn variants(
    project: &Project,
    ready: &Ready,
    folder: &str,
    variants: &[Variant],
    summary: &mut Summary,
) -> Option<String> {
    let folder = project.root.join(folder);
    variants.iter().copied().find_map(|variant| {
        let stage = format!("build {}", variant.name);
        let built = summary
            .step(&stage, || wasm::build_variant(project, &ready.toolchain, ready.tools(), &folder, Some(variant)));
        (!built).then_some(stage)
    })
}

/// The kernels of a package, for this machine: where the program is.
fn native_kernels(project: &Project, ready: &Ready, package: &str, program: &str) -> Result<PathBuf, String> {
    Run::new(&ready.toolchain.native, "cargo", "build native", "the build of the native kernels")
        .args(["build", "--release", "--package", package, "--bin", program])
        .cwd(&project.root)
        .minutes(30)
        .log(project.log(&format!("bench-build-{program}")))
        .succeed()?;
    Ok(project.target_folder().join("release").join(program))
}

fn allocators(project: &Project, ready: &Ready, rest: &[OsString], summary: &mut Summary) {
    if let Some(failed) = variants(project, ready, ALLOCATOR, &ALLOCATORS, summary) {
        return summary.not_run("allocator", &format!("{failed} failed"));
    }
    let mut program = PathBuf::new();
    let native = || native_kernels(project, ready, "perennial-bench-allocator", "native-allocator");
    if !summary.step("build native", || native().map(|path| program = path)) {
        return summary.not_run("allocator", "the build of the native kernels failed");
    }
    summary.step("allocator", || {
        let run = script(project, ready, ready.browser(), ALLOCATOR, None, rest)?;
        run.env("PERENNIAL_BENCH_NATIVE", &program).succeed()
    });
}

/// The folder's `run.mjs`. It also writes what it found into docs/benchmarks.md, unless that would mean little.
fn script(
    project: &Project,
    ready: &Ready,
    browser: &Browser,
    folder: &str,
    part: Option<&str>,
    rest: &[OsString],
) -> Result<Run, String> {
    let topic = folder.trim_start_matches("benches/");
    let write = if rest.iter().any(|word| word == "--quick") { None } else { Some("--write") };
    let run = cmd_test::node_in(project, ready, browser, topic)?;
    // Most parts are timed in Chromium, whatever else there is.
    let run = ready.browser().variables().into_iter().fold(run, |run, (name, value)| run.env(name, value));
    let run = run
        .args([project.root.join(folder).join("run.mjs")])
        .args(part)
        .args(write)
        .args(rest)
        .minutes(60)
        .log(project.log(&format!("bench-{topic}")))
        .shown();
    Ok(run)
}

/// The engines that `--engines` names among a benchmark's arguments, and the others of these.
fn engines_of(rest: &[OsString]) -> Result<(Option<Vec<Engine>>, Vec<OsString>), String> {
    let mut rest = rest.to_vec();
    let Some(at) = rest.iter().position(|word| word == "--engines") else { return Ok((None, rest)) };
    if at + 1 == rest.len() {
        return Err("--engines takes a list of engines, with commas between".into());
    }
    let list = rest.drain(at..at + 2).next_back().unwrap_or_default();
    Ok((Some(args::engines_in(&list.to_string_lossy())?), rest))
}

/// What is timed in the browser.
fn parts(project: &Project) -> Vec<String> {
    let mut parts = names(&project.root.join(BROWSER).join("parts"), ".mjs");
    parts.push("allocator".into());
    parts
}

/// The files of a folder with this ending, without it.
fn names(folder: &Path, ending: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(ending)?.to_string())).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_are_taken_out_of_what_is_the_benchmarks_own() {
        let of = |line: &str| engines_of(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of("--quick"), Ok((None, vec!["--quick".into()])));
        let both = vec![Engine::Chromium, Engine::Firefox];
        assert_eq!(of("--engines firefox,chromium --quick"), Ok((Some(both), vec!["--quick".into()])));
        assert!(of("--quick --engines").is_err_and(|words| words.contains("a list of engines")));
        assert!(of("--engines opera").is_err_and(|words| words.contains("opera")));
    }
}
