//! What `pool.health()` shows.

#[cfg(all(test, not(target_arch = "wasm32")))]
use std::collections::BTreeMap;

use serde::Serialize;

use super::vocabulary::{Report, TaskId};
use super::{Coordinator, Phase, Time};

/// The pool at a moment, as of the last messages that were heard.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `starting`, `serving`, `recycling`, `restarting`, `exiting` or `exited`.
    pub phase: &'static str,
    /// Why restarts are far apart, while they are.
    pub degraded: Option<String>,
    pub generations: Vec<GenerationHealth>,
    pub threads: Vec<ThreadHealth>,
    pub queue: QueueHealth,
    pub counters: Counters,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerationHealth {
    pub generation: u32,
    /// `starting`, `serving`, `draining` or `retiring`.
    pub phase: &'static str,
    /// `memory.buffer`, in bytes, at the newest report.
    pub reserved: u64,
    /// What the allocator has handed out, in bytes.
    pub live: u64,
    /// The most that was live, in bytes.
    pub peak: u64,
    /// The most that may be reserved, in bytes: what the device granted.
    pub limit: u64,
    /// `memory.limit`: what was asked for, in bytes.
    pub limit_asked: u64,
    pub in_flight: usize,
    pub jobs_done: u64,
    pub age_ms: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadHealth {
    pub generation: u32,
    pub thread: u32,
    /// The jobs on its stack, outermost first.
    pub busy: Vec<BusyHealth>,
    pub jobs_done: u64,
    pub reported_ms_ago: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BusyHealth {
    pub job: u64,
    pub task: Option<String>,
    pub for_ms: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueHealth {
    pub length: usize,
    pub max: usize,
}

/// Since the pool was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    pub submitted: u64,
    pub fulfilled: u64,
    pub rejected: u64,
    pub recycles: u64,
    /// Generations that died or were ended by force with jobs in them.
    pub lost: u64,
    pub failed_starts: u64,
}

impl Coordinator {
    /// The pool at `now`, as of what was heard by then. `task_name` says what a task is called. Allocates; meant for a few
    /// calls a second. No deadline expires by it.
    pub fn health(&self, now: Time, task_name: impl Fn(TaskId) -> Option<String>) -> Health {
        let now = self.now.max(now);
        let mut generations = Vec::new();
        let mut threads = Vec::new();
        for (id, generation) in &self.generations {
            let newest = generation.newest_report();
            let bytes = |read: fn(&Report) -> u64| newest.map_or(0, read);
            generations.push(GenerationHealth {
                generation: id.0,
                phase: generation.phase_name(),
                reserved: bytes(|report| report.reserved),
                live: bytes(|report| report.live),
                peak: bytes(|report| report.peak),
                limit: generation.limit,
                limit_asked: self.config.limit,
                in_flight: generation.jobs.len(),
                jobs_done: generation.ended,
                age_ms: now.ms_since(generation.started_at),
            });
            for (&thread, (report, at)) in &generation.reports {
                let ago = now.ms_since(*at);
                // A job that has ended since the report is not shown as running.
                let running = report.busy.iter().filter(|busy| generation.jobs.contains(&busy.job));
                let busy = running.map(|busy| BusyHealth {
                    job: busy.job.0,
                    task: self.jobs.get(&busy.job).and_then(|job| task_name(job.call.task)),
                    for_ms: busy.for_ms + ago,
                });
                threads.push(ThreadHealth {
                    generation: id.0,
                    thread,
                    busy: busy.collect(),
                    jobs_done: report.jobs_done,
                    reported_ms_ago: ago,
                });
            }
        }
        Health {
            phase: self.phase_name(),
            degraded: self.restart.degraded().map(String::from),
            generations,
            threads,
            queue: QueueHealth { length: self.queue.len(), max: self.queue.max() },
            counters: self.counters,
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
            Phase::Replacing { .. } | Phase::Emptying { .. } => "recycling",
            Phase::Restarting { after: Some(_), .. } | Phase::Pausing { after: Some(_) } => "recycling",
            Phase::Restarting { after: None, .. } | Phase::Pausing { after: None } => "restarting",
            Phase::Exiting { .. } => "exiting",
        }
    }
}
