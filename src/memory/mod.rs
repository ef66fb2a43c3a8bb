//! A memory that is counted, limited, and survives its own exhaustion.
//!
//! A pool does all of this itself. Of use in a task: [`stats`], [`take_peak`], [`try_vec`].
//!
//! A wasm memory only grows, and where it ends nothing is told: the standard library's answer to an allocation that
//! fails is a trap, which ends every thread in that memory and every job they had. A pool that recycles its memory needs
//! three things from it instead:
//!
//! - **to know how full it is**, at any time and at no cost to those who allocate: [`stats`] and [`take_peak`], counted
//!   inside the one lock that an allocation takes anyway;
//! - **a limit below the memory's own maximum**, if one is wanted: [`set_limit`];
//! - **exhaustion as a panic** with the payload [`Exhausted`], which unwinds out of Rayon to the job's root, frees on the
//!   way what the job held, and rejects that job alone: [`install`], and [`with_reserve`] for the report.
//!
//! ```text
//!   alloc ──▶ lock ─▶ dlmalloc ─▶ memory.grow ≤ limit ──▶ block
//!                                        │ refused
//!                                        ▼
//!                  unwinding, or reporting? ──▶ reserve ──▶ block        (claim.rs)
//!                                │ no              │ full
//!                                ▼                 ▼
//!                     panic with `Exhausted`         abort               (exhausted.rs)
//! ```
//!
//! The reserve is [`RESERVE_PER_THREAD`] bytes for each thread, in one piece, taken from the memory by [`install`]: a
//! panic needs some room to be one, and it has to be there when not a byte is left. Threads share it, because how many
//! panic at once is known only then.
//!
//! What it does not survive, each of which takes the generation:
//!
//! - a thread that needs more than the reserve has while it unwinds, such as a destructor that builds a large buffer;
//! - `rayon::spawn` that finds no memory for its own job, for it aborts on any panic. Inside [`with_reserve`] it finds
//!   some, which is how a leader has to call it;
//! - exhaustion met by Rayon's queue of more than 64 waiting tasks on one thread, when it shrinks.
//!
//! On the host, [`Allocator`] counts what goes to the system's allocator if a program installs it, else every number is
//! zero; limits are kept by [`try_vec`] alone and nothing panics.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[cfg(any(target_arch = "wasm32", test))]
mod claim;
mod exhausted;
#[cfg(any(target_arch = "wasm32", test))]
mod heap;
#[cfg(any(target_arch = "wasm32", test))]
pub(crate) mod lock;
#[cfg(target_arch = "wasm32")]
mod pages;
#[cfg(not(target_arch = "wasm32"))]
#[path = "native.rs"]
mod platform;
#[cfg(target_arch = "wasm32")]
#[path = "wasm.rs"]
mod platform;

#[cfg(target_arch = "wasm32")]
pub(crate) use claim::{forget_reports, reports};
pub use exhausted::Exhausted;

/// What [`install`] sets aside for each thread, in bytes.
///
/// A panic takes about a hundred bytes of it until the payload is dropped, and the hook of `console_error_panic_hook`
/// some kilobytes of text while it runs.
///
/// ```
/// let threads = 4;
/// assert_eq!((threads + 1) * perennial::memory::RESERVE_PER_THREAD, 320 * 1024);
/// ```
pub const RESERVE_PER_THREAD: usize = 64 * 1024;

/// A page of WebAssembly memory.
#[cfg(any(target_arch = "wasm32", test))]
const PAGE: usize = 64 * 1024;

static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// dlmalloc behind one lock, counted inside it.
///
/// With the feature `allocator`, which is on by default, this is the program's global allocator on wasm32 already. With
/// it off, it can stand inside an allocator of one's own, as long as that passes every call on. On the host it is the
/// system's allocator, counted, for a program that wants to install it:
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: perennial::memory::Allocator = perennial::memory::Allocator;
///
/// let before = perennial::memory::stats().live;
/// let block = vec![0u8; 1000];
/// assert!(perennial::memory::stats().live >= before + 1000);
/// # drop(block);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Allocator;

#[cfg(all(target_arch = "wasm32", feature = "allocator"))]
#[global_allocator]
static GLOBAL: Allocator = Allocator;

/// A sample of the memory, in bytes; [`stats`] takes it.
///
/// ```
/// let perennial::memory::Stats { live, limit, .. } = perennial::memory::stats();
/// let share = live as f64 / limit as f64;
/// assert!((0.0..=1.0).contains(&share));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// In blocks that the program has allocated and not freed, each counted with what the allocator adds to it (on
    /// wasm32: 4 bytes, rounded up to 8, 16 at least). So it tells how full the memory is, whatever the blocks' size.
    /// Zero where [`Allocator`] is not installed. Blocks in the reserve are not counted. On the host, the sizes asked for.
    pub live: usize,
    /// The most that `live` has been since [`take_peak`] was last called.
    pub peak: usize,
    /// The size of the memory itself: `memory.buffer.byteLength`, which never falls, `usize::MAX` for 4 GiB. On the host,
    /// `live`.
    pub reserved: usize,
    /// What [`set_limit`] has set; `usize::MAX` if nothing.
    pub limit: usize,
}

/// What is live and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    live: usize,
    peak: usize,
}

/// Samples the memory. From any thread.
///
/// Takes the allocator's lock for an instant, some tens of nanoseconds, so that those who allocate need not publish
/// anything. If the lock stays held, because its holder was descheduled or has died, `live` and `peak` are those of the
/// last sample; the call never hangs.
///
/// ```
/// let stats = perennial::memory::stats();
/// assert!(stats.live <= stats.peak);
/// ```
pub fn stats() -> Stats {
    let Counts { live, peak } = platform::counts();
    Stats { live, peak, reserved: platform::reserved(), limit: LIMIT.load(Relaxed) }
}

/// The most bytes that were live since the last call, as [`Stats::peak`]; the next starts from what is live now.
///
/// Costs what [`stats`] does. If the lock stays held, it answers the last sample's peak and starts nothing anew.
///
/// ```
/// use perennial::memory;
///
/// memory::take_peak();
/// // ... a step of the work
/// println!("the step took {} bytes at most", memory::take_peak());
/// ```
pub fn take_peak() -> usize {
    platform::take_counts().peak
}

/// Sets the most bytes that the memory may grow to, `usize::MAX` for as many as it can. From any thread, at any time.
///
/// It is kept in whole pages of 64 KiB, rounded down. A limit below what is reserved already takes nothing away: it
/// means that the memory grows no more. Tell it the `maximum` that the memory was made with, so that [`Stats::limit`]
/// and [`Exhausted::limit`] say it; wasm has no way to ask. A pool's generations are told theirs by the pool.
///
/// ```
/// use perennial::memory;
///
/// memory::set_limit(256 << 20);
/// assert_eq!(memory::stats().limit, 256 << 20);
/// ```
pub fn set_limit(bytes: usize) {
    LIMIT.store(bytes, Relaxed);
}

/// Makes exhaustion a panic: sets the hook for failed allocations, and the reserve for `threads` threads aside.
///
/// To be called once in each instance, before its threads start, with their number and one more for the caller;
/// [`set_limit`] first. The reserve is allocated by the first call that succeeds and then stays as it is. On the host it
/// does nothing.
///
/// # Errors
///
/// [`Exhausted`] if the memory cannot grow by [`RESERVE_PER_THREAD`] for each thread. The hook is set nevertheless:
/// exhaustion by large blocks is then a panic, that by small ones may be an abort.
///
/// ```
/// # fn main() -> Result<(), perennial::memory::Exhausted> {
/// let threads = 4;
/// perennial::memory::install(threads + 1)?;
/// # Ok(())
/// # }
/// ```
pub fn install(threads: usize) -> Result<(), Exhausted> {
    #[cfg(target_arch = "wasm32")]
    exhausted::set_hook();
    let len = threads.max(1).saturating_mul(RESERVE_PER_THREAD);
    if platform::set_aside(len) { Ok(()) } else { Err(Exhausted::now(len)) }
}

/// Runs `report`, serving from the reserve what it allocates on this thread and the memory refuses.
///
/// For two places. At the root of a job, between a caught [`Exhausted`] and the message that tells of it: an error's
/// text, a rejection, a post. And around all that a leader does, who has to go on when its threads have taken
/// everything: `rayon::spawn` that found no memory would even abort. What is allocated here should be small and
/// short-lived, for the reserve is shared; once it is full, what fails here panics with [`Exhausted`] in its turn. What
/// may be large comes from [`try_vec`], which never uses the reserve. Costs nothing while the memory has room.
///
/// ```
/// use std::panic::{AssertUnwindSafe, catch_unwind};
/// use perennial::memory;
///
/// fn at_the_root_of_a_job(job: impl FnOnce() -> u32) -> Result<u32, String> {
///     catch_unwind(AssertUnwindSafe(job)).map_err(|payload| {
///         memory::with_reserve(|| {
///             let report = match payload.downcast_ref::<memory::Exhausted>() {
///                 Some(exhausted) => exhausted.to_string(),
///                 None => "panicked".to_owned(),
///             };
///             drop(payload); // it may lie in the reserve
///             report
///         })
///     })
/// }
/// # assert_eq!(at_the_root_of_a_job(|| 1), Ok(1));
/// ```
pub fn with_reserve<R>(report: impl FnOnce() -> R) -> R {
    #[cfg(any(target_arch = "wasm32", test))]
    let _reporting = claim::Reporting::start();
    report()
}

/// Says whether this thread may block, which lets it sleep rather than spin where it meets the allocator's lock held.
///
/// False at first. To be set on Rayon's threads, and never on a page's main thread, where `Atomics.wait` throws, nor on
/// a thread that has an event loop to serve. It is only about cost, which shows where threads outnumber cores.
///
/// ```
/// rayon::broadcast(|_| perennial::memory::allow_blocking(true));
/// ```
pub fn allow_blocking(allowed: bool) {
    #[cfg(any(target_arch = "wasm32", test))]
    lock::sleep::allow(allowed);
    #[cfg(not(any(target_arch = "wasm32", test)))]
    let _ = allowed;
}

/// An empty vector with room for `capacity` bytes, or an error instead of a panic. For what comes from outside and has
/// the size that someone else chose: ask here, then copy into
/// [`spare_capacity_mut`](Vec::spare_capacity_mut). The bytes are not zeroed, which for a large block costs milliseconds.
///
/// # Errors
///
/// [`Exhausted`] if the memory has no room for it. On the host, if it alone would pass the limit.
///
/// ```
/// use perennial::memory;
///
/// fn copied(from: &[u8]) -> Result<Vec<u8>, memory::Exhausted> {
///     let mut bytes = memory::try_vec(from.len())?;
///     bytes.extend_from_slice(from);
///     Ok(bytes)
/// }
///
/// assert_eq!(copied(b"abc"), Ok(b"abc".to_vec()));
/// ```
pub fn try_vec(capacity: usize) -> Result<Vec<u8>, Exhausted> {
    try_vec_of(capacity)
}

/// As [`try_vec`], for `capacity` elements of another type.
pub(crate) fn try_vec_of<T>(capacity: usize) -> Result<Vec<T>, Exhausted> {
    let mut room = Vec::new();
    let bytes = capacity.saturating_mul(size_of::<T>());
    if cfg!(not(target_arch = "wasm32")) && platform::counts().live.saturating_add(bytes) > LIMIT.load(Relaxed) {
        return Err(Exhausted::now(bytes));
    }
    #[cfg(any(target_arch = "wasm32", test))]
    let reserved = claim::without(|| room.try_reserve_exact(capacity));
    #[cfg(not(any(target_arch = "wasm32", test)))]
    let reserved = room.try_reserve_exact(capacity);
    match reserved {
        Ok(()) => Ok(room),
        Err(_) => Err(Exhausted::now(bytes)),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_someone_else_chose_is_refused_not_fatal() {
        let refused = try_vec(usize::MAX).unwrap_err();
        assert_eq!(refused.requested, usize::MAX);
        let bytes = try_vec(1000).unwrap();
        assert!(bytes.is_empty() && bytes.capacity() >= 1000);
        assert_eq!(try_vec(0).unwrap().capacity(), 0);
    }

    #[test]
    fn installing_again_changes_nothing() {
        install(usize::MAX).unwrap();
        install(0).unwrap();
    }
}
