//! A job's root, called through JavaScript.
//!
//! An import that throws, `throw_str`, `unwrap_throw`: such an exception passes every `catch_unwind`, and Rayon, which was
//! not made for it, aborts. A `catch` in JavaScript stops it. So the way into a job leads out of the instance and in again.
//!
//! Little is dropped on the way of such an exception: wasm-bindgen declares imports as what cannot unwind, and frames that
//! only call those have no landing pads. What the job held stays held; what this package holds for a job is put right here.

use wasm_bindgen::prelude::*;

use crate::crossing;
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
/// A trap, and an exception that has passed frames of Rayon's, end the thread: this does not return then.
pub(super) fn enter(job: u64, name: &'static str, root: impl FnOnce()) -> bool {
    let reports = memory::reports();
    let mut root = Some(root);
    let mut call = || {
        if let Some(root) = root.take() {
            root();
        }
    };
    crossing::clear_stack();
    let returned = call_by_js(&mut call, job, name);
    if !returned {
        memory::forget_reports(reports);
    }
    returned
}

/// A frame of its own, on what has been cleared: what is below `root` is the job's.
#[inline(never)]
fn call_by_js(mut root: Root<'_>, job: u64, name: &'static str) -> bool {
    enter_by_js((&raw mut root).expose_provenance(), job as f64, name.as_ptr().addr(), name.len())
}

#[wasm_bindgen(js_name = __perennialEnter, skip_typescript)]
pub fn entered(root: usize) {
    // SAFETY: `call_by_js` passes the address of its own variable, and `root.js` hands it on before it returns.
    let root = unsafe { &mut *std::ptr::with_exposed_provenance_mut::<Root<'_>>(root) };
    root();
}

/// Whether an exception that is thrown here, on the way to `root`, is survived: no frame is Rayon's, and no panic is under way.
/// Asked while all those frames are still there. `top`: where this thread's stack begins.
#[wasm_bindgen(js_name = __perennialMayThrow, skip_typescript)]
#[inline(never)]
pub fn may_throw(root: usize, top: usize) -> bool {
    let here = 0_u32;
    // SAFETY: `call_by_js` has passed `root`, and the glue `top`: what is between them and this frame is this thread's stack.
    let is_in_rayon = unsafe { crossing::is_in_rayon((&raw const here).addr()..root, top) };
    !is_in_rayon && !std::thread::panicking()
}

/// Tells JavaScript of a panic, for the words of a death.
pub(crate) fn note_panic(message: &str, place: &PanicPlace) {
    let _ = post_panic(message.as_bytes(), place.file.as_bytes(), place.line, place.column);
}
