//! wasm-pack, wasm-bindgen's command line and Firefox's WebDriver, built once per version into the cache.

use std::path::{Path, PathBuf};

use crate::process::Run;
use crate::project::Project;
use crate::ui::say;
use crate::versions;

/// The time to build the tools counts more than the seconds they run, so they are built without optimisation, but for
/// these, which handle every byte of a module. Measured: half the time to build of opt-level 1 throughout, and 54 ms in
/// place of 32 ms for a module of 850 kB.
const HOT: [&str; 6] = ["walrus", "wasmparser", "wasm-encoder", "wasm-bindgen-cli-support", "hashbrown", "gimli"];

pub struct Tools {
    pub wasm_pack: PathBuf,
    /// Holds `wasm-bindgen` and `wasm-bindgen-test-runner`.
    pub wasm_bindgen_folder: PathBuf,
    /// Where it was asked for. Without it there is all the rest.
    pub geckodriver: Option<Result<PathBuf, String>>,
}

pub fn are_built(project: &Project) -> bool {
    project.locked_version("wasm-bindgen").is_ok_and(|bindgen| {
        let entries = [format!("wasm-bindgen-cli-{bindgen}"), format!("wasm-pack-{}", versions::WASM_PACK)];
        entries.iter().all(|entry| project.cache.path(entry).is_dir())
    })
}

pub fn provide(project: &Project, with_geckodriver: bool) -> Result<Tools, String> {
    let bindgen = project.locked_version("wasm-bindgen")?;
    let crates = [("wasm-bindgen-cli", bindgen.as_str()), ("wasm-pack", versions::WASM_PACK)];
    let entries = crates.map(|(name, version)| format!("{name}-{version}"));
    let installed_geckodriver = project.environment.find("geckodriver");
    let gecko_entry = format!("geckodriver-{}", versions::GECKODRIVER);
    let builds_geckodriver =
        with_geckodriver && installed_geckodriver.is_none() && !project.cache.path(&gecko_entry).is_dir();
    // They share much of what they are built of, so they share a target folder, one after the other.
    let build = project.cache.path("tools-build");
    let builds = builds_geckodriver || !are_built(project);
    let lock = if builds { Some(project.cache.lock("tools", "tools")?) } else { None };
    for ((name, version), entry) in crates.iter().zip(&entries) {
        let what = format!("{name} {version} from its sources (about a minute on two idle cores)");
        project.cache.entry(entry, "tools", &what, |folder| build_one(project, name, version, folder, &build))?;
    }
    let geckodriver = with_geckodriver.then(|| {
        if let Some(installed) = installed_geckodriver {
            return Ok(installed);
        }
        let version = versions::GECKODRIVER;
        let what = format!("geckodriver {version} from its sources (about a minute on two idle cores)");
        let folder = project
            .cache
            .entry(&gecko_entry, "tools", &what, |folder| build_one(project, "geckodriver", version, folder, &build))?;
        Ok(folder.join("bin/geckodriver"))
    });
    if build.is_dir() && lock.is_some() {
        std::fs::remove_dir_all(&build).map_err(|error| format!("{} cannot be removed: {error}", build.display()))?;
    }
    let [bindgen, pack] = entries.map(|entry| project.cache.path(&entry).join("bin"));
    Ok(Tools { wasm_pack: pack.join("wasm-pack"), wasm_bindgen_folder: bindgen, geckodriver })
}

fn build_one(project: &Project, name: &str, version: &str, folder: &Path, build: &Path) -> Result<(), String> {
    // Not `--locked`: a version that the tool's lock file names may not be there any more. The folder is the cache's, so that
    // the project's own cargo settings do not apply.
    let hot = HOT.iter().flat_map(|hot| ["--config".to_string(), format!("profile.release.package.{hot}.opt-level=1")]);
    let install = || {
        Run::new(&project.ambient_environment(), "cargo", "tools", &format!("building {name}"))
            .args(hot.clone())
            .args(["install", name, "--version", &format!("={version}"), "--no-track", "--root"])
            .args([folder])
            .cwd(&project.cache.root)
            .env("CARGO_TARGET_DIR", build)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .minutes(30)
            .log(project.log(name))
    };
    // From 1.101 on cargo keeps to the crate's lock file all the same. An older one may be there, and none is installed for it.
    let built = install().succeed().or_else(|reason| {
        say("tools", format!("{name} is not built by this cargo; trying that of rustup's stable"));
        install().env("RUSTUP_TOOLCHAIN", "stable").env("RUSTUP_AUTO_INSTALL", "0").succeed().map_err(|_| reason)
    });
    built.map(drop)
}
