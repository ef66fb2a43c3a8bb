//! What every step needs to know: where things are, and what children inherit.

use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::environment::Environment;
use crate::lockfile;
use crate::process::Run;

#[derive(Clone)]
pub struct Project {
    pub root: PathBuf,
    pub cache: Cache,
    pub environment: Environment,
    /// The toolchain that runs xtask. Named to rustup at each call, or it would read `rust-toolchain.toml` again and
    /// look for the components that are missing.
    pub ambient: Option<String>,
    /// Unless set to 0, rustup may be asked for toolchains that are missing.
    pub rustup_may_install: bool,
}

impl Project {
    pub fn open() -> Result<Self, String> {
        // Of the running cargo first: two clones that share a target folder share this program.
        let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&here).parent().ok_or("xtask does not lie in the project")?.to_path_buf();
        if !root.join("Cargo.lock").is_file() {
            return Err(format!("{} is no longer the project; run `cargo xtask` from its folder", root.display()));
        }
        let environment = Environment::cleaned(std::env::vars_os());
        Ok(Project {
            root,
            cache: Cache::open(|name| std::env::var_os(name))?,
            ambient: std::env::var("RUSTUP_TOOLCHAIN").ok(),
            rustup_may_install: environment.get("RUSTUP_AUTO_INSTALL").is_none_or(|value| value != "0"),
            // Which toolchain is installed when is decided here, not by each call.
            environment: environment.with("RUSTUP_AUTO_INSTALL", "0"),
        })
    }

    /// Cargo as this machine has it, for what does not need the project's toolchain.
    pub fn ambient_environment(&self) -> Environment {
        match &self.ambient {
            Some(name) => self.environment.clone().with("RUSTUP_TOOLCHAIN", name),
            None => self.environment.clone(),
        }
    }

    /// A short look, such as `rustc -vV`.
    pub fn ask(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Result<String, String> {
        let what = format!("`{} {}`", program.as_ref().display(), arguments.join(" "));
        Run::new(&self.environment, program, "look", &what).args(arguments).cwd(&self.cache.root).succeed()
    }

    pub fn target_folder(&self) -> PathBuf {
        let named = self.environment.get("CARGO_TARGET_DIR").or_else(|| self.environment.get("CARGO_BUILD_TARGET_DIR"));
        named.map_or_else(|| self.root.join("target"), |folder| self.root.join(folder))
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.target_folder().join("xtask").join(format!("{name}.log"))
    }

    pub fn locked_version(&self, package: &str) -> Result<String, String> {
        let file = self.root.join("Cargo.lock");
        let lock = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        lockfile::version_of(&lock, package)
            .map(str::to_string)
            .ok_or_else(|| format!("{} does not name {package}", file.display()))
    }
}
