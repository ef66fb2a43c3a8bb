//! `llvm-profdata` and `llvm-cov` that can read what this Rust writes: of the same LLVM.

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::process::Run;
use crate::project::Project;
use crate::{apt, versions};

pub struct Llvm {
    environment: Environment,
    folder: PathBuf,
    suffix: String,
}

impl Llvm {
    pub fn run(&self, program: &str, topic: &str) -> Run {
        let program = format!("{program}{}", self.suffix);
        Run::new(&self.environment, self.folder.join(&program), topic, &program)
    }
}

/// An error says why there is none here.
pub fn provide(project: &Project, native: &Environment) -> Result<Llvm, String> {
    let ask = |arguments: &[&str]| {
        Run::new(native, "rustc", "coverage", "rustc").args(arguments).cwd(&project.root).succeed()
    };
    let version = ask(&["-vV"])?;
    let (host, llvm) = (field(&version, "host: "), field(&version, "LLVM version: "));
    let (Some(host), Some(llvm)) = (host, llvm) else {
        return Err(format!("rustc does not say which LLVM it has: {version}"));
    };
    let environment = project.environment.clone();
    let major = llvm.split('.').next().unwrap_or(llvm);
    let sysroot = ask(&["--print", "sysroot"])?;
    let of_rustup = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("bin");
    if of_rustup.join("llvm-cov").is_file() {
        return Ok(Llvm { environment, folder: of_rustup, suffix: String::new() });
    }
    let suffix = format!("-{major}");
    if let Some(program) = environment.find(&format!("llvm-cov{suffix}"))
        && let Some(folder) = program.parent()
        && folder.join(format!("llvm-profdata{suffix}")).is_file()
    {
        return Ok(Llvm { folder: folder.to_path_buf(), environment, suffix });
    }
    let advice = "`rustup component add llvm-tools` would bring it";
    if format!("llvm-{major}") != versions::DEBIAN_LLVM {
        return Err(format!("there is no llvm-cov {major} for this rustc; {advice}"));
    }
    let folder = unpacked(project).map_err(|error| format!("{error}; {advice}"))?;
    let libraries = folder.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH));
    let llvm = Llvm {
        environment: environment.with("LD_LIBRARY_PATH", libraries),
        folder: folder.join("usr/lib").join(versions::DEBIAN_LLVM).join("bin"),
        suffix: String::new(),
    };
    // Unpacked, not installed: other libraries it needs may not be here.
    llvm.run("llvm-cov", "coverage").args(["--version"]).succeed().map_err(|error| format!("{error}; {advice}"))?;
    Ok(llvm)
}

fn unpacked(project: &Project) -> Result<PathBuf, String> {
    if !apt::is_here(project) {
        return Err("this machine has no apt-get".into());
    }
    let what = format!("Debian's {} (48 MB to fetch, 240 MB on disk)", versions::DEBIAN_LLVM);
    let entry = format!("debian-{}", versions::DEBIAN_LLVM);
    project.cache.entry(&entry, "coverage", &what, |folder| {
        apt::unpack(project, "coverage", &versions::DEBIAN_LLVM_PACKAGES, folder)
    })
}

fn field<'a>(version: &'a str, name: &str) -> Option<&'a str> {
    version.lines().find_map(|line| line.strip_prefix(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rustc_says_its_llvm() {
        let version = "rustc 1.97.0-nightly\nhost: x86_64-unknown-linux-gnu\nLLVM version: 22.1.4\n";
        assert_eq!(field(version, "LLVM version: "), Some("22.1.4"));
        assert_eq!(field("rustc 1.0", "LLVM version: "), None);
    }
}
