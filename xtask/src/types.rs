//! TypeScript's view: of the package that is built of the fixture, of the scripts that the package ships, and of
//! the demo's.

use crate::process::Run;
use crate::project::Project;
use crate::setup::Ready;
use crate::summary::Summary;
use crate::{page, wasm};

/// Each is a `tests/types/NAME.json` for the compiler.
const PROJECTS: [(&str, &str); 3] = [("types", "tsconfig"), ("types, scripts", "scripts"), ("types, page", "page")];

pub fn run(project: &Project, ready: &Ready, summary: &mut Summary) {
    let fixture = project.root.join("tests/fixture");
    // What the end-to-end tests have built already takes no time.
    let built = summary.step("build types", || {
        wasm::build(project, &ready.toolchain, ready.tools(), &fixture)?;
        page::build(project, ready)
    });
    if !built {
        return summary.not_run("types", "the packages were not built");
    }
    for (stage, file) in PROJECTS {
        summary.step(stage, || {
            let file = project.root.join("tests/types").join(file).with_extension("json");
            Run::new(&ready.toolchain.native, &ready.node().program, "types", "tsc")
                .args([ready.node().typescript.as_path()])
                .args(["--pretty", "false", "--project"])
                .args([file])
                .cwd(&project.root)
                .log(project.log(&stage.replace(", ", "-")))
                .shown()
                .succeed()
        });
    }
}
