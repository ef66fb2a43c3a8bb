//! The words the coordinator and its driver share: what goes in, what comes out.

use std::fmt;

/// The number of one life of a pool. It never repeats within a pool, also not across `exit` and `init`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GenerationId(pub u32);

/// The number of one call of a task. Given by the driver, rising, never repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// The number of a task in the list of registered names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What happened. Handed to [`Coordinator::handle`](super::Coordinator::handle) with the time at which it was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The user wants the pool to live: `Pool.start` or `pool.init()`.
    Start,
    /// The user called a task.
    Submit(Call),
    /// The user's `signal` aborted.
    Abort(JobId),
    /// Somebody wants a fresh generation.
    Recycle(Reason),
    /// The user wants the pool to end: `pool.exit()`.
    Exit,
    /// A generation said something, or something was seen of it.
    Heard(GenerationId, Message),
    /// Time passed. Spurious ones are harmless.
    Tick,
}

/// One call of a task, as the user made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub job: JobId,
    pub task: TaskId,
    /// Higher runs earlier; equal ones in the order of their calls.
    pub priority: i32,
    /// How long it may run, from the start of the run.
    pub timeout_ms: Option<f64>,
    /// How long it may wait for its start.
    pub queue_timeout_ms: Option<f64>,
    /// Whether it may run again when a generation was lost under it (invariant 2).
    pub idempotent: bool,
}

/// What is heard of a generation.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The leader's script is loaded and listens.
    Hello,
    /// Its memory is made. `limit` is the maximum that the device granted, in bytes.
    Granted { limit: u64 },
    /// Threads are up and `on_start` is done.
    Ready,
    /// It could not start.
    StartFailed { cause: String },
    /// A thread began this job. Only said of jobs with a timeout.
    JobStarted(JobId),
    /// A job ended; what it said is with the driver.
    JobEnded(JobId, Ending),
    /// A thread's health.
    Reported(Report),
    /// A trap, an abort, a worker that ended by itself.
    Died { cause: String },
    /// All its threads are gone; nothing calls into its memory any more.
    Retired,
}

/// How a job ended in its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a result.
    Fulfilled,
    /// With an error of its own: the driver has its code.
    Rejected,
}

/// A thread's health message. Bytes are of the whole generation: its threads share one memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub thread: u32,
    /// `memory.buffer`: what the instance holds of the machine.
    pub reserved: u64,
    /// What the allocator has handed out.
    pub live: u64,
    /// The most that was live since the generation began.
    pub peak: u64,
    pub jobs_done: u64,
    /// The jobs on this thread's stack, outermost first, and how long each has been there.
    pub busy: Vec<Busy>,
}

/// A job on a thread's stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Busy {
    pub job: JobId,
    pub for_ms: f64,
}

/// Why a generation is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `pool.recycle()`.
    Requested,
    /// A job outlived its timeout and passes no checkpoint.
    Hang,
}

impl Reason {
    pub fn name(self) -> &'static str {
        match self {
            Reason::Requested => "requested",
            Reason::Hang => "hang",
        }
    }
}

/// What the driver has to do. In order, each once.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Output {
    /// Start a generation: its leader, memory, threads, `on_start`.
    Start(GenerationId),
    /// Hand a job to a generation. With `announce`, its start has to be told.
    Post { generation: GenerationId, job: JobId, task: TaskId, announce: bool },
    /// Ask a running job to end at its next checkpoint.
    Stop { generation: GenerationId, job: JobId },
    /// End a generation that has no job left, so that its memory returns at once.
    Retire(GenerationId),
    /// End a generation by force, or put away one that has retired. The last word about it.
    Terminate(GenerationId),
    /// Settle a job's promise: the only time for this job (invariant 1).
    Settle { job: JobId, settlement: Settlement },
    /// Tell the user.
    Emit(Event),
}

/// With what a job's promise settles.
#[derive(Clone, Debug, PartialEq)]
pub enum Settlement {
    /// With what its generation said last: a result or an error.
    AsSaid,
    /// Its signal aborted.
    Cancelled,
    /// It ran longer than it may.
    TimedOut { after_ms: f64 },
    /// It waited longer than it may.
    QueueTimedOut { after_ms: f64 },
    /// The queue has no place.
    QueueFull { max_queue: usize },
    /// Its generation was lost under it.
    GenerationLost { generation: GenerationId, cause: String },
    /// No generation can be started.
    StartFailed { cause: String },
    /// The pool has ended, or ends.
    PoolExited,
}

/// What the user is told, and what the pool's own promises (`start`, `recycle`, `exit`) wait for.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The pool serves.
    Started { generation: GenerationId },
    /// The first start failed; the pool has exited.
    StartFailed { cause: String },
    /// The device refused the limit that was asked for, and granted less, in bytes.
    LimitReduced { generation: GenerationId, asked: u64, granted: u64 },
    /// A thread reported.
    Reported { generation: GenerationId, report: Report },
    /// A replacement begins.
    RecycleStarted { from: GenerationId, to: GenerationId, reason: Reason },
    /// The old generation has ended.
    RecycleEnded(Recycled),
    /// The replacement came to nothing; the old generation serves on where there is one.
    RecycleFailed { from: GenerationId, reason: Reason, cause: String },
    /// A generation was lost with these many jobs in it.
    GenerationLost { generation: GenerationId, cause: String, rerun: usize, rejected: usize },
    /// Deaths or failed starts came too fast; restarts are now far apart.
    Degraded { cause: String },
    /// A generation serves again after that.
    Recovered { generation: GenerationId },
    /// Nothing of the pool is left.
    Exited,
}

/// How a replacement went.
#[derive(Clone, Debug, PartialEq)]
pub struct Recycled {
    pub from: GenerationId,
    pub to: GenerationId,
    pub reason: Reason,
    /// How long no generation took jobs. 0 where the new one was up before the old one stopped.
    pub pause_ms: f64,
    /// From the wish to the old generation's end.
    pub total_ms: f64,
    /// What the old generation's memory held at its last report.
    pub bytes_freed: u64,
}

impl Settlement {
    /// The stable `code` of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Settlement::AsSaid => "",
            Settlement::Cancelled => "Cancelled",
            Settlement::TimedOut { .. } => "TimedOut",
            Settlement::QueueTimedOut { .. } => "QueueTimedOut",
            Settlement::QueueFull { .. } => "QueueFull",
            Settlement::GenerationLost { .. } => "GenerationLost",
            Settlement::StartFailed { .. } => "StartFailed",
            Settlement::PoolExited => "PoolExited",
        }
    }
}

impl fmt::Display for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Settlement::AsSaid => f.write_str("as its generation said"),
            Settlement::Cancelled => f.write_str("cancelled by its signal"),
            Settlement::TimedOut { after_ms } => write!(f, "still running after its timeout of {after_ms} ms"),
            Settlement::QueueTimedOut { after_ms } => {
                write!(f, "not begun after {after_ms:.0} ms, longer than its queueTimeout")
            }
            Settlement::QueueFull { max_queue } => {
                write!(f, "{max_queue} jobs wait already: await some results before the next calls, or raise maxQueue")
            }
            Settlement::GenerationLost { generation, cause } => write!(
                f,
                "generation {generation} was lost while this job was in it: {cause}. With idempotent: true it would run again"
            ),
            Settlement::StartFailed { cause } => write!(f, "no generation can be started: {cause}"),
            Settlement::PoolExited => f.write_str("the pool has exited; init() starts it again"),
        }
    }
}
