//! What names another file of the project, and whether it is there.

use super::Findings;
use super::tree::Tree;
use crate::markdown::{self, Page};

pub fn look(tree: &Tree, findings: &mut Findings) {
    for (path, text) in tree.texts() {
        if path.ends_with(".md") {
            let page = markdown::read(text);
            for (line, address) in &page.links {
                if let Some(complaint) = dead(tree, path, &page, address) {
                    findings.error(format!("{path}:{line}: {complaint}"));
                }
            }
            for (line, word) in &page.codes {
                mention(tree, path, *line, word, findings);
            }
        } else if let Some(comment) = comments(path) {
            for (index, line) in text.lines().enumerate() {
                let Some(comment) = line.trim_start().strip_prefix(comment) else { continue };
                for word in comment.split(|c: char| !is_of_path(c)) {
                    mention(tree, path, index + 1, word.trim_end_matches('.'), findings);
                }
            }
        }
    }
}

fn comments(path: &str) -> Option<&'static str> {
    let ending = path.rsplit('.').next()?;
    match ending {
        "rs" | "js" | "mjs" | "ts" => Some("//"),
        "toml" => Some("#"),
        _ => None,
    }
}

fn is_of_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || ['/', '.', '-', '_'].contains(&c)
}

/// Why the address leads nowhere. Other sites are not asked: a check that fails with the network says nothing.
fn dead(tree: &Tree, path: &str, page: &Page, address: &str) -> Option<String> {
    if address.contains("://") || address.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = address.split_once('#').map_or((address, None), |(file, anchor)| (file, Some(anchor)));
    let target = if file.is_empty() { path.to_string() } else { joined(path, file)? };
    if !tree.has(&target) {
        return Some(format!("the link `{address}` leads to {target}, which is not there"));
    }
    let anchor = anchor?;
    let known = if file.is_empty() { &page.anchors } else { &markdown::read(tree.text(&target)?).anchors };
    (!known.iter().any(|other| other == anchor)).then(|| format!("the link `{address}` names no heading of {target}"))
}

/// A path that begins like one of this project has to be one, from the root or from the folder of the file that names it.
fn mention(tree: &Tree, path: &str, line: usize, word: &str, findings: &mut Findings) {
    let names_file = [".rs", ".js", ".mjs", ".md", ".toml", ".ts", ".html", ".css", ".png"];
    let Some((first, _)) = word.split_once('/') else { return };
    // `benches/NAME.rs` stands for any of them.
    if !word.chars().all(is_of_path) || word.contains("//") || word.contains("NAME") {
        return;
    }
    let is_file = names_file.iter().any(|ending| word.ends_with(ending));
    let is_ours = !first.is_empty() && tree.has(first);
    // Code font in prose is meant as it stands; a word of a comment only if it names a file.
    if !is_ours || !(is_file || path.ends_with(".md")) {
        return;
    }
    let beside = joined(path, word);
    if !tree.has(word) && !beside.is_some_and(|beside| tree.has(&beside)) {
        findings.error(format!("{path}:{line}: `{word}` is not there"));
    }
}

/// None if it leads out of the project.
fn joined(from: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(files: &[(&str, &str)]) -> Vec<String> {
        let mut findings = Findings::default();
        look(&Tree::of(files), &mut findings);
        findings.errors
    }

    #[test]
    fn dead_links_are_found() {
        let files = [
            (
                "docs/a.md",
                "<img src=\"gone.png\">\n\n# One\n[1](../src/b.md) [2](#one) [3](c.md) [4](#two) [5](https://x.y/z) [6](../src/b.md#q)",
            ),
            ("src/b.md", "`src/b.md` `src/gone.rs` `b.md` `src/x/` `application/json`"),
            (
                "src/lib.rs",
                "//! See src/gone.rs, and src/b.md. Not src/any of it, nor src/NAME.rs.\nlet a = \"src/none.rs\";",
            ),
        ];
        let found = errors(&files);
        let words = ["gone.png", "c.md", "#two", "#q", "src/gone.rs", "src/x/", "src/lib.rs:1"];
        assert_eq!(found.len(), words.len(), "{found:?}");
        for word in words {
            assert!(found.iter().any(|error| error.contains(word)), "{word}: {found:?}");
        }
    }
}
