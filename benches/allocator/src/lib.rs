//! Kernels that allocate much, or not at all, to be timed under each allocator. See `run.mjs`.

mod kernels;

pub use kernels::run;

#[cfg(target_arch = "wasm32")]
mod allocators;
#[cfg(target_arch = "wasm32")]
mod web;
