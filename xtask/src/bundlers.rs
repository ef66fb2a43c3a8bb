//! The bundlers by which the apps under `tests/apps` are built, by npm, as its lock file says.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::lockfile;
use crate::node::Node;
use crate::process::Run;
use crate::project::Project;
use crate::versions::NODE_OLDEST_OF_BUNDLERS;

const FILES: [&str; 3] = [".npmrc", "package.json", "package-lock.json"];

/// Why they cannot run here, if so.
pub fn refusal(node: &Node) -> Option<String> {
    let (major, minor) = NODE_OLDEST_OF_BUNDLERS;
    let suits = lockfile::major_minor(&node.version).is_some_and(|found| found >= NODE_OLDEST_OF_BUNDLERS);
    (!suits).then(|| format!("Vite needs Node {major}.{minor} or newer, and this is {}", node.version))
}

/// The folder whose `node_modules` has them.
pub fn provide(project: &Project) -> Result<PathBuf, String> {
    let source = project.root.join("tests/apps");
    let lock = source.join("package-lock.json");
    let text = std::fs::read(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let entry = format!("bundlers-{:016x}", hasher.finish());
    let what = "Vite, webpack and esbuild by npm (20 MB to fetch)";
    project.cache.entry(&entry, "apps", what, |folder| install(project, &source, folder))
}

fn install(project: &Project, source: &Path, folder: &Path) -> Result<(), String> {
    for file in FILES {
        std::fs::copy(source.join(file), folder.join(file))
            .map_err(|error| format!("{} cannot be copied: {error}", source.join(file).display()))?;
    }
    // Without their scripts: what those would fetch is in the lock file as packages of its own.
    Run::new(&project.environment, "npm", "apps", "npm ci of the bundlers")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .cwd(folder)
        .minutes(10)
        .log(project.log("npm-bundlers"))
        .succeed()
        .map(drop)
}
