//! `cargo xtask demo`.

use std::time::Instant;

use crate::page;
use crate::project::Project;
use crate::serve::{Routes, Server};
use crate::setup::{self, Wanted};
use crate::ui::{say, seconds};

const PORT: u16 = 8080;

pub fn run(project: &Project, port: Option<u16>, serve: bool, started: Instant) -> Result<(), String> {
    let ready = setup::provide(project, Wanted { tools: true, ahead: page::crates(project), ..Wanted::default() })?;
    page::build(project, &ready)?;
    let server = Server::bind(port.unwrap_or(PORT), Routes::new([("/", project.root.join("www"))]))?;
    say("demo", format!("ready {} after the start", seconds(started.elapsed())));
    if !serve {
        return Ok(());
    }
    println!("\nThe demo is at  http://{}/   (Ctrl-C ends it)\n", server.address());
    server.run();
    Ok(())
}
