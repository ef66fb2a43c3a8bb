//! Chromium or Chrome, with the chromedriver of its version.

use super::{Browser, Engine, named, version_in};
use crate::project::Project;
use crate::{apt, versions};

const PROGRAMS: [&str; 4] = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];

const ARGUMENTS: [&str; 8] = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    // A test machine may have no network; these would try it again and again.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // A container's /dev/shm is often too small.
    "--disable-dev-shm-usage",
];

pub fn provide(project: &Project) -> Result<Browser, String> {
    if let Ok(browser) = find(project) {
        return Ok(browser);
    }
    let size = "100 MB to fetch, 400 MB on disk";
    let installed = apt::install(project, "browser", &versions::DEBIAN_CHROMIUM_PACKAGES, size);
    installed.and_then(|()| find(project)).map_err(|reason| {
        format!(
            "the tests need Chromium or Chrome with a chromedriver of the same version: {reason}\n  On Debian this provides it:  \
             apt-get install {}",
            versions::DEBIAN_CHROMIUM_PACKAGES.join(" ")
        )
    })
}

fn find(project: &Project) -> Result<Browser, String> {
    let driver = project.environment.find("chromedriver").ok_or("there is no chromedriver on the PATH")?;
    let driver_version = version_in(&project.ask(&driver, &["--version"])?)?;
    let mut reason = "there is no browser on the PATH".to_string();
    for program in PROGRAMS.iter().filter_map(|name| project.environment.find(name)) {
        let said = project.ask(&program, &["--version"])?;
        let version = version_in(&said)?;
        if version.0 == driver_version.0 {
            let name = named(&said);
            return Ok(Browser { engine: Engine::Chromium, name, program, driver: Some(driver), display: None });
        }
        reason = format!("{} is version {}, and chromedriver {}", program.display(), version.0, driver_version.0);
    }
    Err(reason)
}

/// As a JSON array.
pub fn arguments() -> String {
    // SAFETY: `geteuid` only reads.
    let root = unsafe { libc::geteuid() } == 0;
    // Chromium refuses its sandbox to root.
    let arguments = ARGUMENTS.iter().copied().chain(root.then_some("--no-sandbox"));
    format!("{:?}", arguments.collect::<Vec<_>>())
}
