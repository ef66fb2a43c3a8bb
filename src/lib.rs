//! A Rayon pool for the browser that outlives its memory.
#![cfg_attr(target_arch = "wasm32", feature(alloc_error_hook, stdarch_wasm_atomic_wait))]

pub mod coordinator;
pub mod memory;
mod value;
