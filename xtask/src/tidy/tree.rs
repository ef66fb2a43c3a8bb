//! The files of the project, without what git ignores.

use std::collections::BTreeMap;
use std::path::Path;

#[derive(Default)]
pub struct Tree {
    /// By path from the root; no text if it is not UTF-8.
    files: BTreeMap<String, Option<String>>,
}

impl Tree {
    /// Git itself is not asked: the project may have been unpacked from an archive.
    pub fn read(root: &Path) -> Result<Self, String> {
        let in_words = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        let list = root.join(".gitignore");
        let list = std::fs::read_to_string(&list).map_err(|error| in_words(&list, error))?;
        let ignored = patterns(&list)?;
        let mut tree = Tree::default();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let place = root.join(&folder);
            for entry in std::fs::read_dir(&place).map_err(|error| in_words(&place, error))? {
                let entry = entry.map_err(|error| in_words(&place, error))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                if name == ".git" || ignored.iter().any(|pattern| pattern.fits(&path, &name)) {
                    continue;
                }
                let kind = entry.file_type().map_err(|error| in_words(&entry.path(), error))?;
                if kind.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(entry.path()).map_err(|error| in_words(&entry.path(), error))?;
                    tree.files.insert(path, String::from_utf8(bytes).ok());
                }
            }
        }
        Ok(tree)
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| (path.to_string(), Some(text.to_string())));
        Tree { files: files.collect() }
    }

    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// A file, or a folder with files in it.
    pub fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        path.is_empty()
            || self.files.contains_key(path)
            || self.files.range(folder.clone()..).next().is_some_and(|(next, _)| next.starts_with(&folder))
    }
}

/// What `.gitignore` may hold here: a name, a start of names with a `*` at its end, or a path with a `/` in front.
struct Pattern<'a> {
    text: &'a str,
    is_path: bool,
    is_start: bool,
}

fn patterns(list: &str) -> Result<Vec<Pattern<'_>>, String> {
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let is_start = line.ends_with('*');
            let text = line.trim_end_matches(['*', '/']);
            let is_path = text.contains('/');
            let text = text.trim_start_matches('/');
            if text.contains(['*', '?', '[', '!']) {
                return Err(format!("the line `{line}` of .gitignore is more than the tidy check understands"));
            }
            Ok(Pattern { text, is_path, is_start })
        })
        .collect()
}

impl Pattern<'_> {
    fn fits(&self, path: &str, name: &str) -> bool {
        let whole = if self.is_path { path } else { name };
        if self.is_start { whole.starts_with(self.text) } else { whole == self.text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_starts_and_paths_are_ignored() {
        let patterns = patterns("# x\n/target\npkg\npkg-*\n/tests/apps/dist/\n").unwrap();
        let fits = |path: &str| {
            let name = path.rsplit('/').next().unwrap();
            patterns.iter().any(|pattern| pattern.fits(path, name))
        };
        for path in ["target", "www/pkg", "benches/a/pkg-std", "tests/apps/dist"] {
            assert!(fits(path), "{path}");
        }
        for path in ["www/target", "pkgs", "tests/apps"] {
            assert!(!fits(path), "{path}");
        }
        assert!(super::patterns("a/**/b").is_err());
    }

    #[test]
    fn folders_are_there_if_they_hold_something() {
        let tree = Tree::of(&[("src/js/a.js", "")]);
        assert!(tree.has("src/js") && tree.has("src/") && tree.has("src/js/a.js"));
        assert!(!tree.has("src/j") && !tree.has("docs"));
    }
}
