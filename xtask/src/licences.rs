//! What the dependencies allow, and whether there are two versions of one.
//!
//! cargo-deny asks the same and more, but building it takes longer than all of `cargo xtask check`, and its list of
//! advisories wants a network of its own. Cargo says what each crate's licence is; `spdx` knows what that means. Cargo
//! itself warns of yanked versions when it packages.

use std::collections::BTreeMap;

use serde_json::Value;
use spdx::{Expression, ParseMode};

use crate::process::Run;
use crate::project::Project;
use crate::setup::Ready;

/// Each permits use, change and sale in a larger work under other terms, for no more than a notice.
const ALLOWED: [&str; 9] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub fn check(project: &Project, ready: &Ready) -> Result<(), String> {
    let graph = Run::new(&ready.toolchain.native, "cargo", "licences", "cargo metadata")
        .args(["metadata", "--format-version", "1", "--locked", "--quiet"])
        .cwd(&project.root)
        .minutes(5)
        .succeed()?;
    // Cargo's words to people come first.
    let json = graph.lines().find(|line| line.starts_with('{')).ok_or("cargo metadata printed no JSON")?;
    let graph: Value = serde_json::from_str(json).map_err(|error| format!("cargo metadata: {error}"))?;
    let complaints = unfit(&graph);
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n")) }
}

fn unfit(graph: &Value) -> Vec<String> {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_string();
    let packages = || graph["packages"].as_array().into_iter().flatten();
    packages()
        .filter_map(|package| {
            let reason = refusal(package["license"].as_str())?;
            Some(format!("{} {}: {reason}", text(package, "name"), text(package, "version")))
        })
        .collect()
}

/// Why a crate under these terms may not be used.
fn refusal(licence: Option<&str>) -> Option<String> {
    let Some(licence) = licence else {
        return Some("names no licence in SPDX's words; look at its licence file and choose".into());
    };
    // Older crates write `MIT/Apache-2.0`.
    match Expression::parse_mode(licence, ParseMode::LAX) {
        Err(error) => Some(format!("`{licence}` is no SPDX expression: {}", error.reason)),
        Ok(terms) => {
            let allowed = terms.evaluate(|term| ALLOWED.contains(&term.to_string().as_str()));
            (!allowed).then(|| format!("`{licence}` is not among the licences that xtask/src/licences.rs allows"))
        }
    }
}

/// Crates that come in several versions into the package of a user: each is compiled, sent and loaded twice.
pub fn duplicates(project: &Project, ready: &Ready) -> Result<(), String> {
    let tree = Run::new(&ready.toolchain.native, "cargo", "licences", "cargo tree")
        .args([
            "tree",
            "--package",
            "perennial",
            "--edges",
            "normal,no-proc-macro",
            "--target",
            crate::versions::WASM_TARGET,
        ])
        .args(["--prefix", "none", "--format", "{p}", "--locked", "--quiet"])
        .cwd(&project.root)
        .minutes(5)
        .succeed()?;
    let twice = several(&tree);
    if twice.is_empty() { Ok(()) } else { Err(format!("in more than one version: {}", twice.join("; "))) }
}

fn several(tree: &str) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(version)) = (words.next(), words.next()) else { continue };
        if version.starts_with('v') && version[1..].starts_with(|c: char| c.is_ascii_digit()) {
            let known = versions.entry(name).or_default();
            if !known.contains(&version) {
                known.push(version);
            }
        }
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    several.map(|(name, versions)| format!("{name} {}", versions.join(" and "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_weighed() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR GPL-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert_eq!(refusal(Some(good)), None);
        }
        for bad in [Some("GPL-3.0"), Some("MIT AND LGPL-2.1-or-later"), Some("as you like"), None] {
            assert!(refusal(bad).is_some(), "{bad:?}");
        }
        let graph = serde_json::json!({"packages": [
            {"name": "a", "version": "1.0.0", "license": "MIT"},
            {"name": "b", "version": "2.0.0", "license": "AGPL-3.0"},
        ]});
        let complaints = unfit(&graph);
        assert!(complaints.len() == 1 && complaints[0].starts_with("b 2.0.0: `AGPL-3.0`"), "{complaints:?}");
    }

    #[test]
    fn two_versions_are_told() {
        let tree = "perennial v0.1.0 (/x)\nsyn v2.0.1\nbytes v1.0.0\nsyn v3.0.0 (*)\nbytes v1.0.0 (*)\n";
        assert_eq!(several(tree), ["syn v2.0.1 and v3.0.0"]);
    }
}
