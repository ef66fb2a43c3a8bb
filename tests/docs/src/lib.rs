//! Every page with Rust in it, as documentation, so that `cargo test` compiles and runs what it shows. The tidy check says
//! which page is missing here.
#![cfg(doctest)]

#[doc = include_str!("../../../README.md")]
mod readme {}

#[doc = include_str!("../../../docs/memory.md")]
mod memory {}

#[doc = include_str!("../../../docs/typescript.md")]
mod typescript {}

#[doc = include_str!("../../../docs/values.md")]
mod values {}
