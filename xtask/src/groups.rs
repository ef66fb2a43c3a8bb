//! Each child leads a process group, so that ending it ends what it started. Such groups do not hear Ctrl-C: a handler
//! hands it on to them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};

const SLOTS: usize = 64;
static GROUPS: [AtomicI32; SLOTS] = [const { AtomicI32::new(0) }; SLOTS];

pub struct Group {
    leader: i32,
    slot: Option<usize>,
}

impl Group {
    pub fn of(leader: u32) -> Self {
        let leader = leader as i32;
        let slot = GROUPS
            .iter()
            .position(|slot| slot.compare_exchange(0, leader, Ordering::Relaxed, Ordering::Relaxed).is_ok());
        Group { leader, slot }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            GROUPS[slot].store(0, Ordering::Relaxed);
        }
    }
}

/// Ends the group: asked first, because a test runner closes its browser when asked, then killed. `ended` waits for the
/// leader, with a bound, and says whether it is gone.
pub fn end(group: &Group, ended: impl Fn() -> bool) {
    // A browser is often started in a group of its own, and loses its parent when that ends.
    let offspring = descendants(group.leader as u32);
    signal(-group.leader, libc::SIGTERM);
    let asked_in_vain = !ended();
    signal(-group.leader, libc::SIGKILL);
    for (process, birth) in offspring {
        if birth_of(process) == Some(birth) {
            signal(process as i32, libc::SIGKILL);
        }
    }
    if asked_in_vain {
        ended();
    }
}

pub fn end_all() {
    for slot in &GROUPS {
        let leader = slot.load(Ordering::Relaxed);
        if leader > 1 {
            signal(-leader, libc::SIGTERM);
        }
    }
}

pub fn hand_interrupts_on() {
    extern "C" fn handler(_: libc::c_int) {
        end_all();
        // SAFETY: `_exit` is one of the few calls that a handler may make.
        unsafe { libc::_exit(130) };
    }
    for number in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: the handler only reads atomics and calls `kill` and `_exit`, which are async-signal-safe.
        unsafe { libc::signal(number, handler as extern "C" fn(libc::c_int) as libc::sighandler_t) };
    }
}

fn signal(process: i32, number: i32) {
    // SAFETY: `kill` touches no memory of ours. A process that is gone is an error to ignore.
    unsafe { libc::kill(process, number) };
}

/// Processes below this one, each with its time of birth, by which a number used again is told apart. Empty where there
/// is no `/proc`.
fn descendants(root: u32) -> Vec<(u32, u64)> {
    let mut children: HashMap<u32, Vec<(u32, u64)>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        if let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok())
            && let Some((parent, birth, _)) = stat(process)
        {
            children.entry(parent).or_default().push((process, birth));
        }
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for child in children.remove(&parent).unwrap_or_default() {
            open.push(child.0);
            found.push(child);
        }
    }
    found
}

fn birth_of(process: u32) -> Option<u64> {
    stat(process).map(|(_, birth, _)| birth)
}

#[cfg(test)]
pub fn is_running(process: u32) -> bool {
    stat(process).is_some_and(|(_, _, state)| state != 'Z')
}

fn stat(process: u32) -> Option<(u32, u64, char)> {
    let text = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat")).ok()?;
    // The name in brackets may hold spaces and brackets of its own.
    let fields: Vec<_> = text[text.rfind(')')? + 1..].split_whitespace().collect();
    Some((fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?, fields[0].chars().next()?))
}
