//! What must hold, checked from outside after every step. The numbers are those of `src/coordinator/README.md`.

mod generations;
mod jobs;
mod recycles;

use perennial::coordinator::{Config, Coordinator, Event, Health, Input, JobId, Message, Output, Time};

use crate::page::{Life, Page};

use generations::Generations;
use jobs::Jobs;
use recycles::Recycles;

/// Something that must not be. The name stays the same while a seed is shrunk.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    pub invariant: &'static str,
    pub words: String,
}

pub type Verdict = Result<(), Violation>;

/// A violation unless it holds.
pub fn must(holds: bool, invariant: &'static str, words: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Violation { invariant, words: words() }) }
}

/// What is going on while outputs are checked.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    pub now_ms: f64,
    pub input: Told,
}

/// The input of a turn, as far as the checks care.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    /// These, from the first to the last.
    Submitted(JobId, JobId),
    /// Of one job at least, since the last turn.
    Ended,
    Tick,
    Other,
}

pub struct Checker {
    config: Config,
    /// Nothing dies in this life: nothing may be taken for dead.
    is_harmless: bool,
    turn: Turn,
    jobs: Jobs,
    generations: Generations,
    recycles: Recycles,
    /// The user has asked for the end since the last start, or has never started.
    is_ending: bool,
    has_exited: bool,
    /// Of what a message of a generation that is gone must leave alone.
    before: Option<(Health, Option<Time>)>,
}

impl Checker {
    pub fn new(config: Config, is_harmless: bool) -> Self {
        Checker {
            jobs: Jobs::new(config.max_queue),
            generations: Generations::new(&config),
            recycles: Recycles::new(config.recycle.share),
            config,
            is_harmless,
            turn: Turn { now_ms: 0.0, input: Told::Other },
            is_ending: true,
            has_exited: true,
            before: None,
        }
    }

    /// Before an input is handled.
    pub fn input(&mut self, now_ms: f64, input: &Input, coordinator: &Coordinator) {
        // A clock that steps back is taken as having stood still.
        let now_ms = self.turn.now_ms.max(now_ms);
        self.jobs.time_passes(now_ms - self.turn.now_ms);
        self.generations.time_passes(now_ms);
        let before = std::mem::replace(&mut self.turn, Turn { now_ms, input: Told::Other });
        self.before = None;
        match input {
            Input::Start => {
                self.is_ending = false;
                self.has_exited = false;
                self.generations.begin_again();
            }
            Input::Exit => self.is_ending = true,
            Input::Submit(call) => {
                let first = match before.input {
                    Told::Submitted(first, last) if last.0 + 1 == call.job.0 => first,
                    _ => call.job,
                };
                self.turn.input = Told::Submitted(first, call.job);
                self.jobs.submitted(now_ms, call);
                self.generations.submitted(call);
            }
            Input::Abort(job) => self.jobs.aborted(*job),
            Input::Tick => self.turn.input = Told::Tick,
            Input::Heard(id, message) => {
                if before.input == Told::Ended {
                    self.turn.input = Told::Ended;
                }
                let now = Time::from_ms(now_ms);
                // What is due may be done at any input.
                if !self.generations.is_live(*id) && coordinator.wake_at().is_none_or(|at| at > now) {
                    let health = coordinator.health(now, |_| None);
                    self.before = Some((health, coordinator.wake_at()));
                }
                match message {
                    Message::JobStarted(job) => self.jobs.started(now_ms, *id, *job),
                    Message::JobEnded { job, ending, ran_ms } => {
                        self.turn.input = Told::Ended;
                        self.generations.job_ended(*id, *job, *ran_ms);
                        self.jobs.ended(*id, *job, *ending);
                    }
                    message => self.generations.heard(*id, message),
                }
            }
            _ => {}
        }
    }

    pub fn output(&mut self, output: &Output, page: &Page) -> Verdict {
        must(self.before.is_none(), "4: a message of a generation that is gone", || format!("led to {output:?}"))?;
        match output {
            Output::Start(id) => self.generations.started(*id),
            Output::Post { generation, job, .. } => {
                self.generations.posted(*generation, *job)?;
                self.jobs.posted(*generation, *job, self.config.limit)
            }
            Output::Snapshot(generation) | Output::Stop { generation, .. } => self.generations.asked(*generation),
            // Its leader alone answers, so it may have trapped.
            Output::Ask(id) => {
                self.generations.asked_to_answer(*id);
                must(self.generations.is_live(*id), "3: nothing is asked of a generation that is gone", || {
                    format!("{id} is asked to answer")
                })
            }
            Output::Retire(id) => self.generations.retired(*id, self.is_ending),
            Output::Terminate(id) => {
                let jobs = self.generations.terminated(*id)?;
                self.jobs.handed_back(&jobs);
                Ok(())
            }
            Output::Settle { job, settlement } => {
                self.jobs.settled(self.turn, *job, settlement, self.is_ending)?;
                let lost = matches!(settlement.code(), "GenerationLost" | "StartFailed");
                self.nothing_is_lost(lost, output)
            }
            Output::Emit(event) => {
                let spent_ms = self.generations.spent_ms(self.turn.now_ms, event);
                self.recycles.heard(self.turn.now_ms, event, page, spent_ms)?;
                self.generations.heard_event(event);
                let lost = match event {
                    Event::GenerationLost { .. } => true,
                    Event::StartFailed { .. } => !self.is_ending,
                    _ => false,
                };
                if matches!(event, Event::StartFailed { .. }) && page.life != Life::Exiting {
                    self.is_ending = true;
                    self.has_exited = true;
                }
                if *event == Event::Exited {
                    self.has_exited = true;
                    self.generations.none_is_left()?;
                    must(page.recycling.is_empty(), "9: after exit nothing is left", || {
                        format!("{} promises of recycle() are open", page.recycling.len())
                    })?;
                    self.jobs.none_is_left()?;
                }
                self.nothing_is_lost(lost, output)
            }
        }
    }

    /// After all outputs of a turn.
    pub fn end_of_turn(&mut self, coordinator: &Coordinator) -> Verdict {
        let Turn { now_ms, input } = self.turn;
        let health = coordinator.health(Time::from_ms(now_ms), |_| None);
        let wake_at = coordinator.wake_at();
        if let Some((before, woke_at)) = self.before.take() {
            must(before == health && woke_at == wake_at, "4: a message of a generation that is gone", || {
                format!("changed {before:?}, {woke_at:?} to {health:?}, {wake_at:?}")
            })?;
        }
        self.jobs.end_of_turn(self.turn, &health)?;
        self.generations.end_of_turn(now_ms, &health)?;
        if self.has_exited {
            must(wake_at.is_none(), "9: after exit nothing is left", || format!("a deadline is set at {wake_at:?}"))?;
            must(health.phase == "exited", "9: after exit nothing is left", || format!("it is {}", health.phase))?;
        }
        if input == Told::Tick {
            let now = Time::from_ms(now_ms);
            must(wake_at.is_none_or(|at| at >= now), "7: a tick uses up what is due", || {
                format!("at {now:?} it wants to be woken at {wake_at:?}")
            })?;
        }
        self.turn.input = Told::Other;
        Ok(())
    }

    pub fn is_open(&self, job: JobId) -> bool {
        self.jobs.is_open(job)
    }

    /// It has settled with what its run said.
    pub fn is_served(&self, job: JobId) -> bool {
        self.jobs.last_served() == Some(job)
    }

    pub fn open_jobs(&self) -> usize {
        self.jobs.open()
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    fn nothing_is_lost(&self, lost: bool, output: &Output) -> Verdict {
        must(!(lost && self.is_harmless), "nothing that lives looks dead", || {
            format!("nothing dies in this life, yet: {output:?}")
        })
    }
}
