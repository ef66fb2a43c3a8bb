//! A model of a generation: a leader, its threads, a memory that only grows, and jobs. It says what `src/js/leader.js`
//! says, in the orders in which that can say it.

use std::collections::{BTreeSet, VecDeque};

use perennial::coordinator::{Config, Ending, GenerationId, JobId, Message};

use crate::adapter::{self, Figures, Work};
use crate::faults::{Fault, Faults};
use crate::plan::{Behaviour, JobPlan, MS, Micros, SECOND};
use crate::random::{Random, Stream};

const PAGE: u64 = 1 << 16;

/// What its workers do next.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// The leader's script is loaded.
    Load,
    /// Threads are up and `on_start` has ended.
    Up,
    /// An argument is copied in.
    Staged(JobId),
    /// The run on this thread comes to its end. The number tells it from the next one's.
    End { thread: usize, run: u64 },
    /// The leader samples its threads.
    Sample,
    /// A thread has taken the snapshot, or has failed to.
    Snapshot { succeeds: bool },
    /// The leader comes to what it was asked.
    Answer,
    /// The threads have left.
    Leave,
}

/// One message of the leader. The driver tells the coordinator each part in a turn of its own, a part's messages at once.
pub type Word = Vec<Vec<Message>>;

/// What follows from a step.
#[derive(Debug, Default)]
pub struct Effects {
    pub words: Vec<Word>,
    /// What a thread says to the page itself.
    pub direct: Option<Message>,
    pub steps: Vec<(Micros, Step)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Starting,
    Up,
    Leaving,
    /// Its leader's event loop stands still. It lives, and holds its lock.
    Stuck,
    /// Nothing comes from it any more.
    Dead,
}

/// How a start goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Well,
    NoHello,
    NoScript,
    NoThreads,
    OnStartFails,
    NeverUp,
    Stalls,
    Dies,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    job: JobId,
    plan: JobPlan,
    number: u64,
    begun: Micros,
    rejects: bool,
    /// It found no memory.
    is_exhausted: bool,
}

#[derive(Debug)]
pub struct Generation {
    pub id: GenerationId,
    /// It can be heard no more of something that the coordinator waits for without a limit.
    pub is_stuck: bool,
    pub has_said_hello: bool,
    phase: Phase,
    start: Start,
    up_after: Micros,
    is_deaf: bool,
    fails_snapshots: bool,
    random: Random,
    backlog: VecDeque<(JobId, JobPlan, bool)>,
    threads: Vec<Option<Run>>,
    done: Vec<u64>,
    /// Of runs that have ended, by thread.
    worked: Vec<Micros>,
    reported: Vec<(Figures, u64)>,
    runs: u64,
    stopped: BTreeSet<JobId>,
    interval: Micros,
    is_sampling: bool,
    limit: u64,
    reserved: u64,
    live: u64,
    peak: u64,
}

impl Generation {
    pub fn new(id: GenerationId, seed: u64, faults: Faults, config: &Config) -> (Self, Effects) {
        let mut random = Random::new(seed, Stream::Generation(id.0));
        let start = if random.percent(25) && faults.has(Fault::FailedStart) {
            random.pick(&[
                Start::NoHello,
                Start::NoScript,
                Start::NoThreads,
                Start::OnStartFails,
                Start::NeverUp,
                Start::Stalls,
                Start::Dies,
            ])
        } else {
            Start::Well
        };
        let mut load = random.within(5..=80) * MS;
        let start_timeout = config.start_timeout_ms as Micros * MS;
        let mut up_after = random.across(10 * MS..=300 * MS).min(start_timeout / 2);
        if random.percent(40) && faults.has(Fault::SlowStart) {
            if random.percent(50) {
                up_after = random.within(0..=start_timeout / 2 * 3);
            } else {
                load = random.across(SECOND..=40 * SECOND);
            }
        }
        let most = if random.percent(10) && faults.has(Fault::Leak) { 85 } else { 20 };
        let live = config.limit / 100 * random.within(1..=most);
        let is_deaf = random.percent(30) && faults.has(Fault::Deaf);
        let threads = config.threads as usize;
        let generation = Generation {
            id,
            is_stuck: false,
            has_said_hello: false,
            phase: Phase::Starting,
            start,
            up_after,
            is_deaf,
            fails_snapshots: faults.has(Fault::Snapshot),
            random,
            backlog: VecDeque::new(),
            threads: vec![None; threads],
            done: vec![0; threads],
            worked: vec![0; threads],
            reported: vec![(Figures { reserved: 0, live: 0, peak: 0 }, 0); threads],
            runs: 0,
            stopped: BTreeSet::new(),
            interval: (config.report_interval_ms * MS as f64) as Micros,
            is_sampling: false,
            limit: config.limit,
            reserved: live.next_multiple_of(PAGE),
            live,
            peak: live,
        };
        (generation, Effects { steps: vec![(load, Step::Load)], ..Effects::default() })
    }

    pub fn step(&mut self, now: Micros, step: Step, is_calm: bool) -> Effects {
        let mut effects = Effects::default();
        if matches!(self.phase, Phase::Dead | Phase::Stuck) {
            return effects;
        }
        match step {
            Step::Load => self.load(&mut effects),
            Step::Up => self.up(&mut effects),
            Step::Staged(job) => {
                self.stage(job, &mut effects);
                self.begin(now, is_calm, &mut effects);
            }
            Step::End { thread, run } => self.end(now, thread, run, is_calm, &mut effects),
            Step::Sample => self.sample(now, &mut effects),
            Step::Snapshot { succeeds } => {
                let result = if succeeds { Ok(()) } else { Err("the snapshot has panicked".into()) };
                effects.words.push(vec![vec![Message::Snapshot(result)]]);
            }
            Step::Answer => effects.words.push(vec![vec![Message::Answered]]),
            Step::Leave => {
                effects.words.push(vec![vec![Message::Retired]]);
                self.phase = Phase::Dead;
            }
        }
        effects
    }

    pub fn post(&mut self, job: JobId, plan: JobPlan, announce: bool) -> Effects {
        let mut effects = Effects::default();
        if self.phase == Phase::Up {
            self.backlog.push_back((job, plan, announce));
            effects.steps.push((plan.decoding, Step::Staged(job)));
        }
        effects
    }

    pub fn stop(&mut self, job: JobId) -> Effects {
        let mut effects = Effects::default();
        self.stopped.insert(job);
        let running = self.threads.iter_mut().enumerate().find_map(|(thread, run)| {
            let run = run.as_mut().filter(|run| run.job == job)?;
            Some((thread, run))
        });
        if let Some((thread, run)) = running
            && let Some(after) = run.plan.checkpoint
        {
            self.runs += 1;
            run.number = self.runs;
            run.rejects = true;
            effects.steps.push((after, Step::End { thread, run: run.number }));
        }
        effects
    }

    pub fn retire(&mut self) -> Effects {
        let mut effects = Effects::default();
        if self.phase == Phase::Up && !self.is_deaf {
            self.phase = Phase::Leaving;
            effects.steps.push((self.random.within(2..=30) * MS, Step::Leave));
        }
        effects
    }

    pub fn snapshot(&mut self) -> Effects {
        let mut effects = Effects::default();
        let (ends, succeeds) = (self.random.percent(70), self.random.percent(60));
        let (soon, late) = (self.random.across(100..=100 * MS), self.random.across(MS..=8 * SECOND));
        match self.fails_snapshots {
            false => effects.steps.push((soon, Step::Snapshot { succeeds: true })),
            true if ends => effects.steps.push((late, Step::Snapshot { succeeds })),
            true => {}
        }
        effects
    }

    /// At once, or when it has copied the slices of an argument.
    pub fn ask(&mut self) -> Effects {
        let is_decoding = self.backlog.iter().any(|(_, plan, _)| plan.decoding > 0);
        let most = if is_decoding { 2 * SECOND } else { 10 * MS };
        Effects { steps: vec![(self.random.across(50..=most), Step::Answer)], ..Effects::default() }
    }

    /// Its leader waits for what never comes.
    pub fn stick(&mut self) {
        if self.phase != Phase::Dead {
            self.phase = Phase::Stuck;
        }
    }

    /// A trap in it. A thread that has its port tells the page past the leader.
    pub fn crash(&mut self) -> Effects {
        let mut effects = Effects::default();
        if self.phase == Phase::Up || self.phase == Phase::Stuck {
            effects.direct = Some(Message::Trapped { cause: "unreachable".into() });
        }
        if self.phase == Phase::Stuck {
            return effects;
        }
        if self.phase != Phase::Dead {
            self.phase = Phase::Dead;
            effects.words.push(vec![vec![Message::Died { cause: "unreachable".into() }]]);
        }
        effects
    }

    /// Its leader is gone, without a word.
    pub fn kill(&mut self) {
        self.phase = Phase::Dead;
    }

    pub fn is_dead(&self) -> bool {
        self.phase == Phase::Dead
    }

    fn load(&mut self, effects: &mut Effects) {
        if self.start == Start::NoHello {
            return;
        }
        if self.start == Start::NoScript {
            effects.words.push(vec![vec![Message::Died { cause: "its script did not load".into() }]]);
            self.phase = Phase::Dead;
            return;
        }
        self.has_said_hello = true;
        effects.words.push(vec![vec![Message::Hello]]);
        if self.start == Start::Stalls {
            self.stick();
            return;
        }
        effects.steps.push((self.up_after, Step::Up));
    }

    fn up(&mut self, effects: &mut Effects) {
        let health = adapter::report(0, self.figures(), Work::default(), None);
        let failed = |cause: &str| Message::StartFailed { cause: cause.into() };
        match self.start {
            Start::NeverUp | Start::Stalls => {}
            Start::NoThreads => effects.words.push(vec![vec![failed("no threads")]]),
            Start::OnStartFails => effects.words.push(vec![vec![health, failed("on_start failed")]]),
            Start::Dies => *effects = self.crash(),
            _ => {
                self.phase = Phase::Up;
                effects.words.push(vec![vec![health, adapter::ready(self.figures())]]);
            }
        }
    }

    /// What is staged goes behind what was staged before.
    fn stage(&mut self, job: JobId, _: &mut Effects) {
        if let Some(entry) = self.backlog.iter_mut().find(|(id, ..)| *id == job) {
            entry.1.decoding = 0;
        }
    }

    fn begin(&mut self, now: Micros, is_calm: bool, effects: &mut Effects) {
        while let Some(thread) = self.threads.iter().position(Option::is_none) {
            let Some(place) = self.backlog.iter().position(|(_, plan, _)| plan.decoding == 0) else {
                return;
            };
            let Some((job, mut plan, announce)) = self.backlog.remove(place) else { return };
            if is_calm {
                plan.behaviour = Behaviour::Fulfils;
            }
            if announce {
                effects.words.push(vec![vec![Message::JobStarted(job)]]);
            }
            self.runs += 1;
            let mut run = Run {
                job,
                plan,
                number: self.runs,
                begun: now,
                rejects: plan.behaviour == Behaviour::Panics,
                is_exhausted: false,
            };
            let mut duration = plan.duration;
            let bytes = self.limit / 100 * plan.needs;
            if self.stopped.contains(&job) {
                (run.rejects, duration, run.plan.needs, run.plan.keeps) = (true, 0, 0, 0);
            } else if self.live + bytes > self.limit {
                // The reserve for unwinding has been used; what it had comes back.
                (run.rejects, duration, run.plan.needs, run.plan.keeps) = (true, MS, 0, 0);
                run.is_exhausted = true;
                self.reserve(self.limit);
            } else {
                // The most that was live is counted from the last begin of a job.
                self.peak = self.live;
                self.reserve(self.live + bytes);
                self.live += bytes;
                if plan.behaviour == Behaviour::Hangs {
                    self.is_stuck |= plan.timeout_ms.is_none();
                    duration = Micros::MAX;
                }
            }
            self.threads[thread] = Some(run);
            if duration < Micros::MAX {
                effects.steps.push((duration, Step::End { thread, run: run.number }));
            }
            if !self.is_sampling {
                self.is_sampling = true;
                effects.steps.push((self.interval, Step::Sample));
            }
        }
    }

    fn end(&mut self, now: Micros, thread: usize, number: u64, is_calm: bool, effects: &mut Effects) {
        let Some(run) = self.threads[thread].filter(|run| run.number == number) else {
            return;
        };
        if run.plan.behaviour == Behaviour::Traps && !run.rejects {
            *effects = self.crash();
            return;
        }
        self.threads[thread] = None;
        self.live -= self.limit / 100 * (run.plan.needs - run.plan.keeps.min(run.plan.needs));
        self.done[thread] += 1;
        self.worked[thread] += now - run.begun;
        let ending = if run.rejects {
            adapter::rejected(run.is_exhausted, run.number.is_multiple_of(3))
        } else {
            Ending::Fulfilled
        };
        let health = adapter::report(thread as u32, self.figures(), self.work(thread, 0.0), None);
        effects.words.push(vec![
            vec![health],
            vec![Message::JobEnded { job: run.job, ending, ran_ms: (now - run.begun) as f64 / MS as f64 }],
        ]);
        self.begin(now, is_calm, effects);
    }

    fn work(&self, thread: usize, open_ms: f64) -> Work {
        let worked_ms = self.worked[thread] as f64 / MS as f64 + open_ms;
        Work { jobs_done: self.done[thread], worked_ms }
    }

    fn sample(&mut self, now: Micros, effects: &mut Effects) {
        self.is_sampling = false;
        let figures = self.figures();
        let mut reports = Vec::new();
        for (thread, run) in self.threads.iter().enumerate() {
            let busy = run.as_ref().map(|run| (run.job, (now - run.begun) as f64 / MS as f64));
            let (last, done) = self.reported[thread];
            let has_changed = (last.reserved, last.live, done) != (figures.reserved, figures.live, self.done[thread]);
            if busy.is_some() || has_changed {
                reports.push(adapter::report(
                    thread as u32,
                    figures,
                    self.work(thread, busy.map_or(0.0, |(_, ms)| ms)),
                    busy,
                ));
            }
            self.reported[thread] = (figures, self.done[thread]);
            // A hang is sampled too, for ever: its own reports would fill this life with nothing else.
            let hangs = run.as_ref().is_some_and(|run| run.plan.behaviour == Behaviour::Hangs);
            self.is_sampling |= busy.is_some() && !hangs;
        }
        if self.is_sampling {
            effects.steps.push((self.interval, Step::Sample));
        }
        if !reports.is_empty() {
            effects.words.push(vec![reports]);
        }
    }

    fn figures(&self) -> Figures {
        Figures { reserved: self.reserved, live: self.live, peak: self.peak }
    }

    fn reserve(&mut self, live: u64) {
        self.peak = self.peak.max(live);
        self.reserved = self.reserved.max(live.next_multiple_of(PAGE)).min(self.limit);
    }
}
