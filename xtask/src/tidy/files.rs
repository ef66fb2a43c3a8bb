//! Where files lie, how large they are, what each has to begin with.

use super::Findings;
use super::tree::Tree;

/// Whoever opens the folder should see at a glance what is there. A new entry is worth a thought, and a line here.
const TOP_LEVEL: [&str; 21] = [
    ".cargo",
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "benches",
    "build.rs",
    "docs",
    "macros",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "sim",
    "src",
    "tests",
    "www",
    "xtask",
];

/// A file of more lines holds more than one thing.
const LINES_MAX: usize = 999;
const LINES_WARN: usize = 600;

/// Written by programs.
const GENERATED: [&str; 2] = ["Cargo.lock", "package-lock.json"];

pub fn look(tree: &Tree, findings: &mut Findings) {
    for path in tree.paths() {
        let top = path.split('/').next().unwrap_or(path);
        if !TOP_LEVEL.contains(&top) {
            findings.error(format!("{path}: `{top}` is not of the top level as xtask/src/tidy/files.rs lists it"));
        }
    }
    for (path, text) in tree.texts() {
        let name = path.rsplit('/').next().unwrap_or(path);
        if GENERATED.contains(&name) || name.starts_with("LICENSE") {
            continue;
        }
        size(path, text, findings);
        spaces(path, text, findings);
        beginning(path, name, text, findings);
    }
}

fn size(path: &str, text: &str, findings: &mut Findings) {
    let lines = text.lines().count();
    if lines > LINES_MAX {
        findings.error(format!("{path} has {lines} lines; the most is {LINES_MAX}, and 400 is a good size"));
    } else if lines >= LINES_WARN {
        findings.warn(format!("{path} has {lines} lines; think of parting it before it reaches {LINES_MAX}"));
    }
}

fn spaces(path: &str, text: &str, findings: &mut Findings) {
    for (index, line) in text.lines().enumerate() {
        let place = format!("{path}:{}", index + 1);
        if line.contains('\t') {
            findings.error(format!("{place}: a tab"));
        }
        if line.ends_with([' ', '\r']) {
            findings.error(format!("{place}: a space or carriage return at the end of the line"));
        }
    }
    if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
        findings.error(format!("{path} does not end with one line break"));
    }
}

fn beginning(path: &str, name: &str, text: &str, findings: &mut Findings) {
    // Tests beside the code they test need no introduction.
    if name.ends_with(".rs") && name != "tests.rs" && !text.starts_with("//!") {
        findings.error(format!("{path} does not begin with `//!` and what it is for"));
    }
    let typed = path.starts_with("src/js/") || path.starts_with("www/js/");
    if typed && name.ends_with(".js") && !text.lines().take(3).any(|line| line == "// @ts-check") {
        findings.error(format!("{path} has no `// @ts-check` in its first three lines"));
    }
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
    fn each_untidiness_is_found() {
        let long = "a\n".repeat(LINES_MAX + 1);
        for (path, text, word) in [
            ("notes.txt", "a\n", "top level"),
            ("www/style.css", long.as_str(), "1000 lines"),
            ("www/a.css", "a\tb\n", "a tab"),
            ("www/a.css", "a \n", "at the end"),
            ("www/a.css", "a", "line break"),
            ("src/lib.rs", "mod a;\n", "//!"),
            ("src/js/pool.js", "const a = 1;\n", "@ts-check"),
        ] {
            let found = errors(&[(path, text)]);
            assert!(found.len() == 1 && found[0].contains(word), "{path}: {found:?}");
        }
    }

    #[test]
    fn what_is_tidy_passes() {
        let files = [("src/a/tests.rs", "use super::*;\n"), ("Cargo.lock", "a\t\n"), ("src/js/a.js", "// @ts-check\n")];
        assert_eq!(errors(&files), [""; 0]);
    }
}
