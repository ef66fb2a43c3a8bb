//! The edge: the only folder that touches the web. It carries messages and does as it is told; what to do is decided in
//! [`coordinator`](crate::coordinator).
//!
//! Everything here is an export for, or an import of, `src/js/`:
//!
//! - `coordinator`: the decisions, as a class for the driver (`src/js/driver.js`); `told`: its objects;
//! - `leader`: a generation's instance, as functions for its leader (`src/js/leader.js`);
//! - `thread`: what a Rayon thread posts (`src/js/realm.js`);
//! - `root`: a job's root, called through JavaScript (`src/js/root.js`);
//! - `stack`: the guards of the threads' stacks (`src/js/stack.js`).

mod coordinator;
mod leader;
mod outputs;
mod root;
mod stack;
mod thread;
mod told;

use wasm_bindgen::prelude::*;

pub use thread::Held;

use crate::Role;
pub(crate) use root::note_panic;

/// For what is re-exported here. wasm-bindgen itself would declare it as `unknown`, which it can be told to leave out of
/// functions only: so all of it is imported as one.
#[wasm_bindgen(typescript_custom_section)]
const TYPESCRIPT: &str = include_str!("pool.d.ts");

#[wasm_bindgen(module = "/src/js/pool.js")]
extern "C" {
    /// What the user holds. Written in JavaScript, so that it outlives this instance's Rust.
    #[wasm_bindgen(reexport, skip_typescript, js_name = Pool)]
    fn pool();

    #[wasm_bindgen(reexport, skip_typescript, js_name = pageMemory)]
    fn page_memory() -> JsValue;

    #[wasm_bindgen(js_name = installApp)]
    fn install_app(url: &JsValue);
}

#[wasm_bindgen]
extern "C" {
    /// `console.error`.
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    pub(crate) fn report(words: &str);

    /// Where the glue of this module was loaded from: a leader loads the same.
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static GLUE_URL: JsValue;
}

#[wasm_bindgen(module = "/src/js/protocol.js")]
extern "C" {
    /// As a number: a text would be copied into a memory that may be full.
    #[wasm_bindgen(js_name = roleNumber)]
    fn role_number() -> u32;
}

/// In a task's number: it runs on every thread. As in `src/js/protocol.js`.
const EVERYWHERE: u32 = 1 << 31;

/// Where this code runs.
pub(crate) fn role() -> Role {
    match role_number() {
        1 => Role::Leader,
        2 => Role::Thread,
        _ => Role::Coordinator,
    }
}

/// Scripts that only other scripts import. A script is shipped when something of it is declared.
#[allow(dead_code, non_snake_case)]
mod scripts {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen(module = "/src/js/batch.js")]
    extern "C" {
        type Outgoing;
    }
    #[wasm_bindgen(module = "/src/js/call.js")]
    extern "C" {
        fn given();
    }
    #[wasm_bindgen(module = "/src/js/end.js")]
    extern "C" {
        fn end();
    }
    #[wasm_bindgen(module = "/src/js/input.js")]
    extern "C" {
        fn sharedCopy();
    }
    #[wasm_bindgen(module = "/src/js/driver.js")]
    extern "C" {
        type Driver;
    }
    #[wasm_bindgen(module = "/src/js/errors.js")]
    extern "C" {
        #[wasm_bindgen(reexport, skip_typescript, js_name = PerennialError)]
        fn perennial_error();
    }
    #[wasm_bindgen(module = "/src/js/flow.js")]
    extern "C" {
        fn newFlow();
    }
    #[wasm_bindgen(module = "/src/js/glue.js")]
    extern "C" {
        fn importGlue();
    }
    #[wasm_bindgen(module = "/src/js/leader.js")]
    extern "C" {
        fn leads();
    }
    #[wasm_bindgen(module = "/src/js/lives.js")]
    extern "C" {
        type Lives;
    }
    #[wasm_bindgen(module = "/src/js/map.js")]
    extern "C" {
        type Results;
    }
    #[wasm_bindgen(module = "/src/js/open.js")]
    extern "C" {
        fn openLeader();
    }
    #[wasm_bindgen(module = "/src/js/options.js")]
    extern "C" {
        fn plain();
    }
    #[wasm_bindgen(module = "/src/js/reader.js")]
    extern "C" {
        type Reader;
    }
    #[wasm_bindgen(module = "/src/js/reports.js")]
    extern "C" {
        type Reports;
    }
    #[wasm_bindgen(module = "/src/js/slots.js")]
    extern "C" {
        fn bytesOf();
    }
    #[wasm_bindgen(module = "/src/js/stack.js")]
    extern "C" {
        fn overflowed();
    }
    #[wasm_bindgen(module = "/src/js/root.js")]
    extern "C" {
        fn adopt();
    }
    #[wasm_bindgen(module = "/src/js/timing.js")]
    extern "C" {
        fn timed();
    }
    #[wasm_bindgen(module = "/src/js/value.js")]
    extern "C" {
        fn take();
    }
    #[wasm_bindgen(module = "/src/js/words.js")]
    extern "C" {
        type Words;
    }
}

#[wasm_bindgen(start, skip_typescript)]
fn perennial_start() {
    unsafe extern "C" {
        fn __wasm_call_ctors();
    }
    static ONCE: std::sync::Once = std::sync::Once::new();
    // SAFETY: the linker makes it, and it takes nothing. It registers the tasks. Where nobody calls it, the linker lets every
    // export do so each time, which took a quarter of the page's time for a small job.
    ONCE.call_once(|| unsafe { __wasm_call_ctors() });
    GLUE_URL.with(install_app);
}

/// The pages that a memory for this module has to begin with. Declared by the linker up to the heap's base, and one more
/// that wasm-bindgen adds for starting threads.
#[wasm_bindgen(js_name = __perennialInitialPages, skip_typescript)]
pub fn initial_pages() -> u32 {
    unsafe extern "C" {
        static __heap_base: u8;
    }
    let base = &raw const __heap_base as usize;
    base.div_ceil(1 << 16) as u32 + 1
}

/// The names of all tasks, by number.
///
/// # Errors
///
/// In words, what is wrong with the module: it registers a name twice, or is built without the flags that it needs.
#[wasm_bindgen(js_name = __perennialTaskNames, skip_typescript)]
pub fn task_names() -> Result<js_sys::Array, JsValue> {
    let memory = wasm_bindgen::memory().unchecked_into::<js_sys::WebAssembly::Memory>();
    if !memory.buffer().is_instance_of::<js_sys::SharedArrayBuffer>() {
        // The build script has said so, and was told not to.
        return Err("the module's memory cannot be shared between threads; add to `rustflags` in `.cargo/config.toml`: \
                    \"-Clink-arg=--shared-memory\", \"-Clink-arg=--import-memory\", \"-Clink-arg=--max-memory=4294967296\""
            .into());
    }
    let registry = crate::task::Registry::of_this_crate();
    registry.check().map_err(|message| JsValue::from_str(&message))?;
    Ok(registry.names().map(JsValue::from_str).collect())
}

/// The compiled module, so that no generation compiles it again.
#[wasm_bindgen(js_name = __perennialModule, skip_typescript)]
pub fn module() -> JsValue {
    wasm_bindgen::module()
}

// Named, so that the linker keeps its exports: the leader calls them from JavaScript.
#[allow(unused_imports)]
pub use wasm_bindgen_rayon::init_thread_pool;
