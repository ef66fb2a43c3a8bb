//! Looks over every file of the tree: dead links, stale versions, files that grew too large or lie in the wrong place. It
//! asks nothing but the files, so it takes no time; it runs as a test too.

mod examples;
mod files;
mod links;
mod tree;
mod versions;

use std::path::Path;

use tree::Tree;

#[derive(Debug, Default)]
pub struct Findings {
    pub errors: Vec<String>,
    pub warnings: Vec<String>,
}

impl Findings {
    fn error(&mut self, finding: String) {
        self.errors.push(finding);
    }

    fn warn(&mut self, finding: String) {
        self.warnings.push(finding);
    }
}

pub fn look(root: &Path) -> Result<Findings, String> {
    let tree = Tree::read(root)?;
    let mut findings = Findings::default();
    files::look(&tree, &mut findings);
    links::look(&tree, &mut findings);
    examples::look(&tree, &mut findings);
    versions::look(&tree, &mut findings)?;
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let findings = look(root).unwrap();
        assert!(findings.errors.is_empty(), "\n{}", findings.errors.join("\n"));
    }
}
