//! What a user registers and what runs it: tasks by name, their context, how a run ends.

mod context;
mod error;
mod outcome;
mod panics;
mod registry;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

pub use context::{Context, Stopped};
// For what the macros write.
pub use error::{Behind, NoCauses, NoData, TaskError, Told};
pub use outcome::Failure;
pub use registry::{OnStart, Snapshot, Task};

pub(crate) use context::Control;
pub(crate) use outcome::{Outcome, Rejection, invoke, invoke_everywhere, on_start, snapshot};
pub(crate) use panics::{PanicPlace, install_panic_hook};
pub(crate) use registry::Registry;
