//! Errors that have no words.
#![allow(unused)]

use perennial::task;
use serde::Serialize;

/// Fields alone are no message.
#[derive(Debug, Serialize)]
struct OnlyFields {
    width: u32,
}

#[task]
fn fails_with_fields() -> Result<(), OnlyFields> {
    Ok(())
}

#[task]
fn fails_with_nothing() -> Result<(), ()> {
    Ok(())
}

fn main() {}
