//! What the macros write. Not for anybody else.
//!
//! The functions and their bounds stand here themselves: compilers differ in how they call what is re-exported.

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use inventory;
#[cfg(target_arch = "wasm32")]
pub use wasm_bindgen;

pub use crate::task::{Behind, Failure, NoCauses, NoData, OnStart, Snapshot, Task, TaskError, Told};
pub use crate::typescript::{Description, Fallible, Of, Text, TextKey, Unknown, Untold, utf8};
use crate::value;
pub use crate::value::{Encoded, Segment, Written};

/// What a task can take.
#[diagnostic::on_unimplemented(
    message = "a task cannot take `{Self}`",
    label = "cannot be read from what JavaScript sends",
    note = "an argument arrives as bytes from another thread: add `#[derive(serde::Deserialize)]` to its type, and let it own \
            what is in it"
)]
pub trait Argument: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Argument for T {}

/// What a task can give.
#[diagnostic::on_unimplemented(
    message = "a task cannot give `{Self}`",
    label = "cannot be sent to JavaScript",
    note = "a result leaves as bytes for another thread: add `#[derive(serde::Serialize)]` to its type"
)]
pub trait Given: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Given for T {}

/// What a task or `on_start` can fail with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no words for JavaScript",
    label = "cannot be told as an error",
    note = "an error is told in its words: implement `std::fmt::Display` for its type, by `thiserror` for example"
)]
pub trait Words: Display {}

#[diagnostic::do_not_recommend]
impl<T: Display> Words for T {}

/// Decodes a task's argument.
pub fn take<T: Argument>(argument: Encoded) -> Result<T, Failure> {
    value::decode(argument).map_err(Failure::BadInput)
}

/// Encodes a task's result.
pub fn give<T: Given>(result: T) -> Result<Written, Failure> {
    value::write(&result).map_err(|error| Failure::Failed(format!("its result cannot be sent: {error}").into()))
}

/// A task's error. `causes` and `data` are what [`Told`] says of it.
pub fn fail<E: Words>(error: &E, causes: Vec<String>, data: Option<Written>) -> Failure {
    let message = error.to_string();
    // A text says nothing more than its words.
    let data = data.filter(|data| value::encode(&message).as_ref() != Ok(&data.head));
    Failure::Failed(TaskError { message, causes, data })
}

/// Words for an error of `on_start`.
pub fn words<E: Words>(error: E) -> String {
    error.to_string()
}
