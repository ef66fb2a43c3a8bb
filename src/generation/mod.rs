//! One generation from inside: what runs in the instance that a leader owns.

mod slots;

pub(crate) use slots::{OPEN_MAX, Slot};
