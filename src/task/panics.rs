//! Where a panic happened.
//!
//! A payload carries the message but not the place; only the panic hook sees both, on the thread that panicked. Rayon then
//! moves the payload to the thread where the job began. So the hook leaves the place behind, and the job's root finds it by
//! the message.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, Once, PoisonError};

use serde::Serialize;

use crate::memory::Exhausted;

/// A panic that nobody has asked for is forgotten after this many more: a task may catch its own.
const KEPT_MAX: usize = 64;

static RECENT: Mutex<VecDeque<(String, PanicPlace)>> = Mutex::new(VecDeque::new());

/// The place of a panic in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PanicPlace {
    pub file: String,
    pub line: u32,
    pub column: u32,
}

impl fmt::Display for PanicPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Makes panics leave their place behind, and, in the browser, reports each once on the console. A hook that was there
/// before is called too, in place of that report.
pub fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[cfg(target_arch = "wasm32")]
        let report = console_error_panic_hook::hook;
        #[cfg(not(target_arch = "wasm32"))]
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // Exhaustion is an outcome, told by its rejection; and there is no memory to report it with.
            if !info.payload().is::<Exhausted>() {
                remember(info);
                report(info);
            }
        }));
    });
}

fn remember(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(PanicPlace::default, |location| PanicPlace {
        file: location.file().into(),
        line: location.line(),
        column: location.column(),
    });
    let message = message_of(info.payload());
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    recent.truncate(KEPT_MAX - 1);
    recent.push_front((message, place));
}

/// The words of a panic.
pub(super) fn message_of(payload: &dyn Any) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).into()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic whose payload is not text".into()
    }
}

/// The place of the newest panic with this message, taken out. Unknown places are empty: no hook was installed.
pub(super) fn place_of(message: &str) -> PanicPlace {
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    let found = recent.iter().position(|(text, _)| text == message);
    found.and_then(|at| recent.remove(at)).map(|(_, place)| place).unwrap_or_default()
}
