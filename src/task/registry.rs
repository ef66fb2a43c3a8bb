//! The tasks of a crate and of the crates it uses, by name.

use std::sync::OnceLock;

use bytes::Bytes;

use super::context::Context;
use super::outcome::Failure;
use crate::value::Encoded;

/// A registered function.
#[derive(Debug)]
pub struct Task {
    /// What JavaScript calls it.
    pub name: &'static str,
    /// Decodes the argument, calls the function, encodes the result.
    pub run: fn(&Context, Encoded) -> Result<Vec<u8>, Failure>,
}

/// The function that prepares each generation.
#[derive(Debug)]
pub struct OnStart {
    /// Takes the input and the snapshot; an error is told in words.
    pub run: fn(Option<Bytes>, Option<Bytes>) -> Result<(), String>,
}

inventory::collect!(Task);
inventory::collect!(OnStart);

/// All of them, in an order that is the same in every instance of a build: by name.
#[derive(Debug)]
pub struct Registry {
    tasks: Vec<&'static Task>,
    on_start: Vec<&'static OnStart>,
}

impl Registry {
    pub fn of_this_crate() -> &'static Registry {
        static REGISTRY: OnceLock<Registry> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            let mut tasks: Vec<_> = inventory::iter::<Task>().collect();
            tasks.sort_by_key(|task| task.name);
            Registry { tasks, on_start: inventory::iter::<OnStart>().collect() }
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

    /// What is wrong with what was registered, in words: two tasks of one name, two `on_start`.
    pub fn check(&self) -> Result<(), String> {
        if let Some(&[task, ..]) = self.tasks.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(format!("two tasks are called \"{}\"; give one of them #[task(name = \"...\")]", task.name));
        }
        match self.on_start.len() {
            0 | 1 => Ok(()),
            n => Err(format!("{n} functions are marked #[on_start]; a crate and the crates it uses may have one")),
        }
    }
}
