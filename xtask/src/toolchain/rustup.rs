//! The ordinary route: rustup.

use std::path::Path;
use std::time::{Duration, Instant};

use super::{Toolchain, is_tested, release};
use crate::process::Run;
use crate::project::Project;
use crate::ui::{say, seconds};
use crate::versions;

/// A network that swallows everything must not hold the Debian route up.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);

/// The pinned toolchain, or an undated nightly as new as it, if whole.
pub fn installed(project: &Project) -> Result<Option<Toolchain>, String> {
    if project.environment.find("rustup").is_none() {
        return Ok(None);
    }
    if let Some(whole) = look(project, versions::NIGHTLY) {
        return Ok(Some(whole.toolchain(project)));
    }
    Ok(look(project, "nightly").filter(|whole| is_tested(&whole.release)).map(|whole| whole.toolchain(project)))
}

/// An undated nightly that no one tried with this project: better than none.
pub fn untested(project: &Project) -> Option<Toolchain> {
    let whole = look(project, "nightly")?;
    say("toolchain", format!("taking the installed nightly, rustc {}, with which nothing was tested", whole.release));
    Some(whole.toolchain(project))
}

pub fn install(project: &Project) -> Result<Toolchain, String> {
    if project.environment.find("rustup").is_none() {
        return Err("there is no rustup on the PATH".into());
    }
    if !project.rustup_may_install {
        return Err("RUSTUP_AUTO_INSTALL is 0, so rustup is not asked".into());
    }
    say("toolchain", format!("installing {} by rustup, beside your others (some 250 MB to fetch)", versions::NIGHTLY));
    let started = Instant::now();
    Run::new(&project.environment, "rustup", "toolchain", "rustup's install")
        .args(install_arguments())
        .cwd(&project.cache.root)
        .says_within("downloading", ANSWER_WITHIN)
        .minutes(20)
        .log(project.log("rustup"))
        .succeed()?;
    say("toolchain", format!("installed in {}", seconds(started.elapsed())));
    let whole = look(project, versions::NIGHTLY)
        .ok_or_else(|| format!("rustup installed {}, but parts of it are missing", versions::NIGHTLY))?;
    Ok(whole.toolchain(project))
}

pub fn install_command() -> String {
    format!("rustup {}", install_arguments().join(" "))
}

fn install_arguments() -> Vec<&'static str> {
    let mut arguments = vec!["toolchain", "install", versions::NIGHTLY, "--no-self-update", "--profile", "minimal"];
    arguments.extend(versions::RUSTUP_COMPONENTS.iter().flat_map(|component| ["--component", *component]));
    arguments.extend(["--target", versions::WASM_TARGET]);
    arguments
}

struct Whole {
    name: &'static str,
    release: String,
}

impl Whole {
    fn toolchain(self, project: &Project) -> Toolchain {
        let environment = project.environment.clone().with("RUSTUP_TOOLCHAIN", self.name);
        Toolchain {
            name: format!("rustup's {}, rustc {}", self.name, self.release),
            rustup: Some(self.name.into()),
            native: environment.clone(),
            wasm: environment,
            wasm_clippy: true,
        }
    }
}

/// The toolchain if it is installed with every part that is needed.
fn look(project: &Project, name: &'static str) -> Option<Whole> {
    let sysroot = project.ask("rustup", &["run", name, "rustc", "--print", "sysroot"]).ok()?;
    let sysroot = Path::new(sysroot.lines().last()?.trim());
    let library = sysroot.join("lib/rustlib");
    let parts = [
        library.join("src/rust/library/Cargo.toml"),
        library.join(versions::WASM_TARGET).join("lib"),
        sysroot.join("bin/cargo-clippy"),
        sysroot.join("bin/rustfmt"),
    ];
    if !parts.iter().all(|part| part.exists()) {
        return None;
    }
    let version = project.ask("rustup", &["run", name, "rustc", "-vV"]).ok()?;
    Some(Whole { name, release: release(&version)?.to_string() })
}
