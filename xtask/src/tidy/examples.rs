//! Rust that a page shows has to compile, so `tests/docs` takes the page in.

use super::Findings;
use super::tree::Tree;
use crate::markdown;

const TAKES_IN: &str = "tests/docs/src/lib.rs";

pub fn look(tree: &Tree, findings: &mut Findings) {
    let taken = tree.text(TAKES_IN).unwrap_or_default();
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with(".md")) {
        let shows_rust = markdown::read(text).blocks.iter().any(|block| block.language.starts_with("rust"));
        if shows_rust && !taken.contains(&format!("include_str!(\"../../../{path}\")")) {
            findings.error(format!("{path} shows Rust, and {TAKES_IN} does not include it"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_rust_is_taken_in() {
        let lib = "#[doc = include_str!(\"../../../a.md\")]\nmod a {}\n";
        let pages =
            [(TAKES_IN, lib), ("a.md", "```rust\n```\n"), ("b.md", "```js\n```\n"), ("c.md", "```rust,no_run\n```")];
        let mut findings = Findings::default();
        look(&Tree::of(&pages), &mut findings);
        assert!(findings.errors.len() == 1 && findings.errors[0].starts_with("c.md"), "{:?}", findings.errors);
    }
}
