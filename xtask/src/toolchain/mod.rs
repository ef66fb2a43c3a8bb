//! The Rust that builds the package: one with the sources of `std`, which threads in WebAssembly need rebuilt.
//!
//! On an ordinary machine rustup has it or fetches it. Where rustup can fetch nothing, Debian's build of Rust is
//! unpacked into the cache, and cargo stays the one that runs xtask.

mod debian;
mod rustup;

use crate::environment::Environment;
use crate::project::Project;
use crate::ui::say;
use crate::{lockfile, versions};

pub struct Toolchain {
    pub name: String,
    /// Its name for rustup, if rustup has it.
    pub rustup: Option<String>,
    /// For builds for this machine.
    pub native: Environment,
    /// For builds for the browser.
    pub wasm: Environment,
    /// Debian has no clippy for its build.
    pub wasm_clippy: bool,
}

pub fn provide(project: &Project) -> Result<Toolchain, String> {
    // The route that worked last is looked at first, so that a second run asks no network.
    if let Some(toolchain) = rustup::installed(project)? {
        return Ok(toolchain);
    }
    if let Some(toolchain) = debian::unpacked(project)? {
        return Ok(toolchain);
    }
    let rustup_says = match rustup::install(project) {
        Ok(toolchain) => return Ok(toolchain),
        Err(reason) => reason,
    };
    say("toolchain", short(&rustup_says));
    if let Some(toolchain) = rustup::untested(project) {
        return Ok(toolchain);
    }
    debian::install(project).map_err(|debian_says| {
        format!(
            "no Rust toolchain with the sources of std can be had.\n  by rustup: {}\n  by Debian's packages: {}\n\
             Either of these would provide it:\n  {}\n  apt-get update   (as root, on Debian 12 or newer)",
            indented(&rustup_says),
            indented(&debian_says),
            rustup::install_command(),
        )
    })
}

/// `release` of `rustc -vV`.
fn release(verbose_version: &str) -> Option<&str> {
    verbose_version.lines().find_map(|line| line.strip_prefix("release: "))
}

fn is_tested(release: &str) -> bool {
    let [oldest, newest] = versions::RUSTC_TESTED;
    lockfile::major_minor(release).is_some_and(|version| (oldest..=newest).contains(&version))
}

/// The first line, and the reason if a program's output follows.
fn short(text: &str) -> String {
    let first = text.lines().next().unwrap_or("").trim_end_matches("; its last lines:");
    match text.lines().skip(1).map(str::trim).find(|line| line.starts_with("error:")) {
        Some(reason) => format!("{first}: {reason}"),
        None => first.to_string(),
    }
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n    ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_rustc() {
        let text = "rustc 1.97.0-nightly (e50aa6fba 2026-05-19)\nbinary: rustc\nrelease: 1.97.0-nightly\n";
        assert_eq!(release(text), Some("1.97.0-nightly"));
        assert!(is_tested("1.96.0") && is_tested("1.97.0-nightly"));
        assert_eq!(short("it failed; its last lines:\n    info: x\n    error: no\n"), "it failed: error: no");
        assert!(!is_tested("1.95.0") && !is_tested("1.98.0-nightly") && !is_tested("odd"));
    }
}
