//! What a running task can ask and say.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use web_time::Instant;

/// A task's view of its own run: progress out, cancellation in.
///
/// Take it as the first parameter of a `#[task]` function. It can be shared with closures on other threads.
///
/// ```
/// use perennial::{Context, Stopped, task};
///
/// #[task]
/// fn count(cx: &Context, to: u32) -> Result<u32, Stopped> {
///     for i in 0..to {
///         cx.checkpoint(f64::from(i) / f64::from(to))?;
///     }
///     Ok(to)
/// }
///
/// assert_eq!(count(&Context::detached(), 3), Ok(3));
/// ```
#[derive(Debug)]
pub struct Context {
    control: Arc<Control>,
}

/// The run was told to stop: its `signal` aborted or its `timeout` passed. Its promise has settled already, so what the
/// task returns is dropped.
///
/// A task's own error type can hold it, so that `?` works on [`Context::checkpoint`]:
///
/// ```
/// use perennial::{Context, Stopped, task};
///
/// #[derive(Debug, thiserror::Error)]
/// enum SolveError {
///     #[error("no solution below {0}")]
///     NoSolution(u32),
///     #[error(transparent)]
///     Stopped(#[from] Stopped),
/// }
///
/// #[task]
/// fn root_of(cx: &Context, square: u32) -> Result<u32, SolveError> {
///     for x in 0..=square {
///         cx.checkpoint(f64::from(x) / f64::from(square))?;
///         if x * x == square {
///             return Ok(x);
///         }
///     }
///     Err(SolveError::NoSolution(square))
/// }
///
/// assert_eq!(root_of(&Context::detached(), 49).unwrap(), 7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

/// A run's state that both its thread and the leader see.
#[derive(Debug)]
pub(crate) struct Control {
    pub job: u64,
    stop: AtomicBool,
    /// The bits of the latest progress that was not told; NaN while there is none.
    progress: AtomicU64,
    /// Milliseconds since `begun` at which progress was told last.
    told_ms: AtomicU64,
    begun: Instant,
    tell: Tell,
}

/// How progress leaves the thread.
type Tell = fn(job: u64, progress: f64);

/// A frame of a display: more often nobody can see it.
const PROGRESS_EVERY_MS: u64 = 16;

/// No progress that is to be told.
const NONE: u64 = f64::NAN.to_bits();

impl Context {
    pub(crate) fn new(control: Arc<Control>) -> Self {
        Context { control }
    }

    /// A context that belongs to no job: it is never told to stop, and nobody hears its progress. For tests.
    ///
    /// ```
    /// use perennial::{Context, task};
    ///
    /// #[task]
    /// fn double(_cx: &Context, n: u32) -> u32 {
    ///     2 * n
    /// }
    ///
    /// assert_eq!(double(&Context::detached(), 4), 8);
    /// ```
    pub fn detached() -> Self {
        Context::new(Arc::new(Control::new(0, |_, _| {})))
    }

    /// Tells how far the run is, from 0 to 1, and returns whether it should go on. Use it with `?`.
    ///
    /// NaN is not told, and costs one read. A number costs a look at the clock too, which in a browser is a call out to
    /// JavaScript, and a message at most every 16 ms: in a loop whose steps take less than a microsecond, call it once in many
    /// steps. A `progress` out of its range is brought into it.
    ///
    /// # Errors
    ///
    /// [`Stopped`], from the moment the run was told to stop.
    ///
    /// ```
    /// use perennial::{Context, Stopped};
    /// use rayon::prelude::*;
    ///
    /// /// From several threads at once, each with its share.
    /// fn sum(cx: &Context, parts: &[Vec<f64>]) -> Result<f64, Stopped> {
    ///     parts.par_iter().map(|part| cx.checkpoint(f64::NAN).map(|()| part.iter().sum::<f64>())).sum()
    /// }
    ///
    /// assert_eq!(sum(&Context::detached(), &[vec![1.0], vec![2.0, 3.0]]), Ok(6.0));
    /// ```
    pub fn checkpoint(&self, progress: f64) -> Result<(), Stopped> {
        let control = &self.control;
        if !progress.is_nan() {
            let progress = progress.clamp(0.0, 1.0);
            let bits = progress.to_bits();
            control.progress.store(bits, Ordering::Relaxed);
            let now = control.begun.elapsed().as_millis() as u64;
            let told = control.told_ms.load(Ordering::Relaxed);
            let due = told == u64::MAX || now >= told + PROGRESS_EVERY_MS;
            // Of several threads that pass here at once, one tells.
            if due && control.told_ms.compare_exchange(told, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                (control.tell)(control.job, progress);
                // Another thread may have come further meanwhile, which is still to be told.
                let _ = control.progress.compare_exchange(bits, NONE, Ordering::Relaxed, Ordering::Relaxed);
            }
        }
        if self.is_stopped() { Err(Stopped) } else { Ok(()) }
    }

    /// Whether the run was told to stop. Costs one read; for loops that have nothing to tell.
    ///
    /// ```
    /// let cx = perennial::Context::detached();
    /// let mut n = 0_u64;
    /// while n < 1000 && !cx.is_stopped() {
    ///     n += 1;
    /// }
    /// assert_eq!(n, 1000);
    /// ```
    pub fn is_stopped(&self) -> bool {
        self.control.stop.load(Ordering::Relaxed)
    }
}

impl Control {
    pub fn new(job: u64, tell: Tell) -> Self {
        Control {
            job,
            stop: AtomicBool::new(false),
            progress: AtomicU64::new(NONE),
            told_ms: AtomicU64::new(u64::MAX),
            begun: Instant::now(),
            tell,
        }
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Tells the last progress, if it came too soon after the one before to be told then.
    pub fn tell_last(&self) {
        let last = f64::from_bits(self.progress.load(Ordering::Relaxed));
        if !last.is_nan() {
            (self.tell)(self.job, last);
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "job {}", self.control.job)
    }
}
