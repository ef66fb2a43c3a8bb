//! The demo's page: the package of `www`, and the library that draws its plots.

use std::path::Path;

use crate::project::Project;
use crate::setup::Ready;
use crate::{node, wasm};

/// What of uPlot the page needs, and under which name. Its types stand beside the module, where TypeScript looks for them.
const UPLOT: [(&str, &str); 4] = [
    ("dist/uPlot.esm.js", "uPlot.esm.js"),
    ("dist/uPlot.d.ts", "uPlot.esm.d.ts"),
    ("dist/uPlot.min.css", "uPlot.min.css"),
    ("LICENSE", "LICENSE"),
];

/// Builds it, so that any server can send the folder as it is.
pub fn build(project: &Project, ready: &Ready) -> Result<(), String> {
    let folder = project.root.join("www");
    wasm::build(project, &ready.toolchain, ready.tools(), &folder)?;
    copy(&node::uplot(project)?, &folder.join("vendor/uplot"))
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
