//! The side without a pool: plain exports, for a worker that starts wasm-bindgen-rayon by itself.

use wasm_bindgen::prelude::*;

use crate::kernels;

/// To be called once the threads are up: they may sleep where they meet the allocator's lock, as those of a pool do.
#[wasm_bindgen]
pub fn prepare() {
    rayon::broadcast(|_| perennial::memory::allow_blocking(true));
}

/// A kernel by its name.
///
/// # Errors
///
/// In words, if there is none of this name or it fails.
#[wasm_bindgen]
pub fn kernel(name: &str) -> Result<u32, JsValue> {
    kernels::run(name).map_err(|words| JsValue::from_str(&words))
}
