//! The demo's work as plain exports, for a worker that starts wasm-bindgen-rayon by itself, as its README shows. Built with the
//! same flags as the pool's side: panics unwind here too, and reach the worker's JavaScript as exceptions.
#![cfg(target_arch = "wasm32")]

use std::sync::OnceLock;

use perennial_demo::photo::{self, PhotoError};
use perennial_demo::{ProveError, Prover, VerifyRequest, abuse, mandelbrot, prover};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
pub use wasm_bindgen_rayon::init_thread_pool;

static PROVER: OnceLock<Prover> = OnceLock::new();

#[wasm_bindgen(start)]
fn tell_panics() {
    console_error_panic_hook::set_once();
}

/// Reads the proving key, which proofs need.
///
/// # Errors
///
/// In words, if it is none.
#[wasm_bindgen]
pub fn warm_up(proving_key: &[u8]) -> Result<(), JsError> {
    let _ = PROVER.set(Prover::from_bytes(proving_key)?);
    Ok(())
}

/// # Errors
///
/// In words, if there is no key, or the request is none that can be proved. So with the others.
#[wasm_bindgen]
pub fn prove(request: JsValue) -> Result<JsValue, JsError> {
    let prover = PROVER.get().ok_or(ProveError::NoKey)?;
    give(&prover.prove(take(request)?, |_| Ok::<_, ProveError>(()))?)
}

#[wasm_bindgen]
pub fn verify(request: JsValue) -> Result<bool, JsError> {
    Ok(prover::verify(&take::<VerifyRequest>(request)?)?)
}

#[wasm_bindgen(js_name = mandelbrot)]
pub fn render(view: JsValue) -> Result<Vec<u8>, JsError> {
    Ok(mandelbrot::render(&take(view)?, |_| Ok::<_, mandelbrot::ViewError>(()))?)
}

#[wasm_bindgen(js_name = photo)]
pub fn convert(request: JsValue) -> Result<JsValue, JsError> {
    give(&photo::convert(&take(request)?, || Ok::<_, PhotoError>(()))?)
}

#[wasm_bindgen]
pub fn leak(bytes: u32) -> u32 {
    abuse::leak(bytes)
}

#[wasm_bindgen]
pub fn touch(bytes: u32) -> u32 {
    abuse::touch(bytes)
}

#[wasm_bindgen]
pub fn panic_deep() -> u32 {
    abuse::panic_deep()
}

#[wasm_bindgen]
pub fn exhaust(block: u32) -> u32 {
    abuse::exhaust(block)
}

#[wasm_bindgen]
pub fn trap() -> u32 {
    abuse::trap()
}

#[wasm_bindgen]
pub fn overflow() -> u32 {
    abuse::overflow()
}

#[wasm_bindgen]
pub fn loop_forever() -> u32 {
    abuse::loop_forever()
}

/// There is nobody to ask, so that it goes on.
#[wasm_bindgen]
pub fn loop_patiently() -> u32 {
    abuse::loop_patiently(|| Ok::<_, std::convert::Infallible>(())).unwrap_or_default()
}

fn take<T: DeserializeOwned>(value: JsValue) -> Result<T, JsError> {
    serde_wasm_bindgen::from_value(value).map_err(JsError::from)
}

fn give(value: &impl Serialize) -> Result<JsValue, JsError> {
    serde_wasm_bindgen::to_value(value).map_err(JsError::from)
}
