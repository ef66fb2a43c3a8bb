//! Decides everything about a pool: which generation lives, which job goes where, what has taken too long.
//!
//! A pure state machine. It has no clock, touches no web, and does no I/O: the driver tells it what happened and when,
//! and does what it says. That is why its tests never sleep, and why a pool's whole life can be replayed.
//!
//! # Calling it
//!
//! 1. [`handle`](Coordinator::handle) an [`Input`] with the time it was seen.
//! 2. [`poll_output`](Coordinator::poll_output) until it returns `None`, doing each [`Output`] in order.
//! 3. [`wake_at`](Coordinator::wake_at) says when to call `handle` with [`Input::Tick`] if nothing happens before.
//!
//! ```
//! use perennial::coordinator::{Config, Coordinator, Event, GenerationId, Input, Message, Output, Time};
//!
//! let config = Config::from_options(&serde_json::json!({ "threads": 2 }), 8)?;
//! let mut pool = Coordinator::new(config);
//! pool.handle(Time::from_ms(0.0), Input::Start);
//! let first = GenerationId(1);
//! assert_eq!(pool.poll_output(), Some(Output::Start(first)));
//! pool.handle(Time::from_ms(60.0), Input::Heard(first, Message::Ready));
//! assert_eq!(pool.poll_output(), Some(Output::Emit(Event::Started { generation: first })));
//! # Ok::<(), perennial::coordinator::BadConfig>(())
//! ```
//!
//! The protocol, its races and why each is harmless: `src/coordinator/README.md`, in the package's sources.

mod admission;
mod canary;
mod config;
mod estimates;
mod gauge;
mod generation;
mod health;
mod job;
mod jobs;
mod latency;
mod life;
mod pace;
mod plan;
mod posted;
mod pressure;
mod queue;
mod recycle;
mod restart;
mod share;
mod snapshot;
mod sorted;
mod time;
mod timers;
mod usage;
mod vocabulary;
mod watch;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use std::collections::VecDeque;

#[cfg(all(feature = "canary", not(target_arch = "wasm32")))]
#[doc(hidden)]
pub use canary::Canary;
#[cfg(not(all(feature = "canary", not(target_arch = "wasm32"))))]
use canary::Canary;
pub use config::{BadConfig, Config, Given, Line, Overlap, RecyclePolicy, RestartIntensity, RunOptions, parse_bytes};
pub use health::{
    BusyHealth, Counters, GenerationHealth, Health, LatencyHealth, MemoryHealth, Quantiles, QueueHealth, ThreadHealth,
    Utilisation,
};
pub use time::Time;
pub use vocabulary::*;

use crate::decimal::Decimal;
use admission::Held;
use estimates::Estimates;
use generation::Generation;
use job::Job;
use latency::Latency;
use pace::Pace;
use plan::{Doubt, Lead};
use pressure::WorkingSet;
use queue::{Flow, Queue};
use restart::Restart;
use share::Share;
use snapshot::SNAPSHOT_MS;
use sorted::{Numbered, Sorted};
use timers::{Deadline, Timers};

/// A leader that has not said hello by then has no script, or no event loop. Not an option: a page that is busy for
/// seconds delays the hello of a sound leader, so it has to be long.
const HELLO_MS: f64 = 30_000.0;
/// How many leaders one start may take, where one stands still.
const START_TRIES: u32 = 3;
/// A generation with nothing to do retires in a few milliseconds. One that has not by then holds a thread that hears
/// nothing, and is ended by force.
const RETIRE_MS: f64 = 2_000.0;
/// A job that passes checkpoints passes one by then. One that does not is a hang.
const STOP_GRACE_MS: f64 = 1_000.0;
/// A pool that heard nothing for so long, and meanwhile missed a deadline by as much, did not live through that time: the
/// machine slept, or the page was busy.
const GAP_MS: f64 = 1_500.0;
/// No browser is that late with a timer, in a hidden page once a minute: the machine slept.
const ASLEEP_MS: f64 = 65_000.0;

/// A pool's decisions. See the [module](self) for how it is called.
#[derive(Debug)]
pub struct Coordinator {
    config: Config,
    phase: Phase,
    generations: Sorted<GenerationId, Generation>,
    newest: GenerationId,
    jobs: Numbered<JobId, Job>,
    queue: Queue,
    timers: Timers,
    restart: Restart,
    share: Share,
    lead: Lead,
    doubt: Doubt,
    working_set: WorkingSet,
    estimates: Estimates,
    pace: Pace,
    latency: Latency,
    /// A recycle that was asked for while none could begin.
    wish: Option<(Reason, Time)>,
    /// The first of the jobs that wait for memory.
    held: Option<Held>,
    /// Whether the serving generation has reported since it was judged.
    unjudged: bool,
    clock: Clock,
    outputs: VecDeque<Output>,
    counters: Counters,
    /// Whether reports are told. There is one of every job.
    hears_reports: bool,
    now: Time,
    #[cfg(all(feature = "canary", not(target_arch = "wasm32")))]
    canary: Option<Canary>,
}

/// Whether time goes on as it should.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Clock {
    Steady,
    /// Deadlines were moved on for a gap, and none has been met since. They are not moved twice in a row, unless the machine
    /// slept twice: timers that are always late, as a hidden page's are, would never come.
    Moved,
}

/// What the pool as a whole is about.
#[derive(Clone, Debug, PartialEq)]
enum Phase {
    /// Nothing of it lives.
    Exited,
    /// The first generation since `start` or `init` is on its way; if it fails, the pool has exited.
    FirstStart { generation: GenerationId },
    /// One generation takes jobs.
    Serving { current: GenerationId },
    /// Blue-green: one takes jobs, and was asked for a snapshot before the next is started.
    Snapshotting { current: GenerationId, reason: Reason, wished_at: Time },
    /// Blue-green: one takes jobs while the next is on its way.
    Replacing { current: GenerationId, next: GenerationId, reason: Reason, wished_at: Time },
    /// Drain-first: the old one has to end before the next begins.
    Emptying { old: GenerationId, reason: Reason, wished_at: Time },
    /// Nobody takes jobs; the next generation is on its way. `after` is the recycle it is for, if it is for one.
    Restarting { generation: GenerationId, after: Option<Replaced> },
    /// Nobody takes jobs; the next start has to wait.
    Pausing { after: Option<Replaced> },
    /// `exit`: who serves still does, until the jobs are done or the time is up.
    Exiting { current: Option<GenerationId> },
}

/// A generation that has already ended for the recycle that is under way.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Replaced {
    from: GenerationId,
    reason: Reason,
    wished_at: Time,
    bytes_freed: u64,
    /// What was live in it without jobs, if it came that far.
    left_live: Option<u64>,
}

impl Coordinator {
    /// A pool that has not started.
    pub fn new(config: Config) -> Self {
        Coordinator {
            phase: Phase::Exited,
            generations: Sorted::default(),
            newest: GenerationId(0),
            jobs: Numbered::default(),
            queue: Queue::new(config.max_queue),
            timers: Timers::default(),
            restart: Restart::new(config.restart),
            share: Share::new(config.recycle.share),
            lead: Lead::default(),
            doubt: Doubt::default(),
            working_set: WorkingSet::default(),
            estimates: Estimates::default(),
            pace: Pace::default(),
            latency: Latency::default(),
            wish: None,
            held: None,
            unjudged: false,
            clock: Clock::Steady,
            outputs: VecDeque::new(),
            counters: Counters::default(),
            hears_reports: true,
            now: Time::default(),
            #[cfg(all(feature = "canary", not(target_arch = "wasm32")))]
            canary: None,
            config,
        }
    }

    /// Takes in what happened at `now`. Anything may come at any time: what is out of date or out of place changes
    /// nothing (invariant 4).
    pub fn handle(&mut self, now: Time, input: Input) {
        self.take_in(now, input);
        self.follow_up();
    }

    /// One of many inputs of one moment, before one [`follow_up`](Self::follow_up) to all of them: to look after each what it
    /// changes would cost more than the input itself.
    pub fn take_in(&mut self, now: Time, input: Input) {
        let now = self.now.max(now);
        self.mind_the_gap(now);
        self.now = now;
        match input {
            Input::Start => self.start(),
            Input::Submit(call) => self.submit(call),
            Input::Abort(job) => self.abort(job),
            Input::Recycle(reason) => self.wish_recycle(reason),
            Input::Exit => self.exit(),
            Input::Heard(generation, message) => self.heard(generation, message),
            // Only here: what was said while the driver's thread was busy is heard before it is found late.
            Input::Tick => self.expire(),
        }
    }

    /// What follows from all that was taken in.
    pub fn follow_up(&mut self) {
        self.judge_reported();
        self.grant_wish();
        self.restart_when_due();
        self.dispatch();
        self.plan();
        self.grant_wish();
        self.finish_exit();
        self.tell_flow();
    }

    /// What to do next, until `None`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to tick, if nothing happens before.
    pub fn wake_at(&self) -> Option<Time> {
        self.timers.next()
    }

    /// Whether [`Event::Reported`] is given out, as it is at first: there is one of every job, and of every busy thread.
    pub fn hear_reports(&mut self, heard: bool) {
        self.hears_reports = heard;
    }

    /// What it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    fn heard(&mut self, id: GenerationId, message: Message) {
        // Invariant 4: one that is not known any more has had its last word.
        if self.canary(Canary::StaleMessage)
            && !self.generations.contains_key(id)
            && let Some(current) = self.current().filter(|current| self.generations.contains_key(*current))
        {
            return self.heard(current, message);
        }
        // A trap is told past the leader, which may be dead.
        if !matches!(message, Message::Trapped { .. }) {
            self.leader_spoke(id);
        }
        let Some(generation) = self.generations.get_mut(id) else {
            return;
        };
        match message {
            Message::Hello => self.hello(id),
            Message::Granted { limit } => {
                let asked = self.config.limit;
                generation.limit = limit.min(asked);
                if limit < asked {
                    self.emit(Event::LimitReduced { generation: id, asked, granted: limit });
                }
            }
            Message::Ready => self.ready(id),
            Message::StartFailed { cause } => self.start_failed(id, &cause),
            Message::JobStarted(job) => self.job_started(id, job),
            Message::JobEnded { job, ending, ran_ms } => self.job_ended(id, job, ending, ran_ms),
            Message::Snapshot(result) => self.snapshot_came(id, result.err()),
            Message::Reported(report) => {
                generation.gauge.read(&report, self.now);
                self.working_set.see(&report);
                let told = self.hears_reports.then(|| Event::Reported { generation: id, report: report.clone() });
                generation.reported(report, self.now);
                self.unjudged |= self.current() == Some(id);
                if let Some(event) = told {
                    self.emit(event);
                }
                self.drained(id);
            }
            // Heard is all that it says.
            Message::Answered => {}
            Message::Trapped { cause } => self.trapped(id, cause),
            Message::Died { cause } => self.died(id, &cause),
            Message::Retired => self.retired(id),
        }
    }

    fn expire(&mut self) {
        while let Some(deadline) = self.timers.pop_due(self.now) {
            match deadline {
                Deadline::QueueTimeout(job) => self.queue_timed_out(job),
                Deadline::RunTimeout(job) => self.run_timed_out(job),
                Deadline::StopGrace(job) => self.stop_ignored(job),
                Deadline::Hello(id) => {
                    self.start_failed(id, &format!("the leader's script did not load within {} ms", Decimal(HELLO_MS)));
                }
                Deadline::StartTimeout(id) => {
                    let ms = Decimal(self.config.start_timeout_ms);
                    self.start_failed(id, &format!("its threads and on_start were not up within {ms} ms"));
                }
                Deadline::Drain(id) => self.drain_timed_out(id),
                Deadline::Quiet(id) => self.look_after(id),
                Deadline::Answer(id) => self.not_answered(id),
                Deadline::LastWords(id) => self.last_words_over(id),
                Deadline::Retire(id) => self.retired(id),
                Deadline::Snapshot(id) => {
                    self.snapshot_came(id, Some(format!("it was not there within {} ms", Decimal(SNAPSHOT_MS))));
                }
                // `handle` goes on with what waited for these.
                Deadline::Restart | Deadline::Share | Deadline::Age(_) | Deadline::Held => {}
                Deadline::Rested => self.rested(),
                Deadline::Idle => self.idle(),
                Deadline::Exit => self.exit_timed_out(),
            }
        }
    }

    /// Deadlines count the time in which the pool could be told something.
    fn mind_the_gap(&mut self, now: Time) {
        let Some(due) = self.timers.next().filter(|&due| due <= now) else { return };
        let missed_ms = now.ms_since(due);
        let silent_ms = now.ms_since(self.now);
        if missed_ms < GAP_MS {
            self.clock = Clock::Steady;
        } else if silent_ms >= GAP_MS && (self.clock == Clock::Steady || missed_ms > ASLEEP_MS) {
            self.timers.shift_ms(silent_ms);
            self.clock = Clock::Moved;
        }
    }

    /// Says when those who call should wait, and when they may go on.
    fn tell_flow(&mut self) {
        let (length, max) = (self.queue.len(), self.queue.max());
        match self.queue.flow_change() {
            Some(Flow::Pressed) => self.emit(Event::Backpressure { length, max }),
            Some(Flow::Free) => self.emit(Event::Drain { length, max }),
            None => {}
        }
    }

    #[inline(never)] // called from everywhere
    fn emit(&mut self, event: Event) {
        self.outputs.push_back(Output::Emit(event));
    }

    /// The generation that takes jobs.
    fn current(&self) -> Option<GenerationId> {
        match self.phase {
            Phase::Serving { current } | Phase::Snapshotting { current, .. } | Phase::Replacing { current, .. } => {
                Some(current)
            }
            Phase::Exiting { current } => current,
            _ => None,
        }
    }
}
