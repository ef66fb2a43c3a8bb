//! Functions that no task can be.
#![allow(unused)]

use perennial::{Bytes, Context, task};

#[task]
async fn asynchronous(number: u8) -> u8 {
    number
}

#[task]
unsafe fn not_safe(number: u8) -> u8 {
    number
}

#[task]
fn generic<T>(number: T) -> T {
    number
}

#[task]
fn hidden(number: impl Into<u8>) -> u8 {
    number.into()
}

#[task]
fn two_arguments(cx: &Context, one: u8, two: u8) -> u8 {
    one + two
}

#[task]
fn borrowed(text: &str) -> usize {
    text.len()
}

#[task(called = "so")]
fn option(number: u8) -> u8 {
    number
}

struct Owner;

impl Owner {
    #[task]
    fn method(&self) {}
}

#[perennial::on_start]
fn one_argument(input: Option<Bytes>) {}

#[perennial::on_start]
fn other_arguments(input: Bytes, snapshot: Bytes) {}

#[perennial::on_start]
fn a_result(input: Option<Bytes>, snapshot: Option<Bytes>) -> u8 {
    0
}

#[perennial::on_start(once)]
fn options(input: Option<Bytes>, snapshot: Option<Bytes>) {}

fn main() {}
