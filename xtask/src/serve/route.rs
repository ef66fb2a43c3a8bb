//! From the path of an address to a file, and never to one outside the folders served.

use std::path::{Path, PathBuf};

pub struct Routes {
    /// The start of an address, with a `/` at both ends, and its folder. The longest that fits counts.
    folders: Vec<(String, PathBuf)>,
}

#[derive(Debug, PartialEq)]
pub enum Target {
    File(PathBuf),
    /// Asked for without the `/` at its end.
    Folder,
    Missing,
}

impl Routes {
    pub fn new<const N: usize>(folders: [(&str, PathBuf); N]) -> Self {
        let mut folders: Vec<_> = folders.into_iter().map(|(start, folder)| (start.to_string(), folder)).collect();
        folders.sort_by_key(|(start, _)| std::cmp::Reverse(start.len()));
        Routes { folders }
    }

    pub fn find(&self, path: &str) -> Target {
        let Some(path) = decoded(path) else {
            return Target::Missing;
        };
        let Some((start, folder)) = self.folders.iter().find(|(start, _)| path.starts_with(start.as_str())) else {
            return Target::Missing;
        };
        let rest = &path[start.len()..];
        let parts = rest.split('/').filter(|part| !part.is_empty());
        // A dot in front covers `..` and hidden files alike.
        if parts.clone().any(|part| part.starts_with('.') || part.contains(['\\', '\0'])) {
            return Target::Missing;
        }
        // A link may lead out of the folder.
        let (Ok(folder), Ok(file)) = (folder.canonicalize(), folder.join(parts.collect::<PathBuf>()).canonicalize())
        else {
            return Target::Missing;
        };
        if !file.starts_with(&folder) {
            return Target::Missing;
        }
        if !file.is_dir() {
            return if rest.ends_with('/') { Target::Missing } else { Target::File(file) };
        }
        if !path.ends_with('/') {
            return Target::Folder;
        }
        let index = file.join("index.html");
        if index.is_file() { Target::File(index) } else { Target::Missing }
    }
}

/// `%41` is `A`. None if it is no text.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

pub fn mime(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or("") {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" | "map" => "application/json",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "ts" | "md" | "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
