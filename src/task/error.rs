//! What JavaScript is told of a task's own error.
//!
//! An error type implements what it likes: `Display`, and perhaps `Error`, `Serialize`, or a pointer to an error. Which of
//! them is only known where the macro calls, on the type itself: there a method of [`Told`] goes before that of a trait,
//! and that of a trait for `&Told` comes last.

use std::error::Error;
use std::ops::Deref;

use serde::Serialize;

use crate::value::{self, Written};

/// More causes than this are a chain that does not end.
const CAUSES_MAX: usize = 32;

/// A task's own error.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct TaskError {
    /// Its words.
    pub message: String,
    /// The words of its source, of the source of that, and so on.
    pub causes: Vec<String>,
    /// The error as serde writes it.
    #[serde(skip)]
    pub data: Option<Written>,
}

impl From<String> for TaskError {
    fn from(message: String) -> Self {
        TaskError { message, ..TaskError::default() }
    }
}

/// An error that is being told.
#[derive(Debug)]
pub struct Told<'e, E: ?Sized>(pub &'e E);

impl<E: Error> Told<'_, E> {
    /// The words of what is behind it.
    pub fn causes(&self) -> Vec<String> {
        causes_behind(self.0.source())
    }
}

/// Of a pointer to an error, as `Box<dyn Error>` and `anyhow::Error` are.
pub trait Behind {
    /// The words of what is behind it.
    fn causes(&self) -> Vec<String>;
}

impl<E: Deref<Target: Error>> Behind for Told<'_, E> {
    fn causes(&self) -> Vec<String> {
        causes_behind((**self.0).source())
    }
}

/// Of whatever has words.
pub trait NoCauses {
    /// None.
    fn causes(&self) -> Vec<String>;
}

impl<E> NoCauses for &Told<'_, E> {
    fn causes(&self) -> Vec<String> {
        Vec::new()
    }
}

fn causes_behind(source: Option<&(dyn Error + 'static)>) -> Vec<String> {
    std::iter::successors(source, |&error| error.source()).take(CAUSES_MAX).map(ToString::to_string).collect()
}

impl<E: Serialize> Told<'_, E> {
    /// The error itself; none if serde refuses it, for its words are told all the same.
    pub fn data(&self) -> Option<Written> {
        value::write(self.0).ok()
    }
}

/// Of what cannot be serialised.
pub trait NoData {
    /// None.
    fn data(&self) -> Option<Written>;
}

impl<E> NoData for &Told<'_, E> {
    fn data(&self) -> Option<Written> {
        None
    }
}
