//! The side without the package. What is not parallel by itself runs on a thread too, as a task of a pool does.

use wasm_bindgen::prelude::*;
pub use wasm_bindgen_rayon::init_thread_pool;

use crate::work;

#[wasm_bindgen]
pub fn noop(number: u32) -> u32 {
    on_thread(|| number)
}

#[wasm_bindgen]
pub fn echo(bytes: Vec<u8>) -> Vec<u8> {
    on_thread(|| bytes)
}

#[wasm_bindgen]
pub fn spin(us: f64) {
    on_thread(|| work::spin(us));
}

#[wasm_bindgen(js_name = spinAll)]
pub fn spin_all(pieces: u32, us: f64) {
    work::spin_all(pieces, us);
}

#[wasm_bindgen]
pub fn fill(bytes: u32) -> u32 {
    work::fill(bytes)
}

/// Waits for it, as an export that uses Rayon does.
fn on_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    rayon::scope(|_| work())
}
