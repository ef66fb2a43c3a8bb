//! How a run ends, and how it is kept from taking anything with it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use serde::Serialize;

use super::context::{Context, Stopped};
use super::error::TaskError;
use super::panics::{self, PanicPlace};
use super::registry::{OnStart, Snapshot, Task};
use crate::memory::{self, Exhausted};
use crate::value::{self, Encoded, Written};

/// How a run ended.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// With a result, encoded.
    Fulfilled(Written),
    Rejected(Rejection),
}

/// Why a run gave no result. Serialised, it is what the JavaScript error is made of.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "code")]
pub enum Rejection {
    /// The argument is not what the task takes.
    BadInput { path: String, message: String },
    /// The task returned an error.
    TaskFailed(TaskError),
    /// The task panicked.
    TaskPanicked { message: String, file: String, line: u32, column: u32 },
    /// The generation's memory has no room.
    MemoryExhausted { requested: usize, live: usize, limit: usize },
    /// It was told to stop, and did.
    Cancelled,
}

/// What a task's wrapper returns in place of a result.
#[derive(Debug, PartialEq)]
pub enum Failure {
    /// The argument is not what the task takes.
    BadInput(value::ValueError),
    /// The task's own error.
    Failed(TaskError),
}

/// Runs a task to its end, whatever that is (result, error, panic, exhausted memory), and tells it.
///
/// A rejection is told on the memory's reserve, if the memory has no room: `tell` should need little.
pub fn invoke<R>(task: &Task, cx: &Context, argument: Encoded, tell: impl FnOnce(Outcome) -> R) -> R {
    match catch_unwind(AssertUnwindSafe(|| (task.run)(cx, argument))) {
        Ok(Ok(result)) => tell(Outcome::Fulfilled(result)),
        // A neighbour may have filled the memory meanwhile, and outside the catch a failed allocation is the end of all.
        Ok(Err(_)) if cx.is_stopped() => memory::with_reserve(|| tell(Outcome::Rejected(Rejection::Cancelled))),
        Ok(Err(failure)) => memory::with_reserve(|| tell(Outcome::Rejected(failure.into()))),
        Err(payload) => memory::with_reserve(|| tell(Outcome::Rejected(rejection_of(payload)))),
    }
}

/// Runs a task once on each of Rayon's threads, as [`invoke`]. The result is a list of theirs, by thread; the rejection, that of
/// the first thread that has one.
pub fn invoke_everywhere<R>(task: &Task, cx: &Context, argument: &Encoded, tell: impl FnOnce(Outcome) -> R) -> R {
    let everywhere = || {
        let outcomes = rayon::broadcast(|_| {
            // A copy may find no memory, which is told as of the task.
            let argument = catch_unwind(AssertUnwindSafe(|| argument.clone()));
            value::in_line(|| match argument {
                Ok(argument) => invoke(task, cx, argument, |outcome| outcome),
                Err(payload) => memory::with_reserve(|| Outcome::Rejected(rejection_of(payload))),
            })
        });
        let results = outcomes.into_iter().map(|outcome| match outcome {
            Outcome::Fulfilled(result) => Ok(result),
            Outcome::Rejected(rejection) => Err(rejection),
        });
        let results = results.collect::<Result<Vec<_>, _>>()?;
        Ok(Written { head: value::array(&results), beside: Vec::new() })
    };
    match catch_unwind(AssertUnwindSafe(everywhere)) {
        Ok(Ok(result)) => tell(Outcome::Fulfilled(result)),
        Ok(Err(rejection)) => memory::with_reserve(|| tell(Outcome::Rejected(rejection))),
        Err(payload) => memory::with_reserve(|| tell(Outcome::Rejected(rejection_of(payload)))),
    }
}

/// Runs the crate's `on_start`. An error of any kind is told in words: the generation does not start.
pub fn on_start(hook: &OnStart, input: Option<Bytes>, snapshot: Option<Bytes>) -> Result<(), String> {
    match catch_unwind(AssertUnwindSafe(|| (hook.run)(input, snapshot))) {
        Ok(result) => result.map_err(|message| format!("on_start failed: {message}")),
        Err(payload) => Err(words_of("on_start", payload)),
    }
}

/// Runs the crate's `snapshot`. An error of any kind is told in words, and so is a snapshot of more than `max` bytes.
pub fn snapshot(hook: &Snapshot, max: usize) -> Result<Bytes, String> {
    match catch_unwind(hook.run) {
        Ok(Ok(bytes)) if bytes.len() > max => Err(format!(
            "the snapshot has {} bytes; at most a quarter of memory.limit, {max}, is handed on",
            bytes.len()
        )),
        Ok(result) => result.map_err(|message| format!("snapshot failed: {message}")),
        Err(payload) => Err(words_of("snapshot", payload)),
    }
}

fn words_of(hook: &str, payload: Box<dyn Any + Send>) -> String {
    memory::with_reserve(|| match rejection_of(payload) {
        Rejection::TaskPanicked { message, file, line, .. } => format!("{hook} panicked: {message}, at {file}:{line}"),
        Rejection::MemoryExhausted { requested, live, limit } => {
            format!("{hook} exhausted the memory: {requested} bytes more than {live} of {limit}")
        }
        other => format!("{hook} failed: {other:?}"),
    })
}

fn rejection_of(payload: Box<dyn Any + Send>) -> Rejection {
    if let Some(&exhausted) = payload.downcast_ref::<Exhausted>() {
        return exhausted.into();
    }
    let message = panics::message_of(&*payload);
    let place = panics::place_of(&message);
    // A payload whose own drop panics would end the thread.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    let PanicPlace { file, line, column } = place;
    Rejection::TaskPanicked { message, file, line, column }
}

impl From<Exhausted> for Rejection {
    fn from(Exhausted { requested, live, limit, .. }: Exhausted) -> Self {
        Rejection::MemoryExhausted { requested, live, limit }
    }
}

impl From<Failure> for Rejection {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::BadInput(error) => Rejection::BadInput { path: error.path.clone(), message: error.to_string() },
            Failure::Failed(error) => Rejection::TaskFailed(error),
        }
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        Failure::Failed(stopped.to_string().into())
    }
}
