//! Nothing is asked of a generation that is dead or gone (3); there are never too many (6), nor too often a new one; the
//! old one serves until the new one can (10).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use perennial::coordinator::{
    Call, Config, Event, GenerationId, Health, JobId, Message, Overlap, RestartIntensity, TaskId, Utilisation,
};

use super::{Verdict, must};
use crate::adapter;

const GONE: &str = "3: nothing is asked of a generation that is gone";
const COUNT: &str = "6: live generations are bounded";
const BUDGET: &str = "6: live generations fit the budget";
const INTENSITY: &str = "6: restarts are bounded";
const CREDITS: &str = "7: a generation's jobs are bounded";
const PROVED: &str = "10: the old one serves until the new one can";
const EXIT: &str = "9: after exit nothing is left";
/// What a credit stands for, and how many short jobs share one.
const CREDIT_MS: f64 = 1.0;
const SHORT_MAX: usize = 256;
/// The pause of a degraded pool.
const DEGRADED_MS: f64 = 30_000.0;
/// How long a leader that starts may leave a question unanswered, and how many leaders one start may take.
const STALLED_MS: f64 = 2_000.0;
const TRIES: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Starting,
    Up,
    Retiring,
    /// Its end was heard.
    Dead,
}

#[derive(Debug)]
struct Generation {
    phase: Phase,
    /// A trap in it was told.
    has_trapped: bool,
    jobs: BTreeSet<JobId>,
    started_ms: f64,
    ready_ms: Option<f64>,
    /// Which try of its start it is.
    tries: u32,
    /// When its leader was asked, while it has not said a word since.
    asked_ms: Option<f64>,
}

#[derive(Debug)]
pub struct Generations {
    live: BTreeMap<GenerationId, Generation>,
    newest: GenerationId,
    /// The newest that has ever been up.
    proved: GenerationId,
    overlap: Overlap,
    limit: u64,
    budget: u64,
    credits: usize,
    tasks: BTreeMap<JobId, TaskId>,
    /// Tasks of which a job has ended in less than the time that a credit stands for.
    short: BTreeSet<TaskId>,
    intensity: RestartIntensity,
    /// Started in this turn, and not yet known what for.
    new: Option<GenerationId>,
    /// The tries of a start that was ended in this turn for standing still.
    stalled: Option<u32>,
    /// The next start is the user's own.
    is_first: bool,
    /// What recycles have announced.
    planned: BTreeSet<GenerationId>,
    /// When generations were started that neither the user nor a recycle wanted.
    restarts: VecDeque<f64>,
    /// When each was told to retire.
    retired_ms: BTreeMap<GenerationId, f64>,
    now_ms: f64,
}

impl Generations {
    pub fn new(config: &Config) -> Self {
        Generations {
            live: BTreeMap::new(),
            newest: GenerationId(0),
            proved: GenerationId(0),
            overlap: config.overlap,
            limit: config.limit,
            budget: config.budget,
            credits: config.credits(),
            tasks: BTreeMap::new(),
            short: BTreeSet::new(),
            intensity: config.restart,
            new: None,
            stalled: None,
            is_first: false,
            planned: BTreeSet::new(),
            restarts: VecDeque::new(),
            retired_ms: BTreeMap::new(),
            now_ms: 0.0,
        }
    }

    pub fn time_passes(&mut self, now_ms: f64) {
        self.now_ms = now_ms;
    }

    /// What a recycle has taken of the pool's time: the whole pause in drain-first, start and retirement in blue-green.
    pub fn spent_ms(&self, now_ms: f64, event: &Event) -> f64 {
        let Event::RecycleEnded(recycled) = event else { return 0.0 };
        if self.overlap == Overlap::DrainFirst {
            return recycled.pause_ms;
        }
        let started = self.live.get(&recycled.to).and_then(|to| Some(to.ready_ms? - to.started_ms));
        started.zip(self.retired_ms.get(&recycled.from)).map_or(0.0, |(start, retired)| start + now_ms - retired)
    }

    pub fn begin_again(&mut self) {
        self.is_first = self.live.is_empty();
    }

    pub fn is_live(&self, id: GenerationId) -> bool {
        self.live.contains_key(&id)
    }

    pub fn heard(&mut self, id: GenerationId, message: &Message) {
        let Some(generation) = self.live.get_mut(&id) else { return };
        if !matches!(message, Message::Trapped { .. }) {
            generation.asked_ms = None;
        }
        generation.has_trapped |= matches!(message, Message::Trapped { .. });
        generation.phase = match (message, generation.phase) {
            (Message::Died { .. }, _) | (Message::StartFailed { .. }, Phase::Starting) => Phase::Dead,
            (Message::Retired, Phase::Retiring) => Phase::Dead,
            (message, Phase::Starting) if adapter::is_ready(message) => Phase::Up,
            (_, phase) => phase,
        };
        if generation.phase == Phase::Up {
            self.proved = self.proved.max(id);
            generation.ready_ms.get_or_insert(self.now_ms);
        }
    }

    pub fn submitted(&mut self, call: &Call) {
        self.tasks.insert(call.job, call.task);
    }

    pub fn job_ended(&mut self, id: GenerationId, job: JobId, ran_ms: f64) {
        if ran_ms < CREDIT_MS {
            self.short.extend(self.tasks.get(&job));
        }
        if let Some(generation) = self.live.get_mut(&id) {
            generation.jobs.remove(&job);
        }
    }

    pub fn heard_event(&mut self, event: &Event) {
        match event {
            Event::RecycleStarted { to, .. } => {
                self.planned.insert(*to);
            }
            Event::Exited | Event::StartFailed { .. } => self.restarts.clear(),
            _ => {}
        }
    }

    pub fn started(&mut self, id: GenerationId) -> Verdict {
        must(id > self.newest, COUNT, || format!("generation {id} starts after {}", self.newest))?;
        self.newest = id;
        let tries = self.stalled.take().map_or(1, |tries| tries + 1);
        self.live.insert(
            id,
            Generation {
                phase: Phase::Starting,
                has_trapped: false,
                jobs: BTreeSet::new(),
                started_ms: self.now_ms,
                ready_ms: None,
                tries,
                asked_ms: None,
            },
        );
        let max = match self.overlap {
            Overlap::BlueGreen => 2,
            Overlap::DrainFirst => 1,
        };
        must(self.live.len() <= max, COUNT, || format!("generation {id} is one too many: {:?}", self.live))?;
        let reserved = self.live.len() as u64 * self.limit;
        must(reserved <= self.budget, BUDGET, || format!("with generation {id} {reserved} of {}", self.budget))?;
        self.new = Some(id);
        Ok(())
    }

    pub fn posted(&mut self, id: GenerationId, job: JobId) -> Verdict {
        self.asked(id)?;
        let credits = self.credits;
        let Some(generation) = self.live.get_mut(&id) else { return Ok(()) };
        must(generation.phase == Phase::Up, GONE, || {
            format!("job {} for generation {id}, which is {:?}", job.0, generation.phase)
        })?;
        generation.jobs.insert(job);
        let is_short = |job| self.tasks.get(job).is_some_and(|task| self.short.contains(task));
        let whole = generation.jobs.iter().filter(|job| !is_short(job)).count();
        must(whole <= credits && generation.jobs.len() <= credits * SHORT_MAX, CREDITS, || {
            format!(
                "generation {id} has {} jobs, {whole} of them not short, and may have {credits}",
                generation.jobs.len()
            )
        })
    }

    pub fn asked_to_answer(&mut self, id: GenerationId) {
        if let Some(generation) = self.live.get_mut(&id) {
            generation.asked_ms = Some(self.now_ms);
        }
    }

    pub fn asked(&self, id: GenerationId) -> Verdict {
        let is_there = self.live.get(&id).is_some_and(|generation| {
            let is_dead = generation.phase == Phase::Dead || generation.has_trapped;
            !is_dead || generation.phase == Phase::Retiring
        });
        must(is_there, GONE, || format!("generation {id}: {:?}", self.live.get(&id)))
    }

    pub fn retired(&mut self, id: GenerationId, is_ending: bool) -> Verdict {
        self.asked(id)?;
        let has_successor = self.overlap == Overlap::DrainFirst || self.proved > id;
        must(has_successor || is_ending, PROVED, || format!("generation {id} retires: {:?}", self.live))?;
        let Some(generation) = self.live.get_mut(&id) else { return Ok(()) };
        must(generation.phase == Phase::Up && generation.jobs.is_empty(), GONE, || {
            format!("generation {id} retires while {generation:?}")
        })?;
        generation.phase = Phase::Retiring;
        self.retired_ms.insert(id, self.now_ms);
        Ok(())
    }

    /// The jobs that were in it.
    pub fn terminated(&mut self, id: GenerationId) -> Result<Vec<JobId>, super::Violation> {
        let generation = self.live.remove(&id);
        self.stalled = generation.as_ref().and_then(|generation| self.stalled_at(generation));
        must(generation.is_some(), GONE, || format!("generation {id} is terminated, and was not there"))?;
        Ok(generation.into_iter().flat_map(|generation| generation.jobs).collect())
    }

    fn stalled_at(&self, generation: &Generation) -> Option<u32> {
        let is_stalled = generation.asked_ms.is_some_and(|at| self.now_ms - at >= STALLED_MS);
        let is_tried_again = is_stalled && generation.phase == Phase::Starting && generation.tries < TRIES;
        is_tried_again.then_some(generation.tries)
    }

    pub fn none_is_left(&self) -> Verdict {
        must(self.live.is_empty(), EXIT, || format!("generations are left: {:?}", self.live))
    }

    pub fn end_of_turn(&mut self, now_ms: f64, health: &Health) -> Verdict {
        for thread in &health.threads {
            let Utilisation { recent, total } = thread.utilisation;
            let is_share = |part: f64| (0.0..=1.0).contains(&part);
            must(is_share(recent) && is_share(total), "what a thread is used is a part of the time", || {
                format!("{thread:?}")
            })?;
        }
        for (id, generation) in &self.live {
            must(generation.phase != Phase::Dead, GONE, || format!("generation {id} has died and is kept"))?;
        }
        let ours = self.live.iter().map(|(id, generation)| (id.0, generation.jobs.len()));
        let theirs = health.generations.iter().map(|generation| (generation.generation, generation.in_flight));
        must(ours.clone().eq(theirs), COUNT, || {
            format!("there are {:?}, and it says {:?}", ours.collect::<Vec<_>>(), health.generations)
        })?;
        self.stalled = None;
        if let Some(id) = self.new.take()
            && !std::mem::take(&mut self.is_first)
            && !self.planned.remove(&id)
            && self.live.get(&id).is_none_or(|generation| generation.tries == 1)
        {
            self.restarted(now_ms)?;
        }
        Ok(())
    }

    fn restarted(&mut self, now_ms: f64) -> Verdict {
        let RestartIntensity { max, within_ms } = self.intensity;
        self.restarts.retain(|at| now_ms - at < within_ms);
        self.restarts.push_back(now_ms);
        let may = max as usize + 2 + (within_ms / DEGRADED_MS) as usize;
        must(self.restarts.len() <= may, INTENSITY, || {
            format!("{} restarts within {within_ms} ms, where {max} failures are borne", self.restarts.len())
        })
    }
}
