//! Looks into the npm package that wasm-pack has built: whether `npm pack` takes along what the page needs.

use std::path::Path;

use crate::process::Run;
use crate::project::Project;

/// What `npm pack --dry-run` of the package in `folder/pkg` would send holds the module, its glue and types, and every
/// script of `src/js`.
pub fn check(project: &Project, folder: &Path, name: &str) -> Result<(), String> {
    let listing = Run::new(&project.environment, "npm", "package", "npm pack")
        .args(["pack", "--dry-run", "--json", "--loglevel=error"])
        .cwd(&folder.join("pkg"))
        .log(project.log("npm-pack"))
        .succeed()?;
    let mut wanted: Vec<String> = [".js", ".d.ts", "_bg.wasm"].iter().map(|end| format!("\"{name}{end}\"")).collect();
    wanted.extend(scripts(project)?.iter().map(|script| format!("/src/js/{script}\"")));
    wanted.push("/src/workerHelpers.no-bundler.js\"".into());
    let missing: Vec<_> = wanted.iter().filter(|path| !listing.contains(path.as_str())).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the npm package lacks {}; a script of src/js is shipped when `scripts` in src/web/mod.rs declares something of it",
        missing.join(", ")
    ))
}

fn scripts(project: &Project) -> Result<Vec<String>, String> {
    let folder = project.root.join("src/js");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter(|name| name.ends_with(".js")).collect())
}
