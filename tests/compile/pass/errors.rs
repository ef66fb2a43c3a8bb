//! Every kind of error that a task may return.

use std::error::Error;
use std::fmt;

use perennial::task;
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Both;

#[derive(Serialize)]
struct Words;

impl fmt::Display for Both {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("both")
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("words")
    }
}

impl Error for Both {}

#[task]
fn text() -> Result<(), String> {
    Err("text".into())
}

#[task]
fn borrowed() -> Result<(), &'static str> {
    Err("text")
}

#[task]
fn boxed() -> Result<u8, Box<dyn Error>> {
    Err("boxed".into())
}

#[task]
fn boxed_to_send() -> Result<u8, Box<dyn Error + Send + Sync + 'static>> {
    Err("boxed".into())
}

#[task]
fn both() -> Result<(), Both> {
    Err(Both)
}

#[task]
fn words() -> Result<(), Words> {
    Err(Words)
}

#[task]
fn never() -> Result<u8, std::convert::Infallible> {
    Ok(1)
}

fn main() {}
