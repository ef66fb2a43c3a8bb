//! Random lives of a pool against a model of its generations.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Run {
        idempotent: bool,
        timeout: bool,
        queue_timeout: bool,
        /// A tenth of the limit each.
        memory: Option<u64>,
    },
    Abort(usize),
    Recycle,
    Exit,
    Start,
    /// To one of the generations ever started, living or not: it ends, starts, dies, retires or repeats itself.
    Say(usize, Word),
    Wait(u16),
    Wake,
}

#[derive(Clone, Copy, Debug)]
enum Word {
    Hello,
    Ready,
    Fails,
    Starts(usize),
    Ends(usize),
    Exhausts(usize),
    /// In tenths of the limit.
    Reports(u64),
    Snapshot(bool),
    Answers,
    Traps,
    Dies,
    Retired,
}

fn step() -> impl Strategy<Value = Step> {
    let word = prop_oneof![
        2 => Just(Word::Hello),
        8 => Just(Word::Ready),
        1 => Just(Word::Fails),
        4 => (0usize..8).prop_map(Word::Starts),
        12 => (0usize..8).prop_map(Word::Ends),
        1 => (0usize..8).prop_map(Word::Exhausts),
        6 => (0u64..11).prop_map(Word::Reports),
        2 => any::<bool>().prop_map(Word::Snapshot),
        4 => Just(Word::Answers),
        1 => Just(Word::Traps),
        1 => Just(Word::Dies),
        4 => Just(Word::Retired),
    ];
    prop_oneof![
        12 => (any::<(bool, bool, bool)>(), prop::option::weighted(0.3, 0u64..12)).prop_map(|((idempotent, timeout, queue_timeout), memory)| {
            Step::Run { idempotent, timeout, queue_timeout, memory }
        }),
        2 => (0usize..64).prop_map(Step::Abort),
        2 => Just(Step::Recycle),
        1 => Just(Step::Exit),
        2 => Just(Step::Start),
        24 => (0usize..4, word).prop_map(|(back, word)| Step::Say(back, word)),
        3 => (1u16..2000).prop_map(Step::Wait),
        3 => Just(Step::Wake),
    ]
}

/// What the driver would know.
#[derive(Default)]
struct World {
    /// Live generations and the jobs posted to each.
    live: BTreeMap<u32, Vec<u64>>,
    newest: u32,
    settled: BTreeMap<u64, Settlement>,
    posted: BTreeMap<u64, u32>,
    idempotent: BTreeMap<u64, bool>,
    /// The least generation that each pending `recycle()` waits for.
    recycling: Vec<Option<u32>>,
    max_live: usize,
}

impl World {
    fn perform(&mut self, outputs: Vec<Output>) -> Result<(), TestCaseError> {
        for output in outputs {
            match output {
                Output::Start(id) => {
                    prop_assert!(id.0 > self.newest, "a generation's number repeats");
                    self.newest = id.0;
                    self.live.insert(id.0, Vec::new());
                    prop_assert!(self.live.len() <= self.max_live, "invariant 6");
                }
                Output::Post { generation, job, .. } => {
                    prop_assert!(!self.settled.contains_key(&job.0), "a settled job is posted");
                    let runs = self.posted.entry(job.0).or_default();
                    *runs += 1;
                    prop_assert!(*runs == 1 || self.idempotent[&job.0], "invariant 2");
                    let jobs = self.live.get_mut(&generation.0);
                    prop_assert!(jobs.is_some(), "a job for a generation that is gone");
                    jobs.unwrap().push(job.0);
                }
                Output::Stop { generation, .. }
                | Output::Retire(generation)
                | Output::Snapshot(generation)
                | Output::Ask(generation) => {
                    prop_assert!(self.live.contains_key(&generation.0), "invariant 3");
                }
                Output::Terminate(id) => {
                    prop_assert!(self.live.remove(&id.0).is_some(), "terminated twice");
                }
                Output::Settle { job, settlement } => {
                    prop_assert!(self.settled.insert(job.0, settlement).is_none(), "invariant 1: job {} twice", job.0);
                }
                Output::Emit(Event::Exited) => {
                    prop_assert!(self.live.is_empty(), "invariant 9");
                    prop_assert!(self.recycling.is_empty(), "a recycle's promise outlives the pool");
                }
                Output::Emit(Event::RecycleStarted { to, .. }) => {
                    self.recycling.iter_mut().for_each(|target| _ = target.get_or_insert(to.0));
                }
                Output::Emit(Event::RecycleEnded(recycled)) => {
                    self.recycling.retain(|target| target.is_none_or(|target| target > recycled.to.0));
                }
                Output::Emit(Event::RecycleFailed { from, .. }) => {
                    self.recycling.retain(|target| target.is_some_and(|target| target <= from.0));
                }
                Output::Emit(_) => {}
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_job_settles_once_whatever_is_said(
        steps in prop::collection::vec(step(), 1..150),
        drain_first in any::<bool>(),
        snapshots in any::<bool>(),
        restart_max in 0u32..4,
        exit_timeout in prop_oneof![Just(5.0), Just(20_000.0)],
    ) {
        let overlap = if drain_first { "drain-first" } else { "blue-green" };
        let mut pool = Pool::new(json!({
            "threads": 2, "maxQueue": 6, "exitTimeout": exit_timeout, "memory": {"overlap": overlap}, "restart": {"max": restart_max},
        }));
        pool.answers = false;
        pool.inner.config.snapshots = snapshots;
        let tenth = pool.inner.config.limit / 10;
        let mut world = World { max_live: if drain_first { 1 } else { 2 }, ..World::default() };
        let outputs = pool.give(Input::Start);
        world.perform(outputs)?;
        for step in steps {
            pool.now += 1.0;
            let outputs = match step {
                Step::Run { idempotent, timeout, queue_timeout, memory } => {
                    let mut call = pool.call();
                    call.idempotent = idempotent;
                    call.memory = memory.map(|tenths| tenths * tenth);
                    call.timeout_ms = timeout.then_some(40.0);
                    call.queue_timeout_ms = queue_timeout.then_some(40.0);
                    world.idempotent.insert(call.job.0, idempotent);
                    pool.give(Input::Submit(call))
                }
                Step::Abort(back) => {
                    let job = pool.next_job.saturating_sub(back as u64);
                    pool.give(Input::Abort(JobId(job)))
                }
                Step::Recycle => {
                    world.recycling.push(pool.inner.recycle_target().map(|target| target.0));
                    pool.give(Input::Recycle(Reason::Requested))
                }
                Step::Exit => pool.give(Input::Exit),
                Step::Start => pool.give(Input::Start),
                Step::Say(back, word) => {
                    let generation = world.newest.saturating_sub(back as u32);
                    let job = |n: usize| {
                        let jobs = world.live.get(&generation).filter(|jobs| !jobs.is_empty());
                        JobId(jobs.map_or(n as u64, |jobs| jobs[n % jobs.len()]))
                    };
                    let message = match word {
                        Word::Hello => Message::Hello,
                        Word::Ready => Message::Ready,
                        Word::Fails => Message::StartFailed { cause: "fails".into() },
                        Word::Starts(n) => Message::JobStarted(job(n)),
                        Word::Ends(n) => Message::JobEnded { job: job(n), ending: Ending::Fulfilled, ran_ms: RAN_MS },
                        Word::Exhausts(n) => Message::JobEnded { job: job(n), ending: Ending::Exhausted, ran_ms: RAN_MS },
                        Word::Reports(tenths) => {
                            let live = tenths * tenth;
                            let busy = Vec::new();
                            Message::Reported(Report { thread: 0, reserved: live, live, peak: live, jobs_done: 0, worked_ms: 0.0, busy })
                        }
                        Word::Snapshot(there) => Message::Snapshot(if there { Ok(()) } else { Err("none".into()) }),
                        Word::Answers => Message::Answered,
                        Word::Traps => Message::Trapped { cause: "traps".into() },
                        Word::Dies => Message::Died { cause: "dies".into() },
                        Word::Retired => Message::Retired,
                    };
                    pool.say(generation, message)
                }
                Step::Wait(ms) => {
                    pool.now += f64::from(ms);
                    pool.give(Input::Tick)
                }
                Step::Wake => match pool.inner.wake_at() {
                    Some(at) => {
                        pool.now = pool.now.max(at.as_ms());
                        pool.give(Input::Tick)
                    }
                    None => continue,
                },
            };
            world.perform(outputs)?;
        }
        // From here on nothing is heard any more: deadlines alone have to settle all.
        let outputs = pool.give(Input::Exit);
        world.perform(outputs)?;
        let mut wakes = 0;
        while pool.inner.wake_at().is_some() {
            wakes += 1;
            prop_assert!(wakes < 1000, "it ticks for ever");
            let outputs = pool.tick_at_next();
            world.perform(outputs)?;
        }
        prop_assert!(world.live.is_empty(), "invariant 9: {:?}", world.live);
        prop_assert!(world.recycling.is_empty(), "a recycle never settles");
        prop_assert!(pool.inner.generation_phases().is_empty());
        for job in 1..pool.next_job {
            prop_assert!(world.settled.contains_key(&job), "invariant 1: job {job} never settles");
        }
    }
}
