//! Versions and settings that stand in more than one place, and have to be the same in each.

use toml::{Table, Value};

use super::Findings;
use super::tree::Tree;
use crate::markdown;
use crate::versions::NIGHTLY;

pub fn look(tree: &Tree, findings: &mut Findings) -> Result<(), String> {
    let manifest = table(tree, "Cargo.toml")?;
    let config = table(tree, ".cargo/config.toml")?;
    let flags = flags(&config);
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with(".md")) {
        for date in nightlies(text).filter(|date| *date != NIGHTLY) {
            findings.error(format!("{path} names {date}, and xtask/src/versions.rs {NIGHTLY}"));
        }
        for block in markdown::read(text).blocks.iter().filter(|block| block.language == "toml") {
            let place = format!("{path}:{}", block.line);
            let Ok(shown) = block.text.parse::<Table>() else {
                findings.error(format!("{place}: the block is no TOML"));
                continue;
            };
            dependencies(&place, &shown, &manifest, findings);
            let told = self::flags(&shown);
            if !told.is_empty() && told != flags {
                findings.error(format!("{place}: the rustflags are not those of .cargo/config.toml"));
            }
        }
    }
    published(&manifest, findings);
    Ok(())
}

fn table(tree: &Tree, path: &str) -> Result<Table, String> {
    let text = tree.text(path).ok_or_else(|| format!("there is no {path}"))?;
    text.parse().map_err(|error| format!("{path}: {error}"))
}

fn nightlies(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices("nightly-2").map(|(at, _)| &text[at..]);
    starts.map(|rest| &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len())])
}

/// What readers are told to depend on has to be what is tested here.
fn dependencies(place: &str, shown: &Table, manifest: &Table, findings: &mut Findings) {
    for (name, told) in shown.get("dependencies").and_then(Value::as_table).into_iter().flatten() {
        let (Some(told), Some(ours)) = (version(told), used(manifest, name)) else { continue };
        let same =
            if name == "perennial" { ours.starts_with(&format!("{told}.")) || ours == told } else { ours == told };
        if !same {
            findings.error(format!("{place}: {name} is {told} there, and {ours} in Cargo.toml"));
        }
    }
}

fn version(dependency: &Value) -> Option<&str> {
    dependency.as_str().or_else(|| dependency.get("version")?.as_str())
}

fn used<'a>(manifest: &'a Table, name: &str) -> Option<&'a str> {
    let workspace = manifest.get("workspace")?;
    if name == "perennial" {
        return workspace.get("package")?.get("version")?.as_str();
    }
    let shared = workspace.get("dependencies").and_then(|table| table.get(name));
    version(shared.or_else(|| manifest.get("dependencies")?.get(name))?)
}

fn flags(config: &Table) -> Vec<&str> {
    let target = config.get("target").and_then(|table| table.get(crate::versions::WASM_TARGET));
    let flags = target.and_then(|table| table.get("rustflags")).and_then(Value::as_array);
    flags.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The crates of one release have one version.
fn published(manifest: &Table, findings: &mut Findings) {
    let ours = used(manifest, "perennial").unwrap_or("none");
    let macros = manifest.get("dependencies").and_then(|table| table.get("perennial-macros")).and_then(version);
    if macros != Some(ours) {
        let macros = macros.unwrap_or("without a version");
        findings.error(format!("Cargo.toml: perennial is {ours}, and its dependency perennial-macros {macros}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[workspace.package]\nversion = \"0.2.1\"\n[workspace.dependencies]\nrayon = \"1.12\"\n\
        [dependencies]\nperennial-macros = { path = \"macros\", version = \"0.2.1\" }\n";
    const CONFIG: &str = "[target.wasm32-unknown-unknown]\nrustflags = [\"-Ca\", \"-Cb\"]\n";

    fn errors(page: &str) -> Vec<String> {
        let mut findings = Findings::default();
        let tree = Tree::of(&[("Cargo.toml", MANIFEST), (".cargo/config.toml", CONFIG), ("README.md", page)]);
        look(&tree, &mut findings).unwrap();
        findings.errors
    }

    #[test]
    fn stale_versions_are_found() {
        for (page, word) in [
            ("use `nightly-2020-01-01`", "nightly-2020-01-01"),
            ("```toml\n[dependencies]\nperennial = \"0.1\"\n```", "0.2.1"),
            ("```toml\n[dependencies]\nrayon = { version = \"1.11\" }\n```", "1.12"),
            ("```toml\n[target.wasm32-unknown-unknown]\nrustflags = [\"-Ca\"]\n```", "rustflags"),
            ("```toml\n= 1\n```", "no TOML"),
        ] {
            let found = errors(page);
            assert!(found.len() == 1 && found[0].contains(word), "{page}: {found:?}");
        }
    }

    #[test]
    fn what_is_up_to_date_passes() {
        let page = format!(
            "{NIGHTLY}\n```toml\n[dependencies]\nperennial = \"0.2\"\nrayon = \"1.12\"\nother = \"9\"\n```\n\
             ```toml\n[target.wasm32-unknown-unknown]\nrustflags = [\n  # a\n  \"-Ca\", \"-Cb\",\n]\n```\n"
        );
        assert_eq!(errors(&page), [""; 0]);
    }
}
