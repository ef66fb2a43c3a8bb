//! Where a panic happened.
//!
//! A payload carries the message but not the place; only the panic hook sees both, on the thread that panicked. Rayon then
//! moves the payload to the thread where the job began. So the hook leaves the place behind, and the job's root finds it by
//! the message.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, Once, PoisonError};

use crate::memory::Exhausted;

/// Bytes of a panic's message that are kept. It is copied some times on its way, with the memory perhaps full.
const MESSAGE_MAX: usize = 4096;

/// A panic that nobody has asked for is forgotten after this many more: a task may catch its own.
const KEPT_MAX: usize = 64;

static RECENT: Mutex<VecDeque<(String, PanicPlace)>> = Mutex::new(VecDeque::new());

/// The place of a panic in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PanicPlace {
    pub file: String,
    pub line: u32,
    pub column: u32,
}

/// Makes panics leave their place behind. Each is reported once: in the browser on the console, in place of any hook that
/// was set before; natively by the hook that was set before.
pub fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[cfg(target_arch = "wasm32")]
        let report = console_error_panic_hook::hook;
        #[cfg(not(target_arch = "wasm32"))]
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // Exhaustion is an outcome, told by its rejection; and there is no memory to report it with.
            if info.payload().is::<Exhausted>() {
                #[cfg(target_arch = "wasm32")]
                crate::web::note_panic("the memory has no room", &PanicPlace::default());
            } else {
                let (message, place) = what_and_where(info);
                // Nobody may catch it, and then nothing can be asked any more.
                #[cfg(target_arch = "wasm32")]
                crate::web::note_panic(&message, &place);
                match message.len() {
                    // The report copies the whole message some times more.
                    #[cfg(target_arch = "wasm32")]
                    MESSAGE_MAX.. => {
                        crate::web::report(&format!("panicked at {}:{}: {message}", place.file, place.line))
                    }
                    _ => report(info),
                }
                keep(message, place);
            }
        }));
    });
}

fn what_and_where(info: &PanicHookInfo<'_>) -> (String, PanicPlace) {
    let place = info.location().map_or_else(PanicPlace::default, |location| PanicPlace {
        file: location.file().into(),
        line: location.line(),
        column: location.column(),
    });
    (message_of(info.payload()), place)
}

fn keep(message: String, place: PanicPlace) {
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    recent.truncate(KEPT_MAX - 1);
    recent.push_front((message, place));
}

/// The words of a panic.
pub(super) fn message_of(payload: &dyn Any) -> String {
    let text = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text.as_str(),
        _ => "a panic whose payload is not text",
    };
    match text.get(..text.floor_char_boundary(MESSAGE_MAX)) {
        Some(cut) if cut.len() < text.len() => format!("{cut}…"),
        _ => text.into(),
    }
}

/// The place of the newest panic with this message, taken out. Unknown places are empty: no hook was installed.
pub(super) fn place_of(message: &str) -> PanicPlace {
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    let found = recent.iter().position(|(text, _)| text == message);
    found.and_then(|at| recent.remove(at)).map(|(_, place)| place).unwrap_or_default()
}
