//! The route for a machine where rustup can fetch nothing: Debian's build of Rust, unpacked into the cache. Installed,
//! its packages would remove a user's own Rust, so they are not.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::Path;

use super::{Toolchain, release};
use crate::project::Project;
use crate::{apt, versions};

pub fn unpacked(project: &Project) -> Result<Option<Toolchain>, String> {
    let folder = project.cache.path(&entry());
    if folder.is_dir() { toolchain(project, &folder).map(Some) } else { Ok(None) }
}

pub fn install(project: &Project) -> Result<Toolchain, String> {
    if !apt::is_here(project) {
        return Err("this machine has no apt-get".into());
    }
    let what = format!("Debian's Rust {} (140 MB to fetch, 700 MB on disk)", versions::DEBIAN_RUST);
    let folder = project.cache.entry(&entry(), "toolchain", &what, |folder| {
        apt::unpack(project, "toolchain", &versions::DEBIAN_RUST_PACKAGES, folder)?;
        complete(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        verify(project, folder)
    })?;
    toolchain(project, &folder)
}

fn entry() -> String {
    format!("debian-rust-{}", versions::DEBIAN_RUST)
}

/// What the packages leave to their install scripts and to rustup.
fn complete(folder: &Path) -> std::io::Result<()> {
    let usr = folder.join("usr");
    symlink(format!("../lib/{}/bin/lld", versions::DEBIAN_LLVM), usr.join("bin/rust-lld"))?;
    // wasm-pack looks whether this folder exists, not what is in it; the library itself is built from its sources.
    std::fs::create_dir_all(usr.join("lib/rustlib").join(versions::WASM_TARGET).join("lib"))?;
    let bin = folder.join("bin");
    std::fs::create_dir(&bin)?;
    for program in ["rustc", "rustdoc", "rust-lld"] {
        // The libraries are not where the system looks for them.
        let script = format!(
            "#!/bin/sh\nhere=${{0%/*}}/../usr\nLD_LIBRARY_PATH=$here/lib/{}-linux-gnu exec \"$here/bin/{program}\" \"$@\"\n",
            std::env::consts::ARCH
        );
        std::fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o755)
            .open(bin.join(program))?
            .write_all(script.as_bytes())?;
    }
    Ok(())
}

fn verify(project: &Project, folder: &Path) -> Result<(), String> {
    let version = project.ask(folder.join("bin/rustc"), &["-vV"])?;
    let release = release(&version).unwrap_or("without a version");
    if release.starts_with(&format!("{}.", versions::DEBIAN_RUST)) {
        Ok(())
    } else {
        Err(format!("Debian's package rustc-web holds rustc {release}, and {} is needed", versions::DEBIAN_RUST))
    }
}

fn toolchain(project: &Project, folder: &Path) -> Result<Toolchain, String> {
    let bin = folder.join("bin");
    let native = project.ambient_environment();
    let wasm = native
        .clone()
        .with_path_first(&bin)
        .with("RUSTC", bin.join("rustc"))
        .with("RUSTDOC", bin.join("rustdoc"))
        .with("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", bin.join("rust-lld"))
        // Rebuilding std is a nightly feature of cargo, and this compiler is a released one.
        .with("RUSTC_BOOTSTRAP", "1");
    Ok(Toolchain {
        name: format!("Debian's rustc {}", versions::DEBIAN_RUST),
        rustup: None,
        native,
        wasm,
        wasm_clippy: false,
    })
}
