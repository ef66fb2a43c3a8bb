//! WebKitGTK: its MiniBrowser, driven by WebKitWebDriver on a display of its own.

use std::path::{Path, PathBuf};

use super::{Browser, Engine};
use crate::project::Project;
use crate::{apt, versions};

/// Newest first.
const FOLDERS: [&str; 3] = ["webkitgtk-6.0", "webkit2gtk-4.1", "webkit2gtk-4.0"];

pub fn provide(project: &Project) -> Result<Browser, String> {
    if let Ok(browser) = find(project) {
        return Ok(browser);
    }
    let size = "70 MB to fetch, 250 MB on disk";
    let installed = apt::install(project, "webkit", &versions::DEBIAN_WEBKIT_PACKAGES, size);
    installed.and_then(|()| find(project)).map_err(|reason| {
        let packages = versions::DEBIAN_WEBKIT_PACKAGES.join(" ");
        format!("WebKitGTK cannot be had: {reason}\n  On Debian this provides it:  apt-get install {packages}")
    })
}

fn find(project: &Project) -> Result<Browser, String> {
    let on_path = |name| project.environment.find(name).ok_or_else(|| format!("there is no {name} on the PATH"));
    let driver = on_path("WebKitWebDriver")?;
    on_path("xauth")?;
    let display = on_path("xvfb-run")?;
    let program = mini_browser().ok_or("there is no MiniBrowser of WebKitGTK below /usr")?;
    let of = program.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    // Neither says its version where there is no display.
    let name = format!("WebKitGTK ({of})");
    Ok(Browser { engine: Engine::WebKit, name, program, driver: Some(driver), display: Some(display) })
}

/// It is on no PATH: Debian has it below the architecture's folder, others in `libexec`.
fn mini_browser() -> Option<PathBuf> {
    let architectures = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut places: Vec<_> = architectures.filter(|path| path.is_dir()).collect();
    places.extend(["/usr/libexec".into(), "/usr/lib".into(), "/usr/lib64".into()]);
    FOLDERS
        .iter()
        .flat_map(|folder| places.iter().map(move |place| place.join(folder).join("MiniBrowser")))
        .find(|file| file.is_file())
}
