//! What a user registers and what runs it: tasks by name, their context, how a run ends.

mod context;
mod outcome;
mod panics;
mod registry;

#[cfg(test)]
mod tests;

pub use context::{Context, Stopped};
pub use outcome::{Outcome, Rejection};
pub use panics::install_panic_hook;
pub use registry::{OnStart, Registry, Task};

pub(crate) use context::Control;
pub(crate) use outcome::{Failure, invoke, on_start};

/// What the attribute macros write. Not for anybody else.
#[doc(hidden)]
pub mod private {
    pub use super::outcome::{Failure, fail, give, take};
    pub use super::registry::{OnStart, Task};
    pub use inventory;
}
