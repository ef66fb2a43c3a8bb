//! Debian's packages: installed where a program must be, or unpacked into a folder, which touches nothing else.

use std::path::Path;
use std::sync::Mutex;

use crate::process::Run;
use crate::project::Project;
use crate::ui::say;

/// Two threads that install at once would meet on apt's own lock. What it guards: whether this process has asked for the
/// lists.
static TURN: Mutex<bool> = Mutex::new(false);

pub fn is_here(project: &Project) -> bool {
    ["apt-get", "apt-cache", "dpkg"].iter().all(|program| project.environment.find(program).is_some())
}

pub fn install(project: &Project, topic: &str, packages: &[&str], size: &str) -> Result<(), String> {
    let list = packages.join(" ");
    if !is_here(project) {
        return Err(format!("{list} is missing and this machine has no apt-get to install it with"));
    }
    let mut turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    know(project, topic, packages, &mut turn)?;
    say(topic, format!("installing the Debian packages {list} ({size})"));
    as_root(project, topic, &format!("the install of {list}"), |run| {
        let wait = ["-o", "DPkg::Lock::Timeout=300"];
        run.args(["install", "-y", "--no-install-recommends"]).args(wait).args(packages).minutes(20)
    })
}

/// Downloads the packages and unpacks them into `folder`.
pub fn unpack(project: &Project, topic: &str, packages: &[&str], folder: &Path) -> Result<(), String> {
    {
        let mut turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        know(project, topic, packages, &mut turn)?;
    }
    let in_words = |error: std::io::Error| format!("{}: {error}", folder.display());
    let archives = folder.join("archives");
    std::fs::create_dir(&archives).map_err(in_words)?;
    Run::new(&project.environment, "apt-get", topic, "the download of Debian's packages")
        .args(["download"])
        .args(packages)
        .cwd(&archives)
        .minutes(20)
        .log(project.log("apt-download"))
        .succeed()?;
    for archive in std::fs::read_dir(&archives).map_err(in_words)? {
        let archive = archive.map_err(in_words)?.path();
        Run::new(&project.environment, "dpkg", topic, &format!("unpacking {}", archive.display()))
            .args([Path::new("-x"), &archive, folder])
            .minutes(5)
            .succeed()?;
    }
    std::fs::remove_dir_all(&archives).map_err(in_words)
}

/// Fetches apt's lists, once a run: those of a machine that is new may be as old as its image, with browsers that are too
/// old, or that the mirrors do not have any more. Without a network what the old ones know has to do.
fn know(project: &Project, topic: &str, packages: &[&str], are_lists_new: &mut bool) -> Result<(), String> {
    if !std::mem::replace(are_lists_new, true) {
        say(topic, "fetching Debian's package lists (apt-get update)");
        let updated = as_root(project, topic, "apt-get update", |run| run.args(["update"]).minutes(5));
        if let Err(reason) = updated {
            say(topic, format!("going on with the lists that this machine has: {reason}"));
        }
    }
    let missing = without_candidate(&project.ask("apt-cache", &[&["policy"], packages].concat())?, packages);
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("Debian's package lists of this machine do not have {}", missing.join(", ")))
    }
}

fn without_candidate(policy: &str, packages: &[&str]) -> Vec<String> {
    let mut missing: Vec<_> = packages.iter().map(ToString::to_string).collect();
    let mut package = "";
    for line in policy.lines() {
        if let Some(name) = line.strip_suffix(':').filter(|name| !name.starts_with(' ')) {
            package = name;
        } else if let Some(version) = line.trim().strip_prefix("Candidate: ")
            && version != "(none)"
        {
            missing.retain(|name| name != package);
        }
    }
    missing
}

fn as_root(project: &Project, topic: &str, what: &str, arguments: impl Fn(Run) -> Run) -> Result<(), String> {
    // SAFETY: `geteuid` only reads.
    let run = if unsafe { libc::geteuid() } == 0 {
        Run::new(&project.environment, "apt-get", topic, what)
    } else if project.environment.find("sudo").is_some() && project.ask("sudo", &["-n", "true"]).is_ok() {
        Run::new(&project.environment, "sudo", topic, what).args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
    } else {
        return Err(format!("{what} needs root, and sudo would ask for a password"));
    };
    arguments(run.env("DEBIAN_FRONTEND", "noninteractive")).log(project.log("apt")).succeed().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_needs_a_candidate() {
        let policy = "a:\n  Installed: (none)\n  Candidate: 1.0\nb:\n  Installed: (none)\n  Candidate: (none)\n";
        assert_eq!(without_candidate(policy, &["a", "b", "c"]), ["b", "c"]);
    }
}
