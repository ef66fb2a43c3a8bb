//! A job's root, called through JavaScript.
//!
//! An import that throws, `throw_str`, `unwrap_throw`: such an exception passes every `catch_unwind`, and Rayon, which was
//! not made for it, aborts. A `catch` in JavaScript stops it. So the way into a job leads out of the instance and in again.
//!
//! Little is dropped on the way of such an exception: wasm-bindgen declares imports as what cannot unwind, and frames that
//! only call those have no landing pads. What the job held stays held; what this package holds for a job is put right here.

use wasm_bindgen::prelude::*;

use crate::memory;
use crate::task::PanicPlace;

#[wasm_bindgen(module = "/src/js/realm.js")]
extern "C" {
    /// Calls [`entered`] with `root`. Whether that returned.
    #[wasm_bindgen(js_name = enter)]
    fn enter_by_js(root: usize, job: f64, name: usize, length: usize) -> bool;
    /// The texts are views of this memory, copied before the call returns.
    #[wasm_bindgen(catch, js_name = notePanic)]
    fn post_panic(message: &[u8], file: &[u8], line: u32, column: u32) -> Result<(), JsValue>;
}

type Root<'a> = &'a mut dyn FnMut();

/// Runs `root` so that an exception of JavaScript's ends there. Whether it returned; if not, `root.js` keeps what was thrown.
///
/// A trap, and an exception that has left pieces of Rayon's work behind, end the thread: this does not return then.
pub(super) fn enter(job: u64, name: &'static str, root: impl FnOnce()) -> bool {
    let reports = memory::reports();
    let mut root = Some(root);
    let mut call = || {
        if let Some(root) = root.take() {
            root();
        }
    };
    let mut call: Root<'_> = &mut call;
    let returned = enter_by_js((&raw mut call).expose_provenance(), job as f64, name.as_ptr().addr(), name.len());
    if !returned {
        memory::forget_reports(reports);
    }
    returned
}

#[wasm_bindgen(js_name = __perennialEnter, skip_typescript)]
pub fn entered(root: usize) {
    // SAFETY: `enter` passes the address of its own variable, and `root.js` hands it on before it returns.
    let root = unsafe { &mut *std::ptr::with_exposed_provenance_mut::<Root<'_>>(root) };
    root();
}

/// Whether an exception has left this thread as it was: with no pieces of work whose frames are gone, and in no panic.
#[wasm_bindgen(js_name = __perennialIsWhole, skip_typescript)]
pub fn is_whole() -> bool {
    // A thread takes a job when it has no pieces left, so what is there now is the job's.
    rayon_core::current_thread_has_pending_tasks() == Some(false) && !std::thread::panicking()
}

/// Tells JavaScript of a panic, for the words of a death.
pub(crate) fn note_panic(message: &str, place: &PanicPlace) {
    let _ = post_panic(message.as_bytes(), place.file.as_bytes(), place.line, place.column);
}
