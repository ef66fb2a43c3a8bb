//! Firefox. Its WebDriver, geckodriver, is no package of Debian's: `tools` builds it.

use super::{Browser, Engine, named, version_in};
use crate::project::Project;
use crate::{apt, versions};

const PROGRAMS: [&str; 2] = ["firefox", "firefox-esr"];

pub fn provide(project: &Project) -> Result<Browser, String> {
    if let Ok(browser) = find(project) {
        return Ok(browser);
    }
    let size = "80 MB to fetch, 300 MB on disk";
    let installed = apt::install(project, "firefox", &versions::DEBIAN_FIREFOX_PACKAGES, size);
    installed.and_then(|()| find(project)).map_err(|reason| {
        let packages = versions::DEBIAN_FIREFOX_PACKAGES.join(" ");
        format!("Firefox cannot be had: {reason}\n  On Debian this provides it:  apt-get install {packages}")
    })
}

fn find(project: &Project) -> Result<Browser, String> {
    let mut reason = "there is no firefox on the PATH".to_string();
    for program in PROGRAMS.iter().filter_map(|name| project.environment.find(name)) {
        let said = project.ask(&program, &["--version"])?;
        let version = version_in(&said)?;
        if version >= versions::FIREFOX_OLDEST {
            let name = named(&said);
            return Ok(Browser { engine: Engine::Firefox, name, program, driver: None, display: None });
        }
        let (major, minor) = versions::FIREFOX_OLDEST;
        reason = format!("{} is version {}, older than {major}.{minor}", program.display(), version.0);
    }
    Err(reason)
}
