//! The crates as they are published.

use std::path::{Path, PathBuf};

use crate::process::Run;
use crate::project::Project;
use crate::setup::Ready;

struct Published {
    name: &'static str,
    folder: &'static str,
    /// Beside the sources, which are all needed: without the scripts nothing starts, and no native build would notice.
    pages: &'static [&'static str],
}

/// In the order in which they are published.
const PUBLISHED: [Published; 2] = [
    Published {
        name: "perennial-macros",
        folder: "macros",
        pages: &["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"],
    },
    Published {
        name: "perennial",
        folder: ".",
        pages: &["CHANGELOG.md", "Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "build.rs"],
    },
];

/// What cargo adds by itself.
const ADDED: [&str; 4] = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];

/// `cargo publish --dry-run` for all of them at once: cargo then takes what one needs of another from this folder, though
/// no registry has it yet. Each is built from its package alone.
pub fn dry_run(project: &Project, ready: &Ready) -> Result<(), String> {
    let output = cargo(project, ready, &["publish", "--dry-run"]).succeed()?;
    let bad: Vec<_> = output.lines().filter(|line| is_bad(line)).collect();
    if bad.is_empty() { Ok(()) } else { Err(format!("cargo publish --dry-run warns:\n{}", bad.join("\n"))) }
}

/// There is no repository to name, so cargo's wish for one is not counted.
fn is_bad(line: &str) -> bool {
    line.contains("is yanked") || line.contains("manifest has no") && !line.contains("repository")
}

/// Are the right files in each package, and no others?
pub fn contents(project: &Project, ready: &Ready) -> Result<(), String> {
    let mut complaints = Vec::new();
    for Published { name, folder, pages } in PUBLISHED {
        let list = Run::new(&ready.toolchain.native, "cargo", "package", "cargo package --list")
            .args(["package", "--list", "--quiet", "--allow-dirty", "--package", name])
            .cwd(&project.root)
            .minutes(5)
            .succeed()?;
        let files: Vec<_> = list.lines().filter(|line| !line.starts_with("warning")).collect();
        complaints.extend(amiss(name, &files, pages, &sources(&project.root.join(folder))));
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n")) }
}

fn amiss(name: &str, files: &[&str], needed: &[&str], sources: &[String]) -> Vec<String> {
    let needed = needed.iter().copied().chain(sources.iter().map(String::as_str));
    let mut complaints: Vec<_> = needed
        .clone()
        .filter(|file| !files.contains(file))
        .map(|file| format!("the package {name} lacks {file}; see `include` in its Cargo.toml"))
        .collect();
    let known: Vec<_> = needed.chain(ADDED).collect();
    let surplus = files.iter().filter(|file| !known.contains(file) && !is_page(file));
    complaints.extend(surplus.map(|file| format!("the package {name} has {file}, which no user of it needs")));
    complaints
}

fn is_page(file: &str) -> bool {
    file.starts_with("src/") && file.ends_with(".md")
}

/// Every program text below `src`, as paths in the package.
fn sources(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.join("src")];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ["rs", "js", "ts"].iter().any(|known| ending == *known))
                && let Ok(relative) = path.strip_prefix(folder)
            {
                files.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    files.sort();
    files
}

/// The packages, unpacked into folders of their names below `into`.
pub fn unpack(project: &Project, ready: &Ready, into: &Path) -> Result<Vec<(&'static str, PathBuf)>, String> {
    cargo(project, ready, &["package", "--no-verify"]).succeed()?;
    let version = env!("CARGO_PKG_VERSION");
    let mut folders = Vec::new();
    for Published { name, .. } in PUBLISHED {
        let archive = project.target_folder().join(format!("package/{name}-{version}.crate"));
        // With the time of now, or cargo would take what it built of an older package for this one.
        Run::new(&project.environment, "tar", "package", &format!("unpacking {}", archive.display()))
            .args(["-x", "-z", "-m", "-f"])
            .args([&archive])
            .cwd(into)
            .succeed()?;
        folders.push((name, into.join(format!("{name}-{version}"))));
    }
    Ok(folders)
}

fn cargo(project: &Project, ready: &Ready, verb: &[&str]) -> Run {
    // What is not committed yet is packaged too: the check is for those who are about to commit it.
    Run::new(&ready.toolchain.native, "cargo", "package", &format!("cargo {}", verb.join(" ")))
        .args(verb)
        .args(["--allow-dirty"])
        .args(PUBLISHED.iter().flat_map(|package| ["--package", package.name]))
        .cwd(&project.root)
        .minutes(10)
        .log(project.log("package"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_and_too_much() {
        let sources = ["src/js/a.js".to_string(), "src/lib.rs".to_string()];
        let good = ["Cargo.lock", "Cargo.toml", "README.md", "src/js/a.js", "src/lib.rs", "src/x/README.md"];
        assert!(amiss("p", &good, &["Cargo.toml", "README.md"], &sources).is_empty());
        let complaints = amiss("p", &["Cargo.toml", "src/lib.rs", "tests/e2e.rs"], &["Cargo.toml"], &sources);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(complaints[0].contains("lacks src/js/a.js") && complaints[1].contains("has tests/e2e.rs"));
    }

    #[test]
    fn sources_are_found_below_folders() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let files = sources(root);
        assert!(files.iter().any(|file| file == "src/js/driver.js") && files.iter().any(|file| file == "src/lib.rs"));
    }
}
