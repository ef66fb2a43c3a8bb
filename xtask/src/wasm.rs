//! Builds and tests for the browser, by wasm-pack.

use std::path::Path;

use crate::browser::{Browser, Engine};
use crate::environment::Environment;
use crate::process::{Outcome, Run};
use crate::project::Project;
use crate::toolchain::Toolchain;
use crate::tools::Tools;
use crate::versions::WASM_TARGET;

/// Threads and unwinding both need `std` built anew.
pub const BUILD_STD: &str = "-Zbuild-std=std,panic_unwind";

/// What wasm-pack asks of cargo, so that this can go on while wasm-pack itself is still being built.
pub fn build_ahead(project: &Project, toolchain: &Toolchain, folder: &Path) -> Result<(), String> {
    Run::new(&toolchain.wasm, "cargo", "build", &format!("building {}", shown(project, folder)))
        .args(["build", "--lib", "--release", "--target", WASM_TARGET])
        .args([BUILD_STD])
        .cwd(folder)
        .minutes(30)
        .log(project.log(&format!("build-{}", log_name(project, folder))))
        .succeed()
        .map(drop)
}

/// The web package of the crate in `folder`, into `folder/pkg`.
pub fn build(project: &Project, toolchain: &Toolchain, tools: &Tools, folder: &Path) -> Result<(), String> {
    build_variant(project, toolchain, tools, folder, None)
}

/// A crate built in one of several ways.
#[derive(Clone, Copy)]
pub struct Variant {
    /// It goes into `pkg-NAME`.
    pub name: &'static str,
    /// Further options for cargo.
    pub options: &'static [&'static str],
}

/// The web package of the crate in `folder`; of a variant, into `folder/pkg-NAME`.
pub fn build_variant(
    project: &Project,
    toolchain: &Toolchain,
    tools: &Tools,
    folder: &Path,
    variant: Option<Variant>,
) -> Result<(), String> {
    let end = variant.map_or(String::new(), |variant| format!("-{}", variant.name));
    let log = project.log(&format!("wasm-pack-{}{end}", log_name(project, folder)));
    let mut run = pack(project, toolchain, tools, &format!("the build of {}{end}", shown(project, folder)), "build")
        .args(["build", "--target", "web", "--release", "--mode", "no-install", "--no-opt"])
        .args(["--out-dir", &format!("pkg{end}")])
        .args([folder])
        .args(["--"])
        .args([BUILD_STD])
        .log(log);
    if let Some(variant) = variant {
        run = run.args(variant.options);
    }
    run.succeed().map(drop)
}

/// `wasm-pack test` of the root crate. In release: `std` is then built once for everything.
pub fn test(
    project: &Project,
    toolchain: &Toolchain,
    tools: &Tools,
    browser: &Browser,
    files: &[String],
    name: Option<&str>,
) -> Result<Outcome, String> {
    let name_of_engine = browser.engine.name();
    let capabilities = project.target_folder().join(format!("xtask/webdriver-{name_of_engine}.json"));
    let text = browser.capabilities();
    capabilities
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(&capabilities, text))
        .map_err(|error| format!("{} cannot be written: {error}", capabilities.display()))?;
    let [flag, driver_flag] = match browser.engine {
        Engine::Chromium => ["--chrome", "--chromedriver"],
        Engine::Firefox => ["--firefox", "--geckodriver"],
        // The runner knows no WebKit but Safari, and its WebDriver no words but the standard's.
        Engine::WebKit => ["--safari", "--safaridriver"],
    };
    let driver = match (browser.engine, &tools.geckodriver) {
        (Engine::Firefox, Some(geckodriver)) => geckodriver.as_ref().map_err(Clone::clone)?,
        _ => browser.driver.as_ref().ok_or_else(|| format!("there is no WebDriver for {name_of_engine}"))?,
    };
    browser
        .run(&environment(toolchain, tools), &tools.wasm_pack, "web", "wasm-pack test")
        .cwd(&project.root)
        .minutes(30)
        .args(["test", "--headless", flag, "--release", "--mode", "no-install", driver_flag])
        .args([driver.as_path(), &project.root])
        // wasm-pack hands options to `cargo test` alone, not to the `cargo build` before it.
        .env("CARGO_UNSTABLE_BUILD_STD", BUILD_STD.trim_start_matches("-Zbuild-std="))
        .args(files.iter().flat_map(|file| ["--test", file]))
        .args(name)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities)
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30")
        // WebKit shares memory only if told to.
        .env("JSC_useSharedArrayBuffer", "1")
        .log(project.log(&format!("web-{name_of_engine}")))
        .shown()
        .finish()
}

/// The files `tests/web*.rs` of the root crate, without their ending.
pub fn test_files(project: &Project) -> Vec<String> {
    let names = std::fs::read_dir(project.root.join("tests")).into_iter().flatten().flatten();
    let mut names: Vec<_> = names
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".rs")?.to_string()))
        .filter(|name| name.starts_with("web"))
        .collect();
    names.sort();
    names
}

fn pack(project: &Project, toolchain: &Toolchain, tools: &Tools, what: &str, topic: &str) -> Run {
    Run::new(&environment(toolchain, tools), &tools.wasm_pack, topic, what).cwd(&project.root).minutes(30)
}

fn environment(toolchain: &Toolchain, tools: &Tools) -> Environment {
    toolchain.wasm.clone().with_path_first(&tools.wasm_bindgen_folder)
}

fn shown(project: &Project, folder: &Path) -> String {
    folder.strip_prefix(&project.root).unwrap_or(folder).display().to_string()
}

fn log_name(project: &Project, folder: &Path) -> String {
    shown(project, folder).replace('/', "-")
}
