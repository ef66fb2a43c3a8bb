//! What a pool may use and how long things may take, checked.

mod bytes;
mod given;
mod section;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

pub use bytes::parse_bytes;
pub use given::Given;

use section::Section;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// What wasm-bindgen gives a thread of its own accord.
const STACK_SIZE: u64 = 2 * MIB;
/// A WebAssembly page.
const PAGE: u64 = 1 << 16;

/// The options of `Pool.start`, complete and within their bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Rayon threads of a generation.
    pub threads: u32,
    /// Bytes of each thread's stack; a whole number of pages.
    pub stack_size: u32,
    /// Bytes a generation's memory may reach; a whole number of pages.
    pub limit: u64,
    /// Bytes that all live generations may reserve together.
    pub budget: u64,
    /// Whether two generations may live at a time.
    pub overlap: Overlap,
    /// Where a generation's memory is full enough to be renewed.
    pub recycle_at: Line,
    /// Where no more jobs are started in it.
    pub critical_at: Line,
    /// When and how often generations are replaced.
    pub recycle: RecyclePolicy,
    /// How many deaths are borne.
    pub restart: RestartIntensity,
    /// Jobs that may wait.
    pub max_queue: usize,
    /// How often a busy thread's health is told, in milliseconds.
    pub report_interval_ms: f64,
    /// How long a generation may take to be up, from its leader's first message.
    pub start_timeout_ms: f64,
    /// How long `exit`, and the drain of a recycle, may take before what is left is ended by force.
    pub exit_timeout_ms: f64,
    /// Whether the crate has a `#[snapshot]` function. Not an option of the user's.
    pub snapshots: bool,
}

/// A line in a generation's memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Line {
    /// A part of the limit, from 0 to 1.
    Part(f64),
    /// From the beginning.
    Bytes(u64),
}

impl Line {
    /// Where it is in a memory of this limit.
    pub fn bytes(self, limit: u64) -> u64 {
        match self {
            Line::Part(part) => (limit as f64 * part) as u64,
            Line::Bytes(bytes) => bytes.min(limit),
        }
    }
}

/// When a generation is replaced for other reasons than its memory, and how much of the time that may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecyclePolicy {
    /// How old a generation may get, in milliseconds.
    pub max_age_ms: Option<f64>,
    /// How many jobs a generation may be given.
    pub max_jobs: Option<u64>,
    /// The part of the time that planned recycles may take, above 0 and up to 1.
    pub share: f64,
}

/// Whether the new generation starts beside the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// The new one is up before the old one stops taking jobs: no pause, two memories.
    BlueGreen,
    /// The old one ends before the new one starts: a pause, one memory.
    DrainFirst,
}

/// How many deaths and failed starts are borne.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RestartIntensity {
    /// So many failures
    pub max: u32,
    /// within so many milliseconds.
    pub within_ms: f64,
}

/// An option that cannot be taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the option `{field}` is {value}; accepted: {accepted}")]
pub struct BadConfig {
    /// Its path, as `memory.limit`.
    pub field: String,
    /// What was given.
    pub value: String,
    /// What would do.
    pub accepted: String,
}

impl Config {
    /// Reads the options of `Pool.start`, but `input`, `workerUrl` and `userTiming`, which are the driver's own. `cores` is used where
    /// `threads` is not given.
    pub fn from_options(options: impl Into<Given>, cores: u32) -> Result<Config, BadConfig> {
        Self::from_given(&options.into(), cores)
    }

    fn from_given(options: &Given, cores: u32) -> Result<Config, BadConfig> {
        let root = Section::root(options)?;
        root.only(&[
            "threads",
            "stackSize",
            "memory",
            "recycle",
            "restart",
            "input",
            "maxQueue",
            "reportInterval",
            "startTimeout",
            "exitTimeout",
            "workerUrl",
            "userTiming",
        ])?;
        let memory = root.section("memory")?;
        memory.only(&["limit", "budget", "recycleAt", "criticalAt", "overlap"])?;
        let recycle = root.section("recycle")?;
        recycle.only(&["maxAge", "maxJobs", "share"])?;
        let restart = root.section("restart")?;
        restart.only(&["max", "within"])?;

        let limit = memory.bytes("limit", MIB, 4 * GIB)?.unwrap_or(GIB) / PAGE * PAGE;
        let budget = memory.bytes("budget", limit, u64::MAX >> 12)?.unwrap_or(limit.saturating_mul(2));
        let overlap = match memory.word("overlap", &["auto", "blue-green", "drain-first"])? {
            Some("blue-green") if budget < limit * 2 => {
                return Err(BadConfig {
                    field: "memory.overlap".into(),
                    value: "\"blue-green\"".into(),
                    accepted: format!(
                        "\"auto\" or \"drain-first\" with this budget: two memories of {limit} bytes do not fit {budget}"
                    ),
                });
            }
            Some("blue-green") => Overlap::BlueGreen,
            Some("drain-first") => Overlap::DrainFirst,
            _ if budget >= limit * 2 => Overlap::BlueGreen,
            _ => Overlap::DrainFirst,
        };
        let recycle_at = memory.line("recycleAt", limit)?;
        let critical_at = memory.line("criticalAt", limit)?;
        // One that is given moves the other's default, never past it.
        let (recycle_at, critical_at) = match (recycle_at, critical_at) {
            (Some(recycle_at), Some(critical_at)) if recycle_at.bytes(limit) > critical_at.bytes(limit) => {
                let accepted = format!("a line at or above memory.recycleAt, {} bytes", recycle_at.bytes(limit));
                return Err(memory.refused("criticalAt", accepted));
            }
            (recycle_at, critical_at) => {
                let recycle_at = recycle_at.unwrap_or(Line::Part(0.75));
                let critical_at = critical_at.unwrap_or(Line::Part(0.9));
                match recycle_at.bytes(limit) > critical_at.bytes(limit) {
                    true if memory.is_given("recycleAt") => (recycle_at, recycle_at),
                    true => (critical_at, critical_at),
                    false => (recycle_at, critical_at),
                }
            }
        };
        Ok(Config {
            threads: root.whole("threads", 1, 256)?.unwrap_or(cores.clamp(1, 256).into()) as u32,
            stack_size: root.pages("stackSize", 2 * PAGE, GIB)?.unwrap_or(STACK_SIZE) as u32,
            limit,
            budget,
            overlap,
            recycle_at,
            critical_at,
            recycle: RecyclePolicy {
                max_age_ms: recycle.ms("maxAge", 1.0)?,
                max_jobs: recycle.whole("maxJobs", 1, 1 << 52)?.map(|max| max as u64),
                share: recycle.number("share", 0.001, 1.0)?.unwrap_or(0.2),
            },
            restart: RestartIntensity {
                max: restart.whole("max", 0, 1000)?.unwrap_or(5) as u32,
                within_ms: restart.ms("within", 1.0)?.unwrap_or(30_000.0),
            },
            max_queue: root.whole("maxQueue", 1, 1 << 24)?.unwrap_or(1024) as usize,
            report_interval_ms: root.ms("reportInterval", 10.0)?.unwrap_or(250.0),
            start_timeout_ms: root.ms("startTimeout", 1.0)?.unwrap_or(10_000.0),
            exit_timeout_ms: root.ms("exitTimeout", 0.0)?.unwrap_or(20_000.0),
            snapshots: false,
        })
    }

    /// Jobs a generation has at a time: one a thread, and one more so that no thread waits for the next.
    pub fn credits(&self) -> usize {
        self.threads as usize + 1
    }
}

/// The options of one `run`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RunOptions {
    /// As in [`Call`](super::Call).
    pub priority: i32,
    /// As in [`Call`](super::Call).
    pub timeout_ms: Option<f64>,
    /// As in [`Call`](super::Call).
    pub queue_timeout_ms: Option<f64>,
    /// As in [`Call`](super::Call).
    pub idempotent: bool,
    /// As in [`Call`](super::Call).
    pub memory: Option<u64>,
}

impl RunOptions {
    /// Reads what of `run`'s options is not the driver's own (`signal`, `transfer`, `onProgress`).
    pub fn from_options(options: impl Into<Given>) -> Result<RunOptions, BadConfig> {
        Self::from_given(&options.into())
    }

    fn from_given(options: &Given) -> Result<RunOptions, BadConfig> {
        let root = Section::root(options)?;
        root.only(&[
            "signal",
            "timeout",
            "queueTimeout",
            "priority",
            "idempotent",
            "memory",
            "transfer",
            "onProgress",
        ])?;
        Ok(RunOptions {
            priority: root.whole("priority", -1_000_000, 1_000_000)?.unwrap_or(0) as i32,
            timeout_ms: root.ms("timeout", 0.0)?,
            queue_timeout_ms: root.ms("queueTimeout", 0.0)?,
            idempotent: root.flag("idempotent")?.unwrap_or(false),
            memory: root.bytes("memory", 0, 4 * GIB)?,
        })
    }
}
