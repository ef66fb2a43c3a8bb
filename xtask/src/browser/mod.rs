//! The browsers that run the tests, one for each engine: what is installed, else Debian's.

mod chromium;
mod firefox;
mod webkit;

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::lockfile;
use crate::process::Run;
use crate::project::Project;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Chromium,
    Firefox,
    WebKit,
}

impl Engine {
    pub const ALL: [Engine; 3] = [Engine::Chromium, Engine::Firefox, Engine::WebKit];
    /// Those of a run that names none.
    pub const USUAL: [Engine; 2] = [Engine::Chromium, Engine::Firefox];

    pub fn name(self) -> &'static str {
        match self {
            Engine::Chromium => "chromium",
            Engine::Firefox => "firefox",
            Engine::WebKit => "webkit",
        }
    }
}

#[derive(Debug)]
pub struct Browser {
    pub engine: Engine,
    /// With its version, for the reader.
    pub name: String,
    pub program: PathBuf,
    /// Its WebDriver. Firefox's is another's to provide.
    pub driver: Option<PathBuf>,
    /// `xvfb-run`, for one that cannot do without a window.
    display: Option<PathBuf>,
}

pub fn provide(project: &Project, engine: Engine) -> Result<Browser, String> {
    match engine {
        Engine::Chromium => chromium::provide(project),
        Engine::Firefox => firefox::provide(project),
        Engine::WebKit => webkit::provide(project),
    }
}

impl Browser {
    /// A child that starts this browser, by whatever means.
    pub fn run(&self, environment: &Environment, program: &Path, topic: &str, what: &str) -> Run {
        match &self.display {
            Some(xvfb_run) => Run::new(environment, xvfb_run, topic, what).args(["-a"]).args([program]),
            None => Run::new(environment, program, topic, what),
        }
    }

    /// The variables that the tests' harness wants, beside `PERENNIAL_ENGINE`.
    pub fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        match self.engine {
            Engine::Chromium => {
                let arguments = chromium::arguments();
                vec![("PERENNIAL_CHROMIUM", self.program.clone()), ("PERENNIAL_CHROMIUM_ARGS", arguments.into())]
            }
            Engine::Firefox => vec![("PERENNIAL_FIREFOX", self.program.clone())],
            Engine::WebKit => {
                let driver = self.driver.clone().unwrap_or_default();
                vec![("PERENNIAL_WEBKIT", self.program.clone()), ("PERENNIAL_WEBKIT_DRIVER", driver)]
            }
        }
    }

    /// For the runner of `wasm-pack test`, as JSON.
    pub fn capabilities(&self) -> String {
        let program = &self.program;
        match self.engine {
            Engine::Chromium => {
                let arguments = chromium::arguments();
                format!("{{\"goog:chromeOptions\": {{\"binary\": {program:?}, \"args\": {arguments}}}}}\n")
            }
            Engine::Firefox => {
                format!("{{\"moz:firefoxOptions\": {{\"binary\": {program:?}, \"args\": [\"-headless\"]}}}}\n")
            }
            Engine::WebKit => format!(
                "{{\"browserName\": \"MiniBrowser\", \"webkitgtk:browserOptions\": {{\"binary\": {program:?}, \
                 \"args\": [\"--automation\"]}}}}\n"
            ),
        }
    }
}

fn version_in(text: &str) -> Result<(u32, u32), String> {
    text.split_whitespace()
        .find_map(lockfile::major_minor)
        .ok_or_else(|| format!("no version can be read from `{}`", text.trim()))
}

/// The line of a program's words that has a version: wrapper scripts complain on lines of their own.
fn named(said: &str) -> String {
    said.lines().find(|line| version_in(line).is_ok()).unwrap_or("").trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_browsers() {
        assert_eq!(version_in("Chromium 156.0.8078.73 built on Debian GNU/Linux 12 (bookworm)"), Ok((156, 0)));
        assert_eq!(version_in("ChromeDriver 156.0.8078.73 (abc)"), Ok((156, 0)));
        assert!(version_in("Chromium").is_err());
        assert_eq!(named("cannot find a display\nMozilla Firefox 153.7.0esr\n"), "Mozilla Firefox 153.7.0esr");
    }

    #[test]
    fn capabilities_are_json_of_this_browser() {
        for (engine, key) in [
            (Engine::Chromium, "goog:chromeOptions"),
            (Engine::Firefox, "moz:firefoxOptions"),
            (Engine::WebKit, "webkitgtk:browserOptions"),
        ] {
            let program = "/usr/bin/browser".into();
            let browser = Browser { engine, name: String::new(), program, driver: None, display: None };
            let json: serde_json::Value = serde_json::from_str(&browser.capabilities()).unwrap();
            assert_eq!(json[key]["binary"], "/usr/bin/browser");
            assert!(json[key]["args"][0].is_string());
        }
    }
}
