//! Who may use the reserve, when the memory has nothing left.
//!
//! A panic needs memory to be one: its payload is boxed, the exception that carries it is boxed, a panic hook builds a
//! message, and destructors on the way allocate too. If one of these found nothing, the panic would become an abort and
//! take the whole memory with it. So an allocation that the memory refused is served from the reserve if its thread
//!
//! 1. is unwinding, or is in a panic hook. `std` counts panics per thread, from before the hook runs until the catch,
//!    and again while a caught payload is thrown on; that covers every kind of panic, not only exhaustion.
//! 2. is inside [`with_reserve`](super::with_reserve), which is for reporting what was caught, and for a leader.
//! 3. asks for at most [`SMALL`] bytes just after an exhaustion anywhere: a few times per thread and exhaustion.
//!    Rayon's scopes box the payload once more after they caught it, where a failure would be fatal to them, and
//!    nothing distinguishes that thread from any other by then. A counter of exhaustions lends the thread a credit; what
//!    it buys is kept to half of the reserve, so that ordinary code that happens to spend it takes nothing from 1 and 2.
//!
//! All of this runs after an allocation has failed, never otherwise.

use std::{
    alloc::Layout,
    cell::Cell,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    thread,
};

/// The largest block that an exhaustion gives credit for: a boxed fat pointer, with room to spare.
const SMALL: usize = 16;
/// How many of them a thread gets for each exhaustion.
const CREDIT: u32 = 4;

/// How often the memory was found exhausted, by any thread.
static EXHAUSTIONS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static REPORTING: Cell<u32> = const { Cell::new(0) };
    /// The exhaustion last given credit for, and what is left of it.
    static LENT: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// The thread must have it, or its memory dies.
    Distress,
    /// Bought with the credit of an exhaustion.
    Credit,
}

/// What entitles this thread to the reserve, for a block that the memory refused; it may cost credit.
pub(super) fn claim(layout: Layout) -> Option<Claim> {
    if thread::panicking() {
        // A panic of any kind may be caught by a scope.
        exhausted();
        return Some(Claim::Distress);
    }
    if REPORTING.get() > 0 {
        return Some(Claim::Distress);
    }
    (layout.size() <= SMALL && spend_credit()).then_some(Claim::Credit)
}

/// Notes that the memory was found exhausted.
pub(super) fn exhausted() {
    EXHAUSTIONS.fetch_add(1, Relaxed);
}

fn spend_credit() -> bool {
    let now = EXHAUSTIONS.load(Relaxed);
    let (last, left) = LENT.get();
    let left = if now == last { left } else { CREDIT };
    LENT.set((now, left.saturating_sub(1)));
    left > 0
}

/// Runs `f`, to which [`Reporting`] gives nothing.
pub(super) fn without<R>(f: impl FnOnce() -> R) -> R {
    let reports = REPORTING.replace(0);
    let result = f();
    REPORTING.set(reports);
    result
}

/// How many [`Reporting`]s this thread has.
#[cfg(target_arch = "wasm32")]
pub(crate) fn reports() -> u32 {
    REPORTING.get()
}

/// Forgets those that came after: what an exception of JavaScript leaves drops nothing.
#[cfg(target_arch = "wasm32")]
pub(crate) fn forget_reports(before: u32) {
    REPORTING.set(before);
}

/// Entitles this thread for as long as it lives.
pub(super) struct Reporting(());

impl Reporting {
    pub(super) fn start() -> Self {
        REPORTING.set(REPORTING.get() + 1);
        Reporting(())
    }
}

impl Drop for Reporting {
    fn drop(&mut self) {
        REPORTING.set(REPORTING.get() - 1);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    use super::*;

    const LARGE: Layout = Layout::new::<[u8; 40]>();

    fn on_a_new_thread(test: impl FnOnce() + Send) {
        thread::scope(|scope| scope.spawn(test).join().unwrap());
    }

    #[test]
    fn an_ordinary_thread_has_no_claim() {
        on_a_new_thread(|| assert_eq!(claim(LARGE), None));
    }

    #[test]
    fn a_destructor_that_runs_while_unwinding_has_one() {
        struct Asks<'a>(&'a Cell<Option<Claim>>);
        impl Drop for Asks<'_> {
            fn drop(&mut self) {
                self.0.set(claim(LARGE));
            }
        }
        let seen = Cell::new(None);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _asks = Asks(&seen);
            resume_unwind(Box::new(()));
        }));
        assert!(caught.is_err());
        assert_eq!(seen.get(), Some(Claim::Distress));
        assert_eq!(claim(LARGE), None, "caught is caught");
    }

    #[test]
    fn a_report_has_one_until_it_ends() {
        on_a_new_thread(|| {
            let report = Reporting::start();
            let inner = Reporting::start();
            drop(inner);
            assert_eq!(claim(LARGE), Some(Claim::Distress));
            assert_eq!(without(|| claim(LARGE)), None);
            assert_eq!(claim(LARGE), Some(Claim::Distress));
            drop(report);
            assert_eq!(claim(LARGE), None);
        });
    }

    #[test]
    fn an_exhaustion_lends_every_thread_some_small_blocks() {
        on_a_new_thread(|| {
            exhausted();
            assert_eq!(claim(Layout::new::<[usize; 2]>()), Some(Claim::Credit));
            assert_eq!(claim(LARGE), None, "not for larger ones");
        });
    }
}
