//! Exhaustion as a panic that can be caught, and as an error.

use std::error::Error;
use std::fmt;

/// The memory had no room for an allocation.
///
/// Of an allocation that cannot fail otherwise (`Box::new`, `Vec::push`, `String`), this is the payload of the panic
/// that [`install`](super::install) makes of its failure: `payload.downcast_ref::<Exhausted>()`.
///
/// ```
/// use perennial::memory;
///
/// let error = memory::try_vec(usize::MAX).unwrap_err();
/// assert_eq!(error.requested, usize::MAX);
/// assert!(error.to_string().starts_with("memory exhausted: "));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exhausted {
    /// The bytes that were asked for.
    pub requested: usize,
    /// [`Stats::live`](super::Stats::live) then. Much less than the limit means that what is free is in pieces.
    pub live: usize,
    /// [`Stats::limit`](super::Stats::limit) then.
    pub limit: usize,
}

impl Exhausted {
    pub(super) fn now(requested: usize) -> Self {
        let super::Stats { live, limit, .. } = super::stats();
        Exhausted { requested, live, limit }
    }
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exhausted { requested, live, limit } = self;
        write!(f, "memory exhausted: {requested} bytes requested with {live} of ")?;
        match *limit {
            usize::MAX => f.write_str("the memory in use"),
            limit => write!(f, "{limit} in use"),
        }
    }
}

impl Error for Exhausted {}

/// Makes a failed allocation a panic with [`Exhausted`], or, in a panic already, an abort.
#[cfg(target_arch = "wasm32")]
pub(super) fn set_hook() {
    std::alloc::set_alloc_error_hook(|layout| {
        if std::thread::panicking() {
            std::process::abort();
        }
        super::claim::exhausted();
        std::panic::panic_any(Exhausted::now(layout.size()));
    });
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_it_knows() {
        let mut exhausted = Exhausted { requested: 40, live: 900, limit: 1024 };
        assert_eq!(exhausted.to_string(), "memory exhausted: 40 bytes requested with 900 of 1024 in use");
        exhausted.limit = usize::MAX;
        assert_eq!(exhausted.to_string(), "memory exhausted: 40 bytes requested with 900 of the memory in use");
    }
}
