//! What `cargo xtask bench` times in the browser. The kernels are the same functions for each side: see [`kernels`].

pub mod coordinator;
pub mod kernels;
mod tasks;

#[cfg(target_arch = "wasm32")]
mod bare;
#[cfg(target_arch = "wasm32")]
mod deaths;
