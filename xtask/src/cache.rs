//! The folder where installs live. It outlives a clone, and each entry is named by its version.
//!
//! An entry is made in a folder beside it and renamed when complete, under a lock: what is there is whole, two runs do
//! not collide, and what an interrupted run left is thrown away by the next.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::ui::{say, seconds};

#[derive(Clone)]
pub struct Cache {
    pub root: PathBuf,
}

impl Cache {
    pub fn open(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let root = choose(variable)?;
        let root =
            std::path::absolute(&root).map_err(|error| format!("the cache folder {}: {error}", root.display()))?;
        std::fs::create_dir_all(root.join("locks")).map_err(|error| {
            format!("the cache folder {} cannot be made: {error}; PERENNIAL_CACHE can name another", root.display())
        })?;
        Ok(Cache { root })
    }

    pub fn path(&self, entry: &str) -> PathBuf {
        self.root.join(entry)
    }

    /// Held until dropped; the system releases it when the process dies.
    pub fn lock(&self, name: &str, topic: &str) -> Result<File, String> {
        let file = self.root.join("locks").join(name);
        let in_words = |error: std::io::Error| format!("the lock {} cannot be taken: {error}", file.display());
        let lock = File::create(&file).map_err(in_words)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                say(topic, format!("another run is installing {name}; waiting for it"));
                lock.lock().map_err(in_words)?;
            }
            Err(TryLockError::Error(error)) => return Err(in_words(error)),
        }
        Ok(lock)
    }

    /// The folder of this entry, made by `install` if it is not there. `announcement` says what and how big.
    pub fn entry(
        &self,
        name: &str,
        topic: &str,
        announcement: &str,
        install: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<PathBuf, String> {
        let folder = self.path(name);
        if folder.is_dir() {
            return Ok(folder);
        }
        let _lock = self.lock(name, topic)?;
        if folder.is_dir() {
            return Ok(folder);
        }
        say(topic, format!("installing {announcement} into {}", folder.display()));
        let started = Instant::now();
        let part = self.path(&format!("{name}.part"));
        let in_words = |error: std::io::Error| format!("{} cannot be made: {error}", part.display());
        if part.exists() {
            say(topic, "an earlier install was interrupted; starting it again");
            std::fs::remove_dir_all(&part).map_err(in_words)?;
        }
        std::fs::create_dir_all(&part).map_err(in_words)?;
        install(&part)?;
        std::fs::rename(&part, &folder).map_err(in_words)?;
        say(topic, format!("installed in {}", seconds(started.elapsed())));
        Ok(folder)
    }
}

fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, String> {
    let named = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("PERENNIAL_CACHE")
        .or_else(|| Some(named("XDG_CACHE_HOME")?.join("perennial")))
        .or_else(|| Some(named("HOME")?.join(".cache/perennial")))
        .ok_or_else(|| "neither PERENNIAL_CACHE nor HOME says where the cache may be; set one of them".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_counts() {
        let all = |name: &str| Some(OsString::from(format!("/{}", name.to_lowercase())));
        assert_eq!(choose(all).unwrap(), Path::new("/perennial_cache"));
        assert_eq!(choose(|name| all(name).filter(|_| name == "HOME")).unwrap(), Path::new("/home/.cache/perennial"));
        assert_eq!(
            choose(|name| Some(if name == "XDG_CACHE_HOME" { "/x" } else { "" }.into())).unwrap(),
            Path::new("/x/perennial")
        );
        assert!(choose(|_| None).is_err());
    }

    #[test]
    fn only_a_whole_install_is_kept_and_only_one_is_made() {
        let root = std::env::temp_dir().join(format!("perennial-xtask-{}", std::process::id()));
        let cache = Cache::open(|name| (name == "PERENNIAL_CACHE").then(|| root.clone().into())).unwrap();
        let broken = cache.entry("tool-1", "test", "a tool", |folder| {
            std::fs::write(folder.join("half"), "").unwrap();
            Err("the power failed".into())
        });
        assert_eq!(broken.unwrap_err(), "the power failed");
        assert!(!cache.path("tool-1").exists());
        let whole = cache.entry("tool-1", "test", "a tool", |folder| {
            assert!(!folder.join("half").exists());
            std::fs::write(folder.join("whole"), "").map_err(|error| error.to_string())
        });
        assert!(whole.unwrap().join("whole").exists());
        cache.entry("tool-1", "test", "a tool", |_| unreachable!("it is there")).unwrap();
        std::fs::remove_dir_all(root).unwrap();
    }
}
