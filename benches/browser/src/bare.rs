//! The side without a pool: plain exports, for a worker that starts wasm-bindgen-rayon by itself.

use wasm_bindgen::prelude::*;

use crate::kernels;
use crate::tasks::Small;

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

/// Objects there and back, as serde-wasm-bindgen reads and writes them.
///
/// # Errors
///
/// As it has them.
#[wasm_bindgen]
pub fn echo_by_serde_wasm_bindgen(value: JsValue) -> Result<JsValue, JsValue> {
    let objects: Vec<Small> = serde_wasm_bindgen::from_value(value)?;
    Ok(serde_wasm_bindgen::to_value(&objects)?)
}
