//! Node, the library by which the end-to-end tests drive a browser, and TypeScript's compiler.

use std::path::{Path, PathBuf};

use crate::process::Run;
use crate::project::Project;
use crate::{apt, lockfile, versions};

pub struct Node {
    pub program: PathBuf,
    pub version: String,
    /// A module to `import()`: the tests lie outside the cache, and an ES module finds no library by NODE_PATH.
    pub puppeteer: String,
    /// The script of its compiler.
    pub typescript: PathBuf,
    /// A script for a page, which looks for what assistive technology cannot use.
    pub axe: PathBuf,
}

pub fn provide(project: &Project) -> Result<Node, String> {
    let (program, version) = program(project)?;
    let entry = format!("puppeteer-core-{}", versions::PUPPETEER);
    let what = format!("puppeteer-core {} by npm (15 MB to fetch)", versions::PUPPETEER);
    let puppeteer = project.cache.entry(&entry, "node", &what, |folder| install_puppeteer(project, folder))?;
    let entry = format!("typescript-{}", versions::TYPESCRIPT);
    let what = format!("TypeScript {} by npm (4 MB to fetch)", versions::TYPESCRIPT);
    let typescript = project
        .cache
        .entry(&entry, "node", &what, |folder| install(project, folder, &[("typescript", versions::TYPESCRIPT)]))?;
    let entry = format!("axe-core-{}", versions::AXE);
    let what = format!("axe-core {} by npm (3 MB on disk)", versions::AXE);
    let axe = project
        .cache
        .entry(&entry, "node", &what, |folder| install(project, folder, &[("axe-core", versions::AXE)]))?;
    Ok(Node {
        program,
        version,
        puppeteer: file_address(&puppeteer.join("index.mjs")),
        typescript: typescript.join("node_modules/typescript/bin/tsc"),
        axe: axe.join("node_modules/axe-core/axe.min.js"),
    })
}

/// Node with npm, and its version.
fn program(project: &Project) -> Result<(PathBuf, String), String> {
    find(project).or_else(|_| {
        apt::install(project, "node", &versions::DEBIAN_NODE_PACKAGES, "about 100 MB to fetch")
            .and_then(|()| find(project))
            .map_err(|reason| {
                let (major, minor) = versions::NODE_OLDEST;
                format!(
                    "Node {major}.{minor} or newer is needed, with npm: {reason}\n  On Debian this provides it:  \
                     apt-get install {}",
                    versions::DEBIAN_NODE_PACKAGES.join(" ")
                )
            })
    })
}

/// The folder of the library that draws the demo's plots.
pub fn uplot(project: &Project) -> Result<PathBuf, String> {
    let entry = format!("uplot-{}", versions::UPLOT);
    if !project.cache.path(&entry).is_dir() {
        program(project)?;
    }
    let what = format!("uPlot {} by npm (0.5 MB on disk)", versions::UPLOT);
    let folder =
        project.cache.entry(&entry, "node", &what, |folder| install(project, folder, &[("uplot", versions::UPLOT)]))?;
    Ok(folder.join("node_modules/uplot"))
}

/// Holds `wasm-opt`, which wasm-pack would else download.
pub fn wasm_opt_folder(project: &Project) -> Result<PathBuf, String> {
    let entry = format!("binaryen-{}", versions::BINARYEN);
    let what = format!("wasm-opt {} by npm (90 MB on disk)", versions::BINARYEN);
    let folder = project
        .cache
        .entry(&entry, "node", &what, |folder| install(project, folder, &[("binaryen", versions::BINARYEN)]))?;
    Ok(folder.join("node_modules/.bin"))
}

/// Holds `node_modules` with the other worker pools.
pub fn peers(project: &Project) -> Result<PathBuf, String> {
    let named = versions::PEERS.map(|(package, version)| format!("{package}-{version}")).join("-");
    let what = "other worker pools by npm (1 MB to fetch)";
    project.cache.entry(&format!("peers-{named}"), "node", what, |folder| install(project, folder, &versions::PEERS))
}

fn find(project: &Project) -> Result<(PathBuf, String), String> {
    let program = project.environment.find("node").ok_or("there is no node on the PATH")?;
    project.environment.find("npm").ok_or("there is no npm on the PATH")?;
    let version = project.ask(&program, &["--version"])?.trim().to_string();
    match lockfile::major_minor(&version) {
        Some(found) if found >= versions::NODE_OLDEST => Ok((program, version)),
        _ => Err(format!("{} is {version}", program.display())),
    }
}

fn install_puppeteer(project: &Project, folder: &Path) -> Result<(), String> {
    install(project, folder, &[("puppeteer-core", versions::PUPPETEER)])?;
    let text = "export * from 'puppeteer-core';\nexport { default } from 'puppeteer-core';\n";
    std::fs::write(folder.join("index.mjs"), text).map_err(|error| format!("{}: {error}", folder.display()))
}

fn install(project: &Project, folder: &Path, packages: &[(&str, &str)]) -> Result<(), String> {
    // Without it npm would look for a package in the folders above.
    std::fs::write(folder.join("package.json"), "{\"private\": true}\n")
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let names = packages.iter().map(|(package, _)| *package).collect::<Vec<_>>();
    Run::new(&project.environment, "npm", "node", &format!("npm install {}", names.join(" ")))
        .args(["install", "--no-audit", "--no-fund", "--no-package-lock", "--no-save"])
        .args(packages.iter().map(|(package, version)| format!("{package}@{version}")))
        .cwd(folder)
        .minutes(10)
        .log(project.log(&format!("npm-{}", names.join("-"))))
        .succeed()
        .map(drop)
}

fn file_address(file: &Path) -> String {
    let mut address = "file://".to_string();
    for byte in file.to_string_lossy().bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => address.push(byte as char),
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files() {
        assert_eq!(file_address(Path::new("/a b/c#d-1.mjs")), "file:///a%20b/c%23d-1.mjs");
    }
}
