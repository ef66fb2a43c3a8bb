//! The browser that runs the tests: one that is installed, else Debian's Chromium.

use std::path::PathBuf;

use crate::project::Project;
use crate::{apt, lockfile, versions};

pub struct Browser {
    pub name: String,
    pub program: PathBuf,
    pub driver: PathBuf,
}

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
        // Wrapper scripts complain on lines of their own.
        let said = project.ask(&program, &["--version"])?;
        let name = said.lines().find(|line| version_in(line).is_ok()).unwrap_or("").trim().to_string();
        let version = version_in(&said)?;
        if version.0 == driver_version.0 {
            return Ok(Browser { name, program, driver });
        }
        reason = format!("{} is version {}, and chromedriver {}", program.display(), version.0, driver_version.0);
    }
    Err(reason)
}

fn version_in(text: &str) -> Result<(u32, u32), String> {
    text.split_whitespace()
        .find_map(lockfile::major_minor)
        .ok_or_else(|| format!("no version can be read from `{}`", text.trim()))
}

impl Browser {
    /// As a JSON array.
    pub fn arguments(&self) -> String {
        // SAFETY: `geteuid` only reads.
        let root = unsafe { libc::geteuid() } == 0;
        // Chromium refuses its sandbox to root.
        let arguments = ARGUMENTS.iter().copied().chain(root.then_some("--no-sandbox"));
        format!("{:?}", arguments.collect::<Vec<_>>())
    }

    /// For the runner of `wasm-pack test`.
    pub fn capabilities(&self) -> String {
        format!("{{\"goog:chromeOptions\": {{\"binary\": {:?}, \"args\": {}}}}}\n", self.program, self.arguments())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_browsers() {
        assert_eq!(version_in("Chromium 156.0.8078.73 built on Debian GNU/Linux 12 (bookworm)"), Ok((156, 0)));
        assert_eq!(version_in("ChromeDriver 156.0.8078.73 (abc)"), Ok((156, 0)));
        assert!(version_in("Chromium").is_err());
    }

    #[test]
    fn capabilities_are_json_of_this_browser() {
        let browser = Browser { name: String::new(), program: "/usr/bin/chromium".into(), driver: PathBuf::new() };
        let text = browser.capabilities();
        assert!(
            text.starts_with(r#"{"goog:chromeOptions": {"binary": "/usr/bin/chromium", "args": ["--headless", "#),
            "{text}"
        );
    }
}
