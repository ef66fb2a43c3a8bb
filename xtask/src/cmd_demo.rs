//! `cargo xtask demo`.

use std::time::Instant;

use crate::project::Project;
use crate::serve::{Routes, Server};
use crate::setup::{self, Wanted};
use crate::ui::{say, seconds};
use crate::wasm;

const PORT: u16 = 8080;

pub fn run(project: &Project, port: Option<u16>, serve: bool, started: Instant) -> Result<(), String> {
    let folder = project.root.join("www");
    let packages = vec![folder.clone(), folder.join("bare")];
    let ready = setup::provide(project, Wanted { tools: true, ahead: packages.clone(), ..Wanted::default() })?;
    for package in packages {
        say("build", format!("building {}", package.strip_prefix(&project.root).unwrap_or(&package).display()));
        wasm::build(project, &ready.toolchain, ready.tools(), &package)?;
    }
    let server = Server::bind(port.unwrap_or(PORT), Routes::new([("/", folder)]))?;
    say("demo", format!("ready {} after the start", seconds(started.elapsed())));
    if !serve {
        return Ok(());
    }
    println!("\nThe demo is at  http://{}/   (Ctrl-C ends it)\n", server.address());
    server.run();
    Ok(())
}
