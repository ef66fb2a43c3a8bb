//! Provides what a command needs, several things at once: a download and a build hardly hinder each other.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Instant;

use crate::browser::{self, Browser, Engine};
use crate::node::{self, Node};
use crate::project::Project;
use crate::toolchain::{self, Toolchain};
use crate::tools::{self, Tools};
use crate::ui::{say, seconds};
use crate::wasm;

#[derive(Default)]
pub struct Wanted {
    pub tools: bool,
    /// Chromium, without which the command ends.
    pub browser: bool,
    /// Further engines, each without which the rest is done.
    pub engines: Vec<Engine>,
    /// Firefox's WebDriver too.
    pub geckodriver: bool,
    pub node: bool,
    /// Crates to compile while the tools are still being built.
    pub ahead: Vec<PathBuf>,
}

pub struct Ready {
    pub toolchain: Toolchain,
    tools: Option<Tools>,
    browser: Option<Browser>,
    engines: Vec<(Engine, Result<Browser, String>)>,
    node: Option<Node>,
}

impl Ready {
    pub fn tools(&self) -> &Tools {
        self.tools.as_ref().expect("the command asked for the tools")
    }

    pub fn browser(&self) -> &Browser {
        self.browser.as_ref().expect("the command asked for the browser")
    }

    /// The browser of an engine that was asked for, or why there is none.
    pub fn engine(&self, engine: Engine) -> Result<&Browser, String> {
        if engine == Engine::Chromium {
            return Ok(self.browser());
        }
        let found = self.engines.iter().find(|(other, _)| *other == engine);
        found.expect("the command asked for the engine").1.as_ref().map_err(Clone::clone)
    }

    pub fn node(&self) -> &Node {
        self.node.as_ref().expect("the command asked for Node")
    }
}

enum Part {
    Toolchain(Toolchain),
    Tools(Tools),
    Browser(Browser),
    Engine(Engine, Result<Browser, String>),
    Node(Node),
}

pub fn provide(project: &Project, wanted: Wanted) -> Result<Ready, String> {
    let started = Instant::now();
    say("set-up", format!("the cache is {}", project.cache.root.display()));
    let (sender, parts) = mpsc::channel::<Result<Part, String>>();
    let spawn = |work: fn(&Project) -> Result<Part, String>| {
        let (project, sender) = (project.clone(), sender.clone());
        std::thread::spawn(move || sender.send(work(&project)));
    };
    let ahead = if wanted.tools && !tools::are_built(project) { wanted.ahead } else { Vec::new() };
    {
        let (project, sender) = (project.clone(), sender.clone());
        std::thread::spawn(move || {
            let toolchain = match toolchain::provide(&project) {
                Ok(toolchain) => toolchain,
                Err(error) => return sender.send(Err(error)),
            };
            for folder in ahead {
                // If the crate does not compile, wasm-pack will say so in its turn.
                let _ = wasm::build_ahead(&project, &toolchain, &folder);
            }
            sender.send(Ok(Part::Toolchain(toolchain)))
        });
    }
    if wanted.tools {
        let (project, sender) = (project.clone(), sender.clone());
        let geckodriver = wanted.geckodriver;
        std::thread::spawn(move || sender.send(tools::provide(&project, geckodriver).map(Part::Tools)));
    }
    if wanted.browser {
        spawn(|project| browser::provide(project, Engine::Chromium).map(Part::Browser));
    }
    for engine in wanted.engines {
        let (project, sender) = (project.clone(), sender.clone());
        std::thread::spawn(move || sender.send(Ok(Part::Engine(engine, browser::provide(&project, engine)))));
    }
    if wanted.node {
        spawn(|project| node::provide(project).map(Part::Node));
    }
    drop(sender);

    let (mut toolchain, mut tools, mut browser, mut node) = (None, None, None, None);
    let mut engines = Vec::new();
    // The first error ends the command: the rest need not be waited for.
    for part in parts {
        match part? {
            Part::Toolchain(part) => toolchain = Some(part),
            Part::Tools(part) => tools = Some(part),
            Part::Browser(part) => browser = Some(part),
            Part::Engine(engine, part) => engines.push((engine, part)),
            Part::Node(part) => node = Some(part),
        }
    }
    let toolchain = toolchain.ok_or("the set-up of the toolchain ended without a word; this is a bug of xtask")?;
    let mut line = vec![toolchain.name.clone()];
    line.extend(browser.as_ref().map(|browser| browser.name.clone()));
    line.extend(engines.iter().filter_map(|(_, found)| Some(found.as_ref().ok()?.name.clone())));
    line.extend(node.as_ref().map(|node| format!("Node {}", node.version)));
    say("set-up", format!("ready after {}: {}", seconds(started.elapsed()), line.join(", ")));
    Ok(Ready { toolchain, tools, browser, engines, node })
}
