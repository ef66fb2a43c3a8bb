//! A job settles exactly once (1), for a reason, in time, and runs once unless it may run again (2).

use std::collections::BTreeMap;

use perennial::coordinator::{Call, Ending, GenerationId, Health, JobId, Settlement};

use crate::adapter;

use super::{Told, Turn, Verdict, must};

const ONCE: &str = "1: a job settles exactly once";
const REASON: &str = "1: a job settles for a reason";
const RUNS: &str = "2: a job runs once";
const QUEUE: &str = "7: the queue has a bound";
const DEADLINE: &str = "7: a deadline is kept";
/// What rounding to milliseconds and microseconds may cost.
const ROUNDING_MS: f64 = 0.01;
/// Silence as long as this may be time that nobody lived.
const GAP_MS: f64 = 1_500.0;

#[derive(Debug)]
struct Job {
    call: Call,
    phase: Phase,
    runs: u32,
    called_ms: f64,
    /// When its begin was heard.
    began_ms: Option<f64>,
    /// How much time nobody had lived when the last of these was set.
    gaps_ms: f64,
    is_aborted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Waiting,
    Posted(GenerationId),
    /// Its end was told in this turn; with whether it may be tried again.
    Ended(GenerationId, bool),
    /// Its generation has ended in this turn.
    HandedBack(GenerationId),
}

#[derive(Debug)]
pub struct Jobs {
    open: BTreeMap<JobId, Job>,
    called: u64,
    last_served: Option<JobId>,
    max_queue: usize,
    /// Time that passed in silence: deadlines may move on by it.
    gaps_ms: f64,
}

impl Jobs {
    pub fn new(max_queue: usize) -> Self {
        Jobs { open: BTreeMap::new(), called: 0, last_served: None, max_queue, gaps_ms: 0.0 }
    }

    pub fn submitted(&mut self, now_ms: f64, call: &Call) {
        self.called = self.called.max(call.job.0);
        let job = Job {
            call: call.clone(),
            phase: Phase::Waiting,
            runs: 0,
            called_ms: now_ms,
            began_ms: None,
            gaps_ms: self.gaps_ms,
            is_aborted: false,
        };
        self.open.insert(call.job, job);
    }

    pub fn time_passes(&mut self, ms: f64) {
        if ms >= GAP_MS {
            self.gaps_ms += ms;
        }
    }

    pub fn ended(&mut self, generation: GenerationId, id: JobId, ending: Ending) {
        if let Some(job) = self.open.get_mut(&id)
            && job.phase == Phase::Posted(generation)
        {
            let may_again = ending == Ending::Exhausted && job.call.idempotent;
            job.phase = Phase::Ended(generation, may_again);
        }
    }

    pub fn aborted(&mut self, id: JobId) {
        if let Some(job) = self.open.get_mut(&id) {
            job.is_aborted = true;
        }
    }

    pub fn started(&mut self, now_ms: f64, generation: GenerationId, id: JobId) {
        if let Some(job) = self.open.get_mut(&id)
            && job.phase == Phase::Posted(generation)
            && job.began_ms.is_none()
        {
            job.began_ms = Some(now_ms);
            job.gaps_ms = self.gaps_ms;
        }
    }

    pub fn posted(&mut self, generation: GenerationId, id: JobId, limit: u64) -> Verdict {
        let called = self.called;
        let Some(job) = self.open.get_mut(&id) else {
            return must(false, ONCE, || format!("job {} is posted; it has settled, or is none of 1..={called}", id.0));
        };
        let is_free = matches!(job.phase, Phase::Waiting | Phase::HandedBack(_) | Phase::Ended(_, true));
        must(is_free, RUNS, || format!("job {} is posted to {generation} while {:?}", id.0, job.phase))?;
        job.runs += 1;
        must(job.runs == 1 || job.call.idempotent, RUNS, || format!("job {} runs again and must not", id.0))?;
        job.phase = Phase::Posted(generation);
        job.began_ms = None;
        let there = self.open.values().filter(|job| job.phase == Phase::Posted(generation));
        let (jobs, stated) =
            there.fold((0, 0), |(jobs, sum), job| (jobs + 1, sum + adapter::stated(&job.call).unwrap_or(0)));
        must(stated <= limit || jobs == 1, "8: what is admitted fits the limit", || {
            format!("with job {} {stated} bytes are stated in generation {generation}, of {limit}", id.0)
        })
    }

    pub fn handed_back(&mut self, jobs: &[JobId]) {
        for id in jobs {
            if let Some(job) = self.open.get_mut(id)
                && let Phase::Posted(generation) = job.phase
            {
                job.phase = Phase::HandedBack(generation);
            }
        }
    }

    pub fn settled(&mut self, turn: Turn, id: JobId, settlement: &Settlement, is_ending: bool) -> Verdict {
        let waiting = self.waiting();
        let Some(job) = self.open.remove(&id) else {
            return must(false, ONCE, || format!("job {} settles again, as {settlement:?}", id.0));
        };
        let now = turn.now_ms + ROUNDING_MS;
        if *settlement == Settlement::AsSaid {
            self.last_served = Some(id);
        }
        let holds = match settlement {
            Settlement::AsSaid => turn.input == Told::Ended && matches!(job.phase, Phase::Ended(..)),
            Settlement::Cancelled => job.is_aborted,
            Settlement::TimedOut { .. } => {
                let may = job.began_ms.zip(job.call.timeout_ms).is_some_and(|(began, ms)| now >= began + ms);
                may && turn.input == Told::Tick && matches!(job.phase, Phase::Posted(_))
            }
            Settlement::QueueTimedOut { .. } => {
                let may = job.call.queue_timeout_ms.is_some_and(|ms| now >= job.called_ms + ms);
                may && turn.input == Told::Tick && job.phase == Phase::Waiting
            }
            // The job itself is one of those that wait.
            Settlement::QueueFull { .. } => {
                let is_new = matches!(turn.input, Told::Submitted(first, last) if (first..=last).contains(&id));
                is_new && waiting > self.max_queue
            }
            Settlement::GenerationLost { generation, .. } => {
                job.phase == Phase::HandedBack(*generation) && !(job.call.idempotent && job.runs < 2)
            }
            Settlement::MemoryExhausted { .. } => job.call.memory.is_some(),
            Settlement::PoolExited => is_ending,
            Settlement::StartFailed { .. } => {
                matches!(job.phase, Phase::Waiting | Phase::HandedBack(_) | Phase::Ended(_, true))
            }
        };
        must(holds, REASON, || format!("{settlement:?} at {} ms by {:?}: {job:?}", turn.now_ms, turn.input))
    }

    pub fn none_is_left(&self) -> Verdict {
        must(self.open.is_empty(), "9: after exit nothing is left", || format!("jobs are open: {:?}", self.open))
    }

    pub fn end_of_turn(&mut self, turn: Turn, health: &Health) -> Verdict {
        for (id, job) in &mut self.open {
            if let Phase::HandedBack(generation) = job.phase {
                must(job.call.idempotent, ONCE, || format!("job {} was lost with generation {generation}", id.0))?;
                job.phase = Phase::Waiting;
            }
            if let Phase::Ended(generation, may_again) = job.phase {
                must(may_again, ONCE, || format!("job {} has ended in generation {generation} and is open", id.0))?;
                job.phase = Phase::Waiting;
            }
            if turn.input == Told::Tick {
                let limit = match job.phase {
                    // What is handed back has had its wait.
                    Phase::Waiting if job.runs == 0 => job.call.queue_timeout_ms.map(|ms| job.called_ms + ms),
                    Phase::Posted(_) => job.began_ms.zip(job.call.timeout_ms).map(|(began, ms)| began + ms),
                    _ => None,
                };
                let moved_ms = self.gaps_ms - job.gaps_ms + ROUNDING_MS;
                must(limit.is_none_or(|limit| turn.now_ms <= limit + moved_ms), DEADLINE, || {
                    format!("at {} ms job {} is late: {job:?}", turn.now_ms, id.0)
                })?;
            }
        }
        let waiting = self.waiting();
        must(health.queue.length == waiting, QUEUE, || {
            format!("{waiting} jobs wait, and it says {}", health.queue.length)
        })?;
        let new = self.open.values().filter(|job| job.phase == Phase::Waiting && job.runs == 0).count();
        must(new <= self.max_queue, QUEUE, || format!("{new} jobs wait, and {} may", self.max_queue))?;
        let counters = health.counters;
        let settled = counters.submitted - self.open.len() as u64;
        must(counters.fulfilled + counters.rejected == settled, ONCE, || {
            format!("{settled} jobs have settled, and it says {counters:?}")
        })
    }

    pub fn is_open(&self, job: JobId) -> bool {
        self.open.contains_key(&job)
    }

    pub fn last_served(&self) -> Option<JobId> {
        self.last_served
    }

    pub fn open(&self) -> usize {
        self.open.len()
    }

    fn waiting(&self) -> usize {
        self.open
            .values()
            .filter(|job| matches!(job.phase, Phase::Waiting | Phase::HandedBack(_) | Phase::Ended(_, true)))
            .count()
    }
}
