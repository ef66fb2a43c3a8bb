//! What `pool.health()` shows.

#[cfg(all(test, not(target_arch = "wasm32")))]
use std::collections::BTreeMap;

use serde::Serialize;

use super::vocabulary::{JobId, TaskId};
use super::{Config, Coordinator, Phase, Time};

/// The pool at a moment, as of the last messages that were heard.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `starting`, `serving`, `recycling`, `restarting`, `exiting` or `exited`.
    pub phase: &'static str,
    /// Why the pool cannot keep up, while it cannot: restarts are far apart, or jobs wait for memory and recycles have used up
    /// their share of the time.
    pub degraded: Option<String>,
    /// Those that live, the oldest first.
    pub generations: Vec<GenerationHealth>,
    /// Of each generation, as far as they have reported.
    pub threads: Vec<ThreadHealth>,
    /// All generations together.
    pub memory: MemoryHealth,
    /// What waits.
    pub queue: QueueHealth,
    /// How long jobs took.
    pub latency: LatencyHealth,
    /// What has been.
    pub counters: Counters,
}

/// How long jobs took that ran to their end, since the pool was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LatencyHealth {
    /// From the call until it was given to a generation.
    pub queue: Quantiles,
    /// On a thread.
    pub run: Quantiles,
    /// From the call to its settlement.
    pub settle: Quantiles,
}

/// Times in milliseconds; quantiles are told at most a quarter too high.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quantiles {
    /// Of how many.
    pub count: u64,
    /// Half of them took no longer.
    pub p50: Option<f64>,
    /// Nine tenths.
    pub p90: Option<f64>,
    /// 99 of 100.
    pub p99: Option<f64>,
    /// The longest, exact.
    pub max: Option<f64>,
}

/// The memory of a pool, in bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryHealth {
    /// What all live generations hold of the machine, as they reported last.
    pub reserved: u64,
    /// The most they may hold together.
    pub budget: u64,
    /// The most that each may.
    pub limit: u64,
    /// Where a generation is full enough to be renewed.
    pub recycle_at: u64,
    /// Where no more jobs are started in it.
    pub critical_at: u64,
}

/// One life of the pool.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerationHealth {
    /// Its number.
    pub generation: u32,
    /// `starting`, `serving`, `draining` or `retiring`.
    pub phase: &'static str,
    /// `calm`, `high` (over `memory.recycleAt`, or soon at the limit) or `critical`.
    pub pressure: &'static str,
    /// `memory.buffer`, in bytes, at the newest report.
    pub reserved: u64,
    /// What the allocator has handed out, in bytes.
    pub live: u64,
    /// The most that was live in its life, in bytes.
    pub peak: u64,
    /// The most that may be reserved, in bytes: what the device granted.
    pub limit: u64,
    /// `memory.limit`: what was asked for, in bytes.
    pub limit_asked: u64,
    /// Jobs it was given that have not ended.
    pub in_flight: usize,
    /// Jobs it has ended.
    pub jobs_done: u64,
    /// Since its start began, in milliseconds.
    pub age_ms: f64,
}

/// A thread of a generation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadHealth {
    /// Its generation's number.
    pub generation: u32,
    /// Its number, from 0.
    pub thread: u32,
    /// `asleep` with nothing to do, however long it is silent; `busy`; `stuck` in a job that has outlived its timeout and the
    /// time to stop after it.
    pub state: &'static str,
    /// The jobs on its stack, outermost first.
    pub busy: Vec<BusyHealth>,
    /// What part of the time it has had jobs.
    pub utilisation: Utilisation,
    /// Jobs it has ended.
    pub jobs_done: u64,
    /// How old this is, in milliseconds.
    pub reported_ms_ago: f64,
}

/// The part of the time in which a thread had a job on its stack, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Utilisation {
    /// Of the last five seconds, or since its generation was up.
    pub recent: f64,
    /// Since its generation was up.
    pub total: f64,
}

/// A job on a thread's stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BusyHealth {
    /// Its number.
    pub job: u64,
    /// Its task's name.
    pub task: Option<String>,
    /// How long it has been there, in milliseconds.
    pub for_ms: f64,
}

/// Jobs that wait.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueHealth {
    /// How many.
    pub length: usize,
    /// How many may.
    pub max: usize,
}

/// Since the pool was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Calls, those too that were refused: for the queue's bound, for want of a generation, after `exit`.
    pub submitted: u64,
    /// Those that gave a result.
    pub fulfilled: u64,
    /// Those that gave an error, were refused, timed out or were aborted.
    pub rejected: u64,
    /// Generations that were replaced.
    pub recycles: u64,
    /// Generations that died or were ended by force, but for `exit`.
    pub lost: u64,
    /// Starts that came to nothing, each try of one counted.
    pub failed_starts: u64,
    /// Recycles for pressure after which the new generation held about as much as the old one. They are repeated ever later.
    pub futile_recycles: u64,
}

impl Coordinator {
    /// The pool at `now`, as of what was heard by then. `task_name` says what a task is called. Allocates; meant for a few
    /// calls a second. No deadline expires by it.
    pub fn health(&self, now: Time, task_name: impl Fn(TaskId) -> Option<String>) -> Health {
        let now = self.now.max(now);
        let mut generations = Vec::new();
        let mut threads = Vec::new();
        for (id, generation) in self.generations.iter() {
            let gauge = &generation.gauge;
            generations.push(GenerationHealth {
                generation: id.0,
                phase: generation.phase_name(),
                pressure: generation.level.name(),
                reserved: gauge.reserved(),
                live: gauge.live(),
                peak: gauge.peak(),
                limit: generation.limit,
                limit_asked: self.config.limit,
                in_flight: generation.jobs.len(),
                jobs_done: generation.ended,
                age_ms: now.ms_since(generation.started_at),
            });
            for (number, thread) in generation.threads.iter() {
                let report = &thread.report;
                let ago = now.ms_since(thread.reported_at);
                // A job that has ended since the report is not shown as running.
                let running = report.busy.iter().filter(|busy| generation.jobs.contains(busy.job));
                let busy = running.map(|busy| BusyHealth {
                    job: busy.job.0,
                    task: self.jobs.get(&busy.job).and_then(|job| task_name(job.call.task)),
                    for_ms: busy.for_ms + ago,
                });
                let busy: Vec<BusyHealth> = busy.collect();
                threads.push(ThreadHealth {
                    generation: id.0,
                    thread: number,
                    state: self.thread_state(&busy),
                    utilisation: thread.usage.share(now, generation.ready_at, !busy.is_empty()),
                    busy,
                    jobs_done: report.jobs_done,
                    reported_ms_ago: ago,
                });
            }
        }
        Health {
            phase: self.phase_name(),
            degraded: self.degraded(),
            generations,
            threads,
            memory: self.memory_health(),
            queue: QueueHealth { length: self.queue.len(), max: self.queue.max() },
            latency: self.latency.health(),
            counters: self.counters,
        }
    }

    fn memory_health(&self) -> MemoryHealth {
        let Config { budget, limit, recycle_at, critical_at, .. } = self.config;
        MemoryHealth {
            reserved: self
                .generations
                .values()
                .map(|generation| generation.gauge.reserved())
                .fold(0, u64::saturating_add),
            budget,
            limit,
            recycle_at: recycle_at.bytes(limit),
            critical_at: critical_at.bytes(limit),
        }
    }

    /// Judged by its jobs alone. Silence says nothing: a thread that is dead is told of, and gone with its generation.
    fn thread_state(&self, busy: &[BusyHealth]) -> &'static str {
        match busy {
            [] => "asleep",
            jobs if jobs.iter().any(|busy| self.is_hung(JobId(busy.job))) => "stuck",
            _ => "busy",
        }
    }

    /// How many live generations and jobs there are, by phase: for the tests' invariants.
    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn generation_phases(&self) -> BTreeMap<u32, &'static str> {
        self.generations.iter().map(|(id, generation)| (id.0, generation.phase_name())).collect()
    }

    fn phase_name(&self) -> &'static str {
        match self.phase {
            Phase::Exited => "exited",
            Phase::FirstStart { .. } => "starting",
            Phase::Serving { .. } => "serving",
            Phase::Snapshotting { .. } | Phase::Replacing { .. } | Phase::Emptying { .. } => "recycling",
            Phase::Restarting { after: Some(_), .. } | Phase::Pausing { after: Some(_) } => "recycling",
            Phase::Restarting { after: None, .. } | Phase::Pausing { after: None } => "restarting",
            Phase::Exiting { .. } => "exiting",
        }
    }
}
