//! What `cargo xtask bench peers` asks of every peer that runs Rust, and what `cargo xtask bench size` weighs: the same
//! functions as tasks of a pool (feature `pool`) or as plain exports (feature `bare`).

#[cfg(all(feature = "bare", target_arch = "wasm32"))]
pub mod bare;
#[cfg(all(feature = "pool", target_arch = "wasm32"))]
pub mod pool;
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
mod work;
