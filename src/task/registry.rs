//! The tasks of a crate and of the crates it uses, by name.

use std::sync::OnceLock;

use bytes::Bytes;

use super::context::Context;
use super::outcome::Failure;
use crate::value::{Encoded, Written};

/// A registered function.
#[derive(Debug)]
pub struct Task {
    /// What JavaScript calls it.
    pub name: &'static str,
    /// Decodes the argument, calls the function, encodes the result.
    pub run: fn(&Context, Encoded) -> Result<Written, Failure>,
}

/// The function that prepares each generation.
#[derive(Debug)]
pub struct OnStart {
    /// Takes the input and the snapshot; an error is told in words.
    pub run: fn(Option<Bytes>, Option<Bytes>) -> Result<(), String>,
}

/// The function that says what is worth handing on to the next generation.
#[derive(Debug)]
pub struct Snapshot {
    /// Calls the function.
    pub run: fn() -> Result<Bytes, String>,
}

inventory::collect!(Task);
inventory::collect!(Snapshot);
inventory::collect!(OnStart);

/// All of them, in an order that is the same in every instance of a build: by name.
#[derive(Debug)]
pub struct Registry {
    tasks: Vec<&'static Task>,
    on_start: Vec<&'static OnStart>,
    snapshot: Vec<&'static Snapshot>,
}

impl Registry {
    pub fn of_this_crate() -> &'static Registry {
        static REGISTRY: OnceLock<Registry> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            let mut tasks: Vec<&Task> = Vec::new();
            // Few: to sort them takes less time than to load a library's sort.
            for task in inventory::iter::<Task>() {
                tasks.insert(tasks.partition_point(|other| other.name <= task.name), task);
            }
            let (on_start, snapshot) = (inventory::iter::<OnStart>(), inventory::iter::<Snapshot>());
            Registry { tasks, on_start: on_start.into_iter().collect(), snapshot: snapshot.into_iter().collect() }
        })
    }

    pub fn get(&self, number: u32) -> Option<&'static Task> {
        self.tasks.get(number as usize).copied()
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.tasks.iter().map(|task| task.name)
    }

    /// The hook to run, if there is one.
    pub fn on_start(&self) -> Option<&'static OnStart> {
        self.on_start.first().copied()
    }

    /// As [`on_start`](Self::on_start).
    pub fn snapshot(&self) -> Option<&'static Snapshot> {
        self.snapshot.first().copied()
    }

    /// What is wrong with what was registered, in words: two tasks of one name, two `on_start`.
    pub fn check(&self) -> Result<(), String> {
        if let Some(&[task, ..]) = self.tasks.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(format!("two tasks are called \"{}\"; give one of them #[task(name = \"...\")]", task.name));
        }
        for (name, count) in [("on_start", self.on_start.len()), ("snapshot", self.snapshot.len())] {
            if count > 1 {
                return Err(format!(
                    "{count} functions are marked #[{name}]; a crate and the crates it uses may have one"
                ));
            }
        }
        Ok(())
    }
}
