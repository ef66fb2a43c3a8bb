//! What the children of xtask inherit. A stray `RUSTFLAGS` replaces the flags of `.cargo/config.toml`, and the outer
//! `cargo run` leaves variables that make an inner cargo, started for another toolchain, use the wrong parts.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    pub fn cleaned(all: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut variables: BTreeMap<_, _> = all.filter(|(name, _)| !name.to_str().is_some_and(is_stray)).collect();
        // `cargo run` puts its toolchain's and the build's libraries first here.
        if let Some(paths) = variables.remove(OsStr::new("LD_LIBRARY_PATH")) {
            let kept: Vec<_> = std::env::split_paths(&paths)
                .filter(|path| !path.as_os_str().is_empty() && !is_of_cargo(path))
                .collect();
            if !kept.is_empty()
                && let Ok(joined) = std::env::join_paths(kept)
            {
                variables.insert("LD_LIBRARY_PATH".into(), joined);
            }
        }
        Environment { variables }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    #[must_use]
    pub fn with_path_first(self, folder: &Path) -> Self {
        let old = self.get("PATH").unwrap_or_default();
        let path = std::env::join_paths([folder.to_path_buf()].into_iter().chain(std::env::split_paths(&old)))
            .expect("a folder whose name has a colon cannot stand on the PATH");
        self.with("PATH", path)
    }

    pub fn get(&self, name: &str) -> Option<OsString> {
        self.variables.get(OsStr::new(name)).cloned()
    }

    pub fn all(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.variables.iter()
    }

    /// The program as the PATH finds it.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.get("PATH")?).map(|folder| folder.join(program)).find(|file| is_executable(file))
    }
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

fn is_of_cargo(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "rustlib" || part.as_os_str() == "toolchains")
        || path.ends_with("debug")
        || path.ends_with("debug/deps")
        || path.ends_with("lib") && path.join("rustlib").is_dir()
}

fn is_stray(name: &str) -> bool {
    const NAMES: [&str; 17] = [
        "CARGO",
        "CARGO_CRATE_NAME",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_INCREMENTAL",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_ENCODED_RUSTDOCFLAGS",
        "RUSTFLAGS",
        "RUSTDOCFLAGS",
        "RUSTC",
        "RUSTDOC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_BOOTSTRAP",
        "RUSTUP_TOOLCHAIN",
        "RUST_RECURSION_COUNT",
        "RUST_MIN_STACK",
        "NODE_OPTIONS",
    ];
    const STARTS: [&str; 7] = [
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_BIN_",
        "CARGO_PROFILE_",
        "CARGO_UNSTABLE_",
        "CARGO_ALIAS_",
        "WASM_BINDGEN_",
    ];
    // Number of jobs and the target folder are the user's to set.
    let of_build = name.starts_with("CARGO_BUILD_") && !["CARGO_BUILD_JOBS", "CARGO_BUILD_TARGET_DIR"].contains(&name);
    let of_target = name.starts_with("CARGO_TARGET_") && name != "CARGO_TARGET_DIR";
    NAMES.contains(&name) || STARTS.iter().any(|start| name.starts_with(start)) || of_build || of_target
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strays_go_and_settings_stay() {
        for name in ["RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "CARGO_PKG_NAME"]
        {
            assert!(is_stray(name), "{name}");
        }
        for name in ["PATH", "CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_BUILD_JOBS", "CARGO_NET_OFFLINE", "RUSTUP_HOME"] {
            assert!(!is_stray(name), "{name}");
        }
    }

    #[test]
    fn library_folders_of_the_outer_cargo_go() {
        let outer = "/p/target/debug/deps:/p/target/debug:/h/.rustup/toolchains/x/lib:/opt/own/lib";
        let kept = Environment::cleaned([("LD_LIBRARY_PATH".into(), outer.into())].into_iter());
        assert_eq!(kept.get("LD_LIBRARY_PATH"), Some("/opt/own/lib".into()));
    }
}
