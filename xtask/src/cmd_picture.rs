//! `cargo xtask picture`: the README's pictures, taken from the real page.

use crate::cmd_test::node;
use crate::page;
use crate::project::Project;
use crate::setup::{self, Wanted};
use crate::summary::Summary;

pub fn run(project: &Project) -> Result<bool, String> {
    let ahead = page::crates(project);
    let wanted = Wanted { tools: true, browser: true, node: true, ahead, ..Wanted::default() };
    let ready = setup::provide(project, wanted)?;
    let mut summary = Summary::default();
    if summary.step("build www", || page::build(project, &ready)) {
        summary.step("picture", || {
            let script = project.root.join("tests/e2e/picture.mjs");
            let folder = project.root.join("docs");
            node(project, &ready, "picture")?
                .args([script, folder])
                .minutes(5)
                .log(project.log("picture"))
                .shown()
                .succeed()
        });
    }
    println!("{}", summary.table());
    Ok(!summary.has_failed())
}
