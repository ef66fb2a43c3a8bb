//! Types that cannot be sent.
#![allow(unused)]

use perennial::task;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct OnlyOut;

#[derive(Deserialize)]
struct OnlyIn;

struct Wordless;

#[task]
fn takes(argument: OnlyOut) {}

#[task]
fn gives() -> OnlyIn {
    OnlyIn
}

#[task]
fn fails() -> Result<(), Wordless> {
    Ok(())
}

#[task]
fn gives_a_result() -> Result<OnlyIn, String> {
    Ok(OnlyIn)
}

fn main() {}
