//! Whatever comes in from outside (options, bytes that should be values, messages of generations) gives a result or an error
//! in words: no panic, no hang, no memory out of proportion.
//!
//! `cargo test` tries some thousand inputs; `cargo xtask fuzz` a million, or as many as it is told.
#![cfg(not(target_arch = "wasm32"))]

mod coordinator;
mod harness;
mod json;
mod options;
mod values;
