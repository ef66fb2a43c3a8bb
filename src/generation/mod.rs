//! One generation from inside: what runs in the instance that a leader owns.

mod inbox;
#[cfg(any(target_arch = "wasm32", test))]
mod outbox;
mod slots;

pub(crate) use inbox::Inbox;
#[cfg(any(target_arch = "wasm32", test))]
pub(crate) use outbox::{HEALTH, Outbox, Said, Word};
pub(crate) use slots::{OPEN_MAX, Slot};
