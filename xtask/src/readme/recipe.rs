//! What the README tells a reader to do: the files to write, the command, the headers.

use std::path::Path;

use crate::markdown::{self, Block};

#[derive(Debug, PartialEq)]
pub struct Recipe {
    /// Name and text of each block that begins with its file's name in a comment.
    pub files: Vec<(String, String)>,
    /// The words of the line that calls wasm-pack.
    pub command: Vec<String>,
    pub headers: Vec<(String, String)>,
}

/// A crate that builds and runs needs all of them.
const NEEDED: [&str; 5] = ["Cargo.toml", ".cargo/config.toml", "rust-toolchain.toml", "src/lib.rs", "main.js"];

impl Recipe {
    pub fn open(root: &Path) -> Result<Self, String> {
        let file = root.join("README.md");
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        Self::read(&text)
    }

    fn read(text: &str) -> Result<Self, String> {
        let blocks = markdown::read(text).blocks;
        let files: Vec<_> = blocks.iter().filter_map(|block| Some((file_name(block)?, block.text.clone()))).collect();
        for name in NEEDED {
            match files.iter().filter(|(file, _)| file == name).count() {
                1 => {}
                0 => return Err(format!("README.md has no block that begins with the comment `{name}`")),
                _ => return Err(format!("README.md has more than one block for {name}")),
            }
        }
        let command = blocks
            .iter()
            .filter(|block| block.language == "sh")
            .flat_map(|block| block.text.lines())
            .find(|line| line.starts_with("wasm-pack build"))
            .ok_or("README.md has no `sh` block with a line `wasm-pack build ...`")?;
        let headers = blocks
            .iter()
            .filter(|block| block.language == "text")
            .find_map(|block| block.text.lines().map(header).collect::<Option<Vec<_>>>())
            .ok_or("README.md has no `text` block of `Cross-Origin-...: value` lines")?;
        let command = command.split_whitespace().map(str::to_string).collect();
        Ok(Recipe { files, command, headers })
    }

    pub fn file(&self, name: &str) -> &str {
        let found = self.files.iter().find(|(file, _)| file == name);
        &found.unwrap_or_else(|| panic!("README.md was read without its {name}")).1
    }

    /// The toolchain that the README's `rust-toolchain.toml` names.
    pub fn channel(&self) -> Result<String, String> {
        let table: toml::Table = self
            .file("rust-toolchain.toml")
            .parse()
            .map_err(|error| format!("the rust-toolchain.toml of README.md: {error}"))?;
        let channel =
            table.get("toolchain").and_then(|table| table.get("channel")).and_then(|channel| channel.as_str());
        channel.map(str::to_string).ok_or_else(|| "the rust-toolchain.toml of README.md names no channel".into())
    }
}

fn file_name(block: &Block) -> Option<String> {
    let comment = match block.language.as_str() {
        "toml" => "# ",
        "rust" | "js" | "ts" => "// ",
        _ => return None,
    };
    let name = block.text.lines().next()?.strip_prefix(comment)?;
    (name.contains('.') && !name.contains(' ')).then(|| name.to_string())
}

fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(": ")?;
    name.starts_with("Cross-Origin-").then(|| (name.to_string(), value.trim().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_is_a_recipe() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let recipe = Recipe::open(root).unwrap();
        assert_eq!(recipe.command[..2], ["wasm-pack", "build"]);
        assert!(recipe.headers.iter().any(|(name, value)| name.ends_with("-Opener-Policy") && value == "same-origin"));
        assert_eq!(recipe.channel().unwrap(), crate::versions::NIGHTLY);
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Recipe::read("```toml\n# Cargo.toml\n```\n").unwrap_err();
        assert!(error.contains("`.cargo/config.toml`"), "{error}");
    }
}
