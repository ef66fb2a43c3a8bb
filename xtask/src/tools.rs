//! wasm-pack and wasm-bindgen's command line, built once per version into the cache.

use std::path::{Path, PathBuf};

use crate::process::Run;
use crate::project::Project;
use crate::versions;

pub struct Tools {
    pub wasm_pack: PathBuf,
    /// Holds `wasm-bindgen` and `wasm-bindgen-test-runner`.
    pub wasm_bindgen_folder: PathBuf,
}

pub fn are_built(project: &Project) -> bool {
    project.locked_version("wasm-bindgen").is_ok_and(|bindgen| {
        let entries = [format!("wasm-bindgen-cli-{bindgen}"), format!("wasm-pack-{}", versions::WASM_PACK)];
        entries.iter().all(|entry| project.cache.path(entry).is_dir())
    })
}

pub fn provide(project: &Project) -> Result<Tools, String> {
    let bindgen = project.locked_version("wasm-bindgen")?;
    let crates = [("wasm-bindgen-cli", bindgen.as_str()), ("wasm-pack", versions::WASM_PACK)];
    let entries = crates.map(|(name, version)| format!("{name}-{version}"));
    // The two share most of what they are built of, so they share a target folder, one after the other.
    let build = project.cache.path("tools-build");
    let lock = if are_built(project) { None } else { Some(project.cache.lock("tools", "tools")?) };
    for ((name, version), entry) in crates.iter().zip(&entries) {
        let what = format!("{name} {version} from its sources (one to two minutes on two cores)");
        project.cache.entry(entry, "tools", &what, |folder| build_one(project, name, version, folder, &build))?;
    }
    if build.is_dir() && lock.is_some() {
        std::fs::remove_dir_all(&build).map_err(|error| format!("{} cannot be removed: {error}", build.display()))?;
    }
    let [bindgen, pack] = entries.map(|entry| project.cache.path(&entry).join("bin"));
    Ok(Tools { wasm_pack: pack.join("wasm-pack"), wasm_bindgen_folder: bindgen })
}

fn build_one(project: &Project, name: &str, version: &str, folder: &Path, build: &Path) -> Result<(), String> {
    // Not `--locked`: a registry mirror that lags behind lacks what the lock file names. The folder is the cache's, so
    // that the project's own cargo settings do not apply.
    Run::new(&project.ambient_environment(), "cargo", "tools", &format!("building {name}"))
        .args(["install", name, "--version", &format!("={version}"), "--no-track", "--root"])
        .args([folder])
        .cwd(&project.cache.root)
        .env("CARGO_TARGET_DIR", build)
        // They run for seconds at a time: the time to build them counts.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .minutes(30)
        .log(project.log(name))
        .succeed()
        .map(drop)
}
