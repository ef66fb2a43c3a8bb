//! The words the coordinator and its driver share: what goes in, what comes out.

use std::fmt;

use crate::decimal::Decimal;

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
    /// Its number.
    pub job: JobId,
    /// What is called.
    pub task: TaskId,
    /// Higher runs earlier; equal ones in the order of their calls.
    pub priority: i32,
    /// How long it may run, from the start of the run.
    pub timeout_ms: Option<f64>,
    /// How long it may wait for its start.
    pub queue_timeout_ms: Option<f64>,
    /// Whether it may run again when a generation was lost under it (invariant 2).
    pub idempotent: bool,
    /// The most bytes it takes, as its caller says.
    pub memory: Option<u64>,
}

/// What is heard of a generation.
#[allow(missing_docs)] // Fields: named in the sentence of their variant.
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
    /// A job ended after it ran for `ran_ms`; what it said is with the driver.
    JobEnded { job: JobId, ending: Ending, ran_ms: f64 },
    /// A thread's health.
    Reported(Report),
    /// The snapshot that was asked for is with the driver; or why there is none.
    Snapshot(Result<(), String>),
    /// The leader's answer to [`Output::Ask`].
    Answered,
    /// A thread trapped, told past its leader: what the generation said before may still be on its way.
    Trapped { cause: String },
    /// A trap, an abort, a worker that ended by itself. Nothing comes after it.
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
    /// The memory had no room for it. What it held is free again.
    Exhausted,
    /// An exception of JavaScript has left it, past most of what it would have dropped: what it held may stay held.
    Threw,
}

/// A thread's health message. Bytes are of the whole generation: its threads share one memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Who reports, from 0.
    pub thread: u32,
    /// `memory.buffer`: what the instance holds of the machine.
    pub reserved: u64,
    /// What the allocator has handed out.
    pub live: u64,
    /// The most that was live since a job last began.
    pub peak: u64,
    /// Jobs that this thread has ended.
    pub jobs_done: u64,
    /// How long this thread has had a job on its stack, in milliseconds since its generation began.
    pub worked_ms: f64,
    /// The jobs on this thread's stack, outermost first, and how long each has been there.
    pub busy: Vec<Busy>,
}

/// A job on a thread's stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Busy {
    /// Its number.
    pub job: JobId,
    /// In milliseconds.
    pub for_ms: f64,
}

/// Why a generation is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `pool.recycle()`.
    Requested,
    /// A job outlived its timeout and passes no checkpoint.
    Hang,
    /// The memory is nearly full, or grows so fast that it will be before a successor is up.
    Pressure,
    /// A job that waits would not fit beside what is there, and would in a fresh generation.
    Admission,
    /// A job found no memory, and may run once more, alone, in a fresh generation.
    Exhausted,
    /// The generation is older than `recycle.maxAge`.
    Age,
    /// It was given `recycle.maxJobs` jobs.
    Jobs,
    /// An exception of JavaScript has left a job in it.
    Exception,
    /// Nothing runs, and much is reserved that nothing uses.
    Idle,
}

impl Reason {
    /// As events say it.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Requested => "requested",
            Reason::Hang => "hang",
            Reason::Pressure => "pressure",
            Reason::Admission => "admission",
            Reason::Exhausted => "exhausted",
            Reason::Age => "age",
            Reason::Jobs => "jobs",
            Reason::Exception => "exception",
            Reason::Idle => "idle",
        }
    }

    /// Whether the pool does it of its own accord, in good time: such recycles are bounded by their share of time, and none
    /// takes a running job with it unless memory is needed.
    pub fn is_planned(self) -> bool {
        !matches!(self, Reason::Requested | Reason::Hang)
    }
}

/// How near a generation is to the end of its memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Far from it.
    #[default]
    Calm,
    /// Over `memory.recycleAt`, or soon at the limit.
    High,
    /// Over `memory.criticalAt`: no job is started in it but to keep the queue from standing still.
    Critical,
}

impl Level {
    /// As events say it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Calm => "calm",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }
}

/// What the driver has to do. In order, each once.
#[allow(missing_docs)] // Fields: named in the sentence of their variant.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Output {
    /// Start a generation: its leader, memory, threads, `on_start`.
    Start(GenerationId),
    /// Hand a job to a generation. With `announce`, its start has to be told.
    Post { generation: GenerationId, job: JobId, task: TaskId, announce: bool },
    /// Ask a generation for a snapshot.
    Snapshot(GenerationId),
    /// Ask a running job to end at its next checkpoint.
    Stop { generation: GenerationId, job: JobId },
    /// Ask a leader to answer: it was not heard for some time.
    Ask(GenerationId),
    /// End a generation that has no job left, so that its memory returns at once.
    Retire(GenerationId),
    /// End a generation by force, or put away one that has retired. The last word about it.
    Terminate(GenerationId),
    /// Settle a job's promise: the only time for this job (invariant 1).
    Settle { job: JobId, settlement: Settlement },
    /// Tell the user.
    Emit(Event),
}

/// Whether a call would be served.
#[derive(Clone, Debug, PartialEq)]
pub enum Readiness {
    /// A generation takes jobs.
    Serves,
    /// One is on its way: a call waits for it.
    Starts,
    /// A call is refused with this.
    Refuses(Settlement),
}

/// With what a job's promise settles.
#[allow(missing_docs)] // Fields: named in the sentence of their variant.
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
    /// Its generation was lost under it. `runs`: how many it has had, if it may run again.
    GenerationLost { generation: GenerationId, cause: String, runs: Option<u32> },
    /// No generation can be started.
    StartFailed { cause: String },
    /// It says that it needs more memory than there can be.
    MemoryExhausted { requested: u64, live: u64, limit: u64 },
    /// The pool has ended, or ends.
    PoolExited,
}

/// What the user is told, and what the pool's own promises (`start`, `recycle`, `exit`) wait for.
#[allow(missing_docs)] // Fields: named in the sentence of their variant.
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
    /// The memory of the current generation is nearer to its end than it was, or farther from it.
    Pressure(Pressure),
    /// A generation gave no snapshot; its successor starts with the last one that there is.
    SnapshotFailed { generation: GenerationId, cause: String },
    /// The queue is three quarters full: calls come faster than they are served.
    Backpressure { length: usize, max: usize },
    /// After that, the queue is down to a quarter.
    Drain { length: usize, max: usize },
    /// Deaths or failed starts came too fast, and restarts are now far apart; or recycles would take more than their share
    /// of the time, and jobs wait for memory.
    Degraded { cause: String },
    /// It is over.
    Recovered { generation: GenerationId },
    /// Nothing of the pool is left.
    Exited,
}

/// How a replacement went.
#[derive(Clone, Debug, PartialEq)]
pub struct Recycled {
    /// The old one.
    pub from: GenerationId,
    /// The new one.
    pub to: GenerationId,
    /// Why.
    pub reason: Reason,
    /// How long no generation took jobs. 0 where the new one was up before the old one stopped.
    pub pause_ms: f64,
    /// From the wish to the old generation's end.
    pub total_ms: f64,
    /// What the old generation's memory held at its last report.
    pub bytes_freed: u64,
}

/// The memory of a generation, as it is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Pressure {
    /// Whose.
    pub generation: GenerationId,
    /// As it is now.
    pub level: Level,
    /// What its memory holds of the machine, in bytes.
    pub reserved: u64,
    /// What the allocator has handed out, in bytes.
    pub live: u64,
    /// The most that may be reserved, in bytes.
    pub limit: u64,
    /// How long it takes to the limit as it goes now; none where it does not rise.
    pub ms_to_limit: Option<f64>,
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
            Settlement::MemoryExhausted { .. } => "MemoryExhausted",
            Settlement::PoolExited => "PoolExited",
        }
    }
}

impl fmt::Display for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Settlement::AsSaid => f.write_str("as its generation said"),
            Settlement::Cancelled => f.write_str("cancelled by its signal"),
            Settlement::TimedOut { after_ms } => {
                write!(f, "still running after its timeout of {} ms", Decimal(*after_ms))
            }
            Settlement::QueueTimedOut { after_ms } => {
                write!(f, "not begun after {} ms, longer than its queueTimeout", Decimal(after_ms.round()))
            }
            Settlement::QueueFull { max_queue } => {
                write!(f, "{max_queue} jobs wait already: await some results before the next calls, or raise maxQueue")
            }
            Settlement::GenerationLost { generation, cause, runs } => {
                write!(f, "generation {generation} was lost while this job was in it: {cause}. ")?;
                match runs {
                    None => f.write_str("With idempotent: true it would run again"),
                    Some(runs) => write!(f, "It has run {runs} times, and is not run again"),
                }
            }
            Settlement::StartFailed { cause } => write!(f, "no generation can be started: {cause}"),
            Settlement::MemoryExhausted { requested, live, limit } => write!(
                f,
                "its memory of {requested} bytes does not fit: {live} of {limit} are in use in a fresh generation; raise memory.limit"
            ),
            Settlement::PoolExited => f.write_str("the pool has exited; init() starts it again"),
        }
    }
}
