//! The virtual clock, what is due on it, and who is there: one page, its generations, and the ways between them.

use std::collections::BTreeMap;

use perennial::coordinator::{
    Canary, Config, Coordinator, Event, GenerationId, Input, JobId, Message, Output, Reason, Time,
};

use crate::adapter;
use crate::faults::{Fault, Faults};
use crate::generation::{Effects, Generation, Step, Word};
use crate::invariants::{Checker, Verdict, Violation, must};
use crate::network::{self, Delivery, Port};
use crate::page::{Life, Page};
use crate::plan::{Action, JobPlan, MS, Micros, Plan};
use crate::random::{Random, Stream};
use crate::trace::Trace;

/// Inputs for each planned action: past them a life does not come to an end.
const INPUTS_MAX: u64 = 100_000;

/// What happens at a time.
#[derive(Clone, Debug)]
enum Happening {
    Action(Action),
    Abort(JobId),
    Step(GenerationId, Step),
    Hear(GenerationId, Delivery),
    Timer(u64),
    /// The driver's turn after a timer, and after the messages that had arrived by then.
    Turn(u64),
}

impl Happening {
    /// Whether it needs the page's thread.
    fn is_of_page(&self) -> bool {
        match self {
            Happening::Step(..) => false,
            Happening::Action(action) => !matches!(
                action,
                Action::Crash { .. } | Action::Kill { .. } | Action::Stick { .. } | Action::Sleep { .. }
            ),
            _ => true,
        }
    }
}

/// A generation of the model, with its port and whether the page waits for its lock.
struct Worker {
    generation: Generation,
    port: Port,
    is_watched: bool,
    is_terminated: bool,
}

/// What the driver makes of the options.
pub fn config(plan: &Plan) -> Result<Config, Violation> {
    let config = Config::from_options(&plan.options, 4)
        .map_err(|error| Violation { invariant: "options are taken", words: error.to_string() })?;
    Ok(Config { snapshots: plan.snapshots, ..config })
}

pub struct World {
    pub now: Micros,
    pub page: Page,
    pub checker: Checker,
    pub inputs: u64,
    /// Faults have ended.
    pub is_calm: bool,
    seed: u64,
    faults: Faults,
    coordinator: Coordinator,
    due: BTreeMap<(Micros, u8, u64), Happening>,
    happenings: u64,
    workers: BTreeMap<GenerationId, Worker>,
    jobs: Vec<JobPlan>,
    /// Calls of this turn that the coordinator has not been given yet.
    calls: Vec<Input>,
    random: Random,
    trace: Trace,
    /// Everything the coordinator is told, if somebody wants to tell it again.
    tape: Option<Vec<(Time, Input)>>,
}

impl World {
    pub fn new(plan: &Plan, canary: Option<Canary>, trace: Trace) -> Result<Self, Violation> {
        let config = config(plan)?;
        let coordinator = match canary {
            None => Coordinator::new(config.clone()),
            Some(canary) => Coordinator::with_canary(config.clone(), canary),
        };
        let mut world = World {
            now: 0,
            page: Page::default(),
            checker: Checker::new(config, plan.faults.are_harmless()),
            inputs: 0,
            is_calm: false,
            seed: plan.seed,
            faults: plan.faults,
            coordinator,
            due: BTreeMap::new(),
            happenings: 0,
            workers: BTreeMap::new(),
            jobs: Vec::new(),
            calls: Vec::new(),
            random: Random::new(plan.seed, Stream::Page),
            trace,
            tape: None,
        };
        for (_, at, action) in &plan.actions {
            world.at(*at, Happening::Action(*action));
        }
        Ok(world)
    }

    /// Lets happen what is due until `end`, or until it is `enough`. Says whether it was enough.
    pub fn run(&mut self, end: Micros, enough: impl Fn(&World) -> bool) -> Result<bool, Violation> {
        self.pass_calls_on()?;
        while !enough(self) {
            let Some(first) = self.due.first_entry().filter(|first| first.key().0 <= end) else {
                self.now = self.now.max(end);
                return Ok(enough(self));
            };
            let (at, rank, _) = *first.key();
            let happening = first.remove();
            self.now = self.now.max(at);
            if happening.is_of_page() && self.now < self.page.busy_until {
                // A driver that was held up hears what was said before it ticks.
                if matches!(happening, Happening::Action(Action::Tick)) {
                    continue;
                }
                // Messages keep their order. A timer is another source of tasks: it comes before them, or after.
                let rank = match happening {
                    Happening::Timer(_) => self.random.below(2) as u8 * 2,
                    _ => rank,
                };
                self.put(self.page.busy_until, rank, happening);
                continue;
            }
            self.happen(happening)?;
            if !self.goes_on_calling() {
                self.pass_calls_on()?;
            }
            must(self.inputs < INPUTS_MAX, "7: a life comes to an end", || format!("{INPUTS_MAX} inputs"))?;
        }
        Ok(true)
    }

    /// From here on nothing goes wrong any more.
    pub fn calm_down(&mut self) {
        self.is_calm = true;
        self.faults = Faults::default();
        self.page.hidden = (0, 1);
    }

    pub fn init(&mut self) -> Verdict {
        match self.page.life {
            Life::Live => Ok(()),
            Life::Exiting => {
                self.page.init_after_exit = true;
                Ok(())
            }
            Life::Exited => {
                self.page.starting += 1;
                self.page.life = Life::Live;
                self.tell([Input::Start])
            }
        }
    }

    pub fn exit(&mut self) -> Verdict {
        if self.page.life != Life::Live {
            return Ok(());
        }
        self.page.life = Life::Exiting;
        self.tell([Input::Exit])
    }

    pub fn recycle(&mut self) -> Verdict {
        self.page.recycling.push(self.coordinator.recycle_target().map(|target| target.0));
        self.tell([Input::Recycle(Reason::Requested)])
    }

    pub fn call(&mut self, plan: JobPlan) -> Result<JobId, Violation> {
        self.jobs.push(plan);
        let job = JobId(self.jobs.len() as u64);
        if let Some(after) = plan.abort_after {
            self.at(self.now + after, Happening::Abort(job));
        }
        let call = adapter::call(job, &plan, self.checker.config().limit);
        let has_options = adapter::has_options(&call);
        let input = Input::Submit(call);
        if has_options {
            self.tell([input])?;
        } else {
            self.calls.push(input);
        }
        Ok(job)
    }

    /// Whether the user's next action is a call in the same turn.
    fn goes_on_calling(&self) -> bool {
        let next = self.due.first_key_value();
        next.is_some_and(|((at, ..), next)| *at <= self.now && matches!(next, Happening::Action(Action::Run(_))))
    }

    /// The driver's `#passCallsOn`.
    fn pass_calls_on(&mut self) -> Verdict {
        match std::mem::take(&mut self.calls) {
            calls if calls.is_empty() => Ok(()),
            calls => self.give(calls),
        }
    }

    /// Something that has no limit cannot end by itself any more: only a recycle or an exit ends it.
    pub fn is_stuck(&self) -> bool {
        self.workers.values().any(|worker| !worker.is_terminated && worker.generation.is_stuck)
    }

    pub fn record(&mut self) {
        self.tape = Some(Vec::new());
    }

    pub fn tape(self) -> Vec<(Time, Input)> {
        self.tape.unwrap_or_default()
    }

    pub fn trace(self) -> Trace {
        self.trace
    }

    pub fn note(&mut self, words: impl FnOnce() -> String) {
        self.trace.note(self.now, words);
    }

    fn happen(&mut self, happening: Happening) -> Verdict {
        match happening {
            Happening::Action(action) => self.act(action),
            Happening::Abort(job) if self.checker.is_open(job) => self.tell([Input::Abort(job)]),
            Happening::Abort(_) => Ok(()),
            Happening::Step(id, step) => {
                let (now, is_calm) = (self.now, self.is_calm);
                self.with(id, |generation| generation.step(now, step, is_calm));
                if matches!(step, Step::Leave) {
                    self.unlock(id);
                }
                Ok(())
            }
            Happening::Hear(id, delivery) => self.hear(id, delivery),
            Happening::Timer(number) => {
                if self.page.timer.is_some_and(|timer| timer.number == number) {
                    // Behind the messages that have arrived by now.
                    self.put(self.now, 3, Happening::Turn(number));
                }
                Ok(())
            }
            Happening::Turn(number) => {
                if self.page.timer.is_some_and(|timer| timer.number == number) {
                    self.page.timer = None;
                }
                self.tell([Input::Tick])
            }
        }
    }

    fn act(&mut self, action: Action) -> Verdict {
        if !matches!(action, Action::Run(_)) {
            self.trace.note(self.now, || format!("-- {action:?}"));
        }
        match action {
            Action::Run(plan) => self.call(plan).map(drop)?,
            Action::Recycle => self.recycle()?,
            Action::Exit => self.exit()?,
            Action::Init => self.init()?,
            Action::Crash { older } => {
                if let Some(id) = self.live(older) {
                    self.with(id, Generation::crash);
                }
            }
            Action::Kill { older } => {
                if let Some(id) = self.live(older)
                    && let Some(worker) = self.workers.get_mut(&id)
                {
                    worker.generation.kill();
                    self.unlock(id);
                }
            }
            Action::Stick { older } => {
                if let Some(worker) = self.live(older).and_then(|id| self.workers.get_mut(&id)) {
                    worker.generation.stick();
                }
            }
            Action::Busy { for_ms } => self.page.busy_until = self.now + for_ms * MS,
            Action::Hide { for_ms, step_ms } => self.page.hidden = (self.now + for_ms * MS, step_ms * MS),
            Action::Sleep { for_ms } => {
                self.page.slept += for_ms * MS;
                if let Some(timer) = self.page.timer {
                    // It comes when the machine wakes: before what the workers say, or after.
                    let due = timer.due.saturating_sub(self.page.slept).max(self.now + self.random.below(3 * MS));
                    let rank = self.random.below(2) as u8 * 2;
                    self.put(due, rank, Happening::Timer(timer.number));
                }
            }
            Action::Tick => self.tell([Input::Tick])?,
            Action::StrayAbort { back } => {
                let job = JobId((self.jobs.len() as u64).saturating_sub(back));
                if !self.checker.is_open(job) {
                    self.tell([Input::Abort(job)])?;
                }
            }
        }
        Ok(())
    }

    /// The driver's `#hear`.
    fn hear(&mut self, id: GenerationId, delivery: Delivery) -> Verdict {
        let Some(worker) = self.workers.get_mut(&id) else { return Ok(()) };
        if worker.is_terminated && !delivery.unfiltered {
            return Ok(());
        }
        if delivery.word.iter().flatten().any(|message| *message == Message::Hello) && !worker.is_watched {
            worker.is_watched = true;
            // It asks for the lock of one that is dead already.
            if worker.is_terminated || worker.generation.is_dead() {
                self.unlock(id);
            }
        }
        let mut word = delivery.word;
        if network::is_of_jobs(&word) && self.random.percent(50) {
            while let Some(more) = self.joined(id) {
                word.extend(more);
            }
            word = vec![word.concat()];
        }
        for messages in word {
            self.tell(messages.into_iter().map(|message| Input::Heard(id, message)))?;
        }
        Ok(())
    }

    /// What the leader's next message says, if it says it in the same one: words of jobs gather while the page is busy.
    fn joined(&mut self, id: GenerationId) -> Option<Word> {
        let first = self.due.first_entry().filter(|first| first.key().0 <= self.now)?;
        match first.get() {
            Happening::Hear(from, next) if *from == id && network::is_of_jobs(&next.word) => {
                let Happening::Hear(_, next) = first.remove() else { return None };
                Some(next.word)
            }
            _ => None,
        }
    }

    /// The driver's `#tell`.
    fn tell(&mut self, inputs: impl IntoIterator<Item = Input>) -> Verdict {
        self.pass_calls_on()?;
        self.give(inputs)
    }

    /// All of one moment, and the driver's `#perform`.
    fn give(&mut self, inputs: impl IntoIterator<Item = Input>) -> Verdict {
        let mut now_ms = self.page.clock_ms(self.now);
        if self.faults.has(Fault::Clock) && self.random.percent(10) {
            now_ms -= self.random.across(0..=(500 * MS).min(now_ms as u64)) as f64 / 1000.0;
        }
        for input in inputs {
            self.inputs += 1;
            self.trace.note(self.now, || format!("{now_ms:>12.3} < {input:?}"));
            self.checker.input(now_ms, &input, &self.coordinator);
            if let Some(tape) = &mut self.tape {
                tape.push((Time::from_ms(now_ms), input.clone()));
            }
            self.coordinator.take_in(Time::from_ms(now_ms), input);
        }
        self.coordinator.follow_up();
        while let Some(output) = self.coordinator.poll_output() {
            self.trace.note(self.now, || format!("             > {output:?}"));
            self.checker.output(&output, &self.page)?;
            self.perform(output);
        }
        self.checker.end_of_turn(&self.coordinator)?;
        if self.page.schedule(self.now, self.coordinator.wake_at())
            && let Some(timer) = self.page.timer
        {
            self.put(timer.due.saturating_sub(self.page.slept).max(self.now), 1, Happening::Timer(timer.number));
        }
        if self.page.life == Life::Exited && std::mem::take(&mut self.page.init_after_exit) {
            self.init()?;
        }
        Ok(())
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Start(id) => {
                let faults = self.faults;
                let (generation, effects) = Generation::new(id, self.seed, faults, self.checker.config());
                let port = Port::new(self.seed, id.0);
                self.workers.insert(id, Worker { generation, port, is_watched: false, is_terminated: false });
                self.with(id, |_| effects);
            }
            Output::Post { generation, job, announce, .. } => {
                let plan = self.jobs[job.0 as usize - 1];
                self.with(generation, |generation| generation.post(job, plan, announce));
            }
            Output::Stop { generation, job } => self.with(generation, |generation| generation.stop(job)),
            Output::Snapshot(id) => self.with(id, Generation::snapshot),
            Output::Ask(id) => self.with(id, Generation::ask),
            Output::Retire(id) => self.with(id, Generation::retire),
            Output::Terminate(id) => {
                if let Some(worker) = self.workers.get_mut(&id) {
                    worker.is_terminated = true;
                    worker.generation.kill();
                    self.unlock(id);
                }
            }
            Output::Emit(event) => self.emit(&event),
            _ => {}
        }
    }

    fn emit(&mut self, event: &Event) {
        self.page.hear(event);
    }

    /// Lets a generation do something, and sends on its way what follows.
    fn with(&mut self, id: GenerationId, act: impl FnOnce(&mut Generation) -> Effects) {
        let Some(worker) = self.workers.get_mut(&id) else { return };
        let Effects { words, direct, steps } = act(&mut worker.generation);
        if let Some(message) = direct {
            let delivery = worker.port.direct(self.now, message);
            self.at(delivery.at, Happening::Hear(id, delivery));
        }
        for word in words {
            self.send(id, word);
        }
        for (after, step) in steps {
            self.at(self.now + after, Happening::Step(id, step));
        }
    }

    fn send(&mut self, id: GenerationId, word: Word) {
        let Some(worker) = self.workers.get_mut(&id) else { return };
        let is_awaited = network::is_awaited(&word);
        let deliveries = worker.port.send(self.now, word, self.faults);
        worker.generation.is_stuck |= deliveries.is_empty() && is_awaited;
        for delivery in deliveries {
            self.at(delivery.at, Happening::Hear(id, delivery));
        }
    }

    /// A worker has ended: who waits for its lock gets it.
    fn unlock(&mut self, id: GenerationId) {
        if let Some(worker) = self.workers.get_mut(&id)
            && worker.is_watched
            && !self.faults.has(Fault::Silence)
        {
            let delivery = worker.port.unlock(self.now);
            self.at(delivery.at, Happening::Hear(id, delivery));
        }
    }

    /// The newest generation that lives, or the one before it.
    fn live(&self, older: bool) -> Option<GenerationId> {
        let mut live = self.workers.iter().rev().filter(|(_, worker)| !worker.is_terminated).map(|(&id, _)| id);
        let newest = live.next();
        if older { live.next().or(newest) } else { newest }
    }

    fn at(&mut self, at: Micros, happening: Happening) {
        self.put(at, 1, happening);
    }

    fn put(&mut self, at: Micros, rank: u8, happening: Happening) {
        self.happenings += 1;
        self.due.insert((at, rank, self.happenings), happening);
    }
}
