//! What `worker.js` calls.

use perennial::memory;
use wasm_bindgen::prelude::*;
pub use wasm_bindgen_rayon::init_thread_pool;

use crate::allocators::NAME;

/// To be called once the pool is up.
#[wasm_bindgen]
pub fn prepare(may_block: bool) {
    rayon::broadcast(|_| memory::allow_blocking(may_block));
}

/// Which allocator this is. With the package's own the live bytes are counted.
#[wasm_bindgen]
pub fn allocator() -> String {
    let is_counted = memory::stats().live > 0;
    if is_counted == (NAME == "ours") { NAME.into() } else { format!("not {NAME}") }
}

/// Whether there is such a kernel.
#[wasm_bindgen(js_name = runKernel)]
pub fn run_kernel(name: &str, rounds: u32) -> bool {
    crate::run(name, rounds)
}
