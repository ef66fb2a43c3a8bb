//! The README as a test: a crate of exactly its text, outside this workspace, built by its command, run in a browser.
//!
//! Three things are not the README's. The crates of this clone, packaged as they would be published, stand in for those
//! of the registry, by a `[patch]` in a cargo configuration one folder higher. `Cargo.lock` is this workspace's, so that
//! wasm-bindgen has the version of the program that is built already. And where rustup cannot provide what the README's
//! `rust-toolchain.toml` names, the toolchain of the other stages does.

mod recipe;

use std::path::{Path, PathBuf};

use crate::cmd_test::node;
use crate::environment::Environment;
use crate::process::{Outcome, Run};
use crate::project::Project;
use crate::setup::Ready;
use crate::ui::say;
use crate::{node, package};
pub use recipe::Recipe;

const TOPIC: &str = "readme";

/// A crate that was built, and how its page has to be served.
pub struct Built {
    folder: PathBuf,
    recipe: Recipe,
}

pub fn build(project: &Project, ready: &Ready) -> Result<Built, String> {
    let recipe = Recipe::open(&project.root)?;
    let (environment, name) = toolchain(project, ready, &recipe)?;
    say(TOPIC, format!("a crate of the README's text, built by {name}"));
    let folder = write(project, ready, &recipe)?;
    let tools = ready.tools();
    let wasm_pack = tools.wasm_pack.parent().expect("a program lies in a folder");
    // wasm-pack takes what it finds on the PATH before it downloads the same.
    let environment = environment
        .with_path_first(&node::wasm_opt_folder(project)?)
        .with_path_first(&tools.wasm_bindgen_folder)
        .with_path_first(wasm_pack)
        // The same flags and versions as here: std and most crates are compiled already.
        .with("CARGO_TARGET_DIR", project.target_folder());
    let [program, arguments @ ..] = recipe.command.as_slice() else { return Err("README.md has no command".into()) };
    if program != "wasm-pack" {
        return Err(format!("README.md builds with `{program}`, which this test does not provide"));
    }
    Run::new(&environment, &tools.wasm_pack, TOPIC, &format!("`{}`", recipe.command.join(" ")))
        .args(arguments)
        .cwd(&folder)
        .minutes(15)
        .log(project.log("readme-build"))
        .succeed()?;
    Ok(Built { folder, recipe })
}

pub fn run(project: &Project, ready: &Ready, built: &Built) -> Result<Outcome, String> {
    let headers: serde_json::Map<String, serde_json::Value> =
        built.recipe.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let outcome = node(project, ready, TOPIC)?
        .args(["--test", "--test-reporter=spec", "tests/readme/readme.test.mjs", "tests/readme/examples.test.mjs"])
        .env("PERENNIAL_README_APP", &built.folder)
        .env("PERENNIAL_README_HEADERS", serde_json::Value::from(headers).to_string())
        .minutes(5)
        .log(project.log(TOPIC))
        .shown()
        .finish()?;
    if outcome.status.success() {
        // After a failure it stays, to be looked at.
        let _ = std::fs::remove_dir_all(place(project));
    } else {
        say(TOPIC, format!("the crate is left in {}", built.folder.display()));
    }
    Ok(outcome)
}

/// As an ordinary user has it, if it can be had; and its name.
fn toolchain(project: &Project, ready: &Ready, recipe: &Recipe) -> Result<(Environment, String), String> {
    let channel = recipe.channel()?;
    match &ready.toolchain.rustup {
        // Nothing but the crate's own rust-toolchain.toml says which one.
        Some(name) if *name == channel || project.rustup_may_install => {
            let install = if project.rustup_may_install { "1" } else { "0" };
            let environment = project.environment.clone().with("RUSTUP_AUTO_INSTALL", install);
            Ok((environment, format!("rustup's {channel}, as its rust-toolchain.toml says")))
        }
        _ => {
            let name = &ready.toolchain.name;
            Ok((ready.toolchain.wasm.clone(), format!("{name}, which stands in for the {channel} it names")))
        }
    }
}

/// The same for every run of a clone, so that the next finds what this one compiled.
fn place(project: &Project) -> PathBuf {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    project.root.hash(&mut hasher);
    std::env::temp_dir().join(format!("perennial-readme-{:016x}", hasher.finish()))
}

fn write(project: &Project, ready: &Ready, recipe: &Recipe) -> Result<PathBuf, String> {
    let place = place(project);
    let in_words = |error: std::io::Error| format!("{}: {error}", place.display());
    if place.exists() {
        std::fs::remove_dir_all(&place).map_err(in_words)?;
    }
    let folder = place.join("my_app");
    for (name, text) in &recipe.files {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().expect("it lies below the folder")).map_err(in_words)?;
        std::fs::write(&file, text).map_err(in_words)?;
    }
    std::fs::copy(project.root.join("Cargo.lock"), folder.join("Cargo.lock")).map_err(in_words)?;

    let mut patch = String::from("[patch.crates-io]\n");
    for (name, crate_folder) in package::unpack(project, ready, &place)? {
        patch.push_str(&format!("{name} = {{ path = {:?} }}\n", relative_to(&crate_folder, &place)));
    }
    std::fs::create_dir_all(place.join(".cargo")).map_err(in_words)?;
    std::fs::write(place.join(".cargo/config.toml"), patch).map_err(in_words)?;
    Ok(folder)
}

/// Paths in a cargo configuration count from the folder that holds its `.cargo`.
fn relative_to<'a>(folder: &'a Path, place: &Path) -> &'a Path {
    folder.strip_prefix(place).unwrap_or(folder)
}
