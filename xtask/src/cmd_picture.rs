//! `cargo xtask picture`: the README's picture, taken from the real page.

use crate::cmd_test::node;
use crate::project::Project;
use crate::setup::{self, Wanted};
use crate::summary::Summary;
use crate::wasm;

pub fn run(project: &Project) -> Result<bool, String> {
    let page = project.root.join("www");
    let wanted = Wanted { tools: true, browser: true, node: true, ahead: vec![page.clone()], ..Wanted::default() };
    let ready = setup::provide(project, wanted)?;
    let mut summary = Summary::default();
    if summary.step("build www", || wasm::build(project, &ready.toolchain, ready.tools(), &page)) {
        summary.step("picture", || {
            let script = project.root.join("tests/e2e/picture.mjs");
            let file = project.root.join("docs/demo.png");
            node(project, &ready, "picture")?
                .args([script, file])
                .minutes(5)
                .log(project.log("picture"))
                .shown()
                .succeed()
        });
    }
    println!("{}", summary.table());
    Ok(!summary.has_failed())
}
