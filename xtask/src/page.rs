//! The demo's page: the packages of its crates, and the library that draws its plots.

use std::path::{Path, PathBuf};

use crate::project::Project;
use crate::setup::Ready;
use crate::ui::say;
use crate::{node, wasm};

/// What of uPlot the page needs, and under which name. Its types stand beside the module, where TypeScript looks for them.
const UPLOT: [(&str, &str); 4] = [
    ("dist/uPlot.esm.js", "uPlot.esm.js"),
    ("dist/uPlot.d.ts", "uPlot.esm.d.ts"),
    ("dist/uPlot.min.css", "uPlot.min.css"),
    ("LICENSE", "LICENSE"),
];

/// Its crates: the pool's, and that of the side without one.
pub fn crates(project: &Project) -> Vec<PathBuf> {
    ["www", "www/bare"].map(|folder| project.root.join(folder)).to_vec()
}

/// Builds it, so that any server can send `www` as it is.
pub fn build(project: &Project, ready: &Ready) -> Result<(), String> {
    for folder in crates(project) {
        say("build", format!("building {}", folder.strip_prefix(&project.root).unwrap_or(&folder).display()));
        wasm::build(project, &ready.toolchain, ready.tools(), &folder)?;
    }
    vendor(project)
}

/// Copies the library beside the page.
pub fn vendor(project: &Project) -> Result<(), String> {
    copy(&node::uplot(project)?, &project.root.join("www/vendor/uplot"))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    std::fs::create_dir_all(to).map_err(|error| format!("{}: {error}", to.display()))?;
    for (source, name) in UPLOT {
        let source = from.join(source);
        std::fs::copy(&source, to.join(name))
            .map_err(|error| format!("{} cannot be copied to {}: {error}", source.display(), to.display()))?;
    }
    Ok(())
}
