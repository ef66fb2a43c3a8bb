//! A Rayon pool for the browser that outlives its memory.
#![cfg_attr(target_arch = "wasm32", feature(alloc_error_hook, stdarch_wasm_atomic_wait))]

extern crate self as perennial;

pub mod coordinator;
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, unused_imports))]
mod generation;
pub mod memory;
// Natively only tests run what the edge runs.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, unused_imports))]
mod task;
mod value;
#[cfg(target_arch = "wasm32")]
mod web;

pub use bytes::Bytes;
pub use perennial_macros::{on_start, task};
#[doc(hidden)]
pub use task::private;
pub use task::{Context, Stopped};
