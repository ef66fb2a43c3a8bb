//! One life from its plan to its end: faults first, then none, and then everything has to come right.

use std::panic::{AssertUnwindSafe, catch_unwind};

use perennial::coordinator::{Canary, Input, JobId, Time};

use crate::invariants::{Verdict, Violation, must};
use crate::page::Life;
use crate::plan::{Behaviour, JobPlan, MS, Micros, Plan, SECOND};
use crate::trace::Trace;
use crate::user::{DECODING_MAX, RUN_MAX};
use crate::world::World;

const SETTLES: &str = "7: every promise settles in time";
const SERVES: &str = "the pool serves again when faults have ended";

/// How a life went.
#[derive(Debug)]
pub struct Outcome {
    pub verdict: Verdict,
    pub inputs: u64,
    pub trace: Trace,
}

pub fn live(plan: &Plan, canary: Option<Canary>, trace: Trace) -> Outcome {
    let mut world = match World::new(plan, canary, trace) {
        Ok(world) => world,
        Err(violation) => return Outcome { verdict: Err(violation), inputs: 0, trace: Trace::none() },
    };
    let verdict = catch_unwind(AssertUnwindSafe(|| play(&mut world, plan))).unwrap_or_else(|thrown| {
        let words = thrown.downcast_ref::<String>().cloned();
        let words = words.or_else(|| thrown.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default();
        Err(Violation { invariant: "it does not panic", words })
    });
    let inputs = world.inputs;
    Outcome { verdict, inputs, trace: world.trace() }
}

/// Everything the coordinator is told in this life.
///
/// # Panics
///
/// If an invariant is broken: what comes after that is no life.
pub fn record(plan: &Plan) -> Vec<(Time, Input)> {
    let mut world = World::new(plan, None, Trace::none()).expect("a plan's options are taken");
    world.record();
    play(&mut world, plan).expect("no invariant is broken");
    world.tape()
}

fn play(world: &mut World, plan: &Plan) -> Verdict {
    world.init()?;
    let end = plan.actions.last().map_or(0, |(_, at, _)| at + MS);
    world.run(end, |_| false)?;
    // What the user does while the page is busy is done when it is not.
    while world.now < world.page.busy_until {
        world.run(world.page.busy_until, |_| false)?;
    }
    world.note(|| "-- faults have ended".into());
    world.calm_down();
    settle(world)?;
    probe(world)?;
    leave(world)
}

/// All that was promised is kept, within what the options allow.
fn settle(world: &mut World) -> Verdict {
    for _ in 0..3 {
        world.run(world.now + patience(world), has_settled)?;
        if !world.is_stuck() {
            break;
        }
        // What a user does whose job has no timeout and never ends, or whose pool died in silence.
        world.note(|| "-- something is stuck".into());
        if world.page.life == Life::Live {
            world.recycle()?;
        }
    }
    world.run(world.now + patience(world), has_settled)?;
    must(has_settled(world), SETTLES, || open_promises(world))
}

fn has_settled(world: &World) -> bool {
    let page = &world.page;
    world.checker.open_jobs() == 0 && page.recycling.is_empty() && page.starting == 0 && page.life != Life::Exiting
}

fn open_promises(world: &World) -> String {
    let (page, jobs) = (&world.page, world.checker.open_jobs());
    format!("open are {jobs} jobs, recycle {:?}, start {}, the pool is {:?}", page.recycling, page.starting, page.life)
}

/// A job like any other is served.
fn probe(world: &mut World) -> Verdict {
    let plan = JobPlan {
        task: 0,
        priority: 0,
        timeout_ms: None,
        queue_timeout_ms: None,
        idempotent: false,
        abort_after: None,
        behaviour: Behaviour::Fulfils,
        duration: MS,
        checkpoint: None,
        decoding: 0,
        needs: 0,
        keeps: 0,
        states: false,
    };
    let end = world.now + 2 * patience(world);
    let mut last = JobId(0);
    while world.now < end {
        if world.page.life == Life::Exited {
            world.init()?;
        }
        last = world.call(plan)?;
        let has_settled = |world: &World| !world.checker.is_open(last);
        if !world.run(world.now + patience(world), has_settled)? && world.is_stuck() {
            // It came up, and died in silence, since.
            world.recycle()?;
            world.run(world.now + patience(world), has_settled)?;
        }
        if world.checker.is_served(last) {
            return Ok(());
        }
        world.run(world.now + 5 * SECOND, |_| false)?;
    }
    must(false, SERVES, || format!("job {} was the last that was tried; {}", last.0, open_promises(world)))
}

/// After exit nothing is left, and nothing comes back.
fn leave(world: &mut World) -> Verdict {
    world.exit()?;
    let has_exited = |world: &World| world.page.life == Life::Exited;
    let in_time = world.run(world.now + patience(world), has_exited)?;
    must(in_time && has_settled(world), SETTLES, || open_promises(world))?;
    world.run(world.now + 600 * SECOND, |_| false).map(drop)
}

/// More than anything may take that is open now: every start fails once more as slowly as it can, every drain takes its
/// whole time, and every job runs three times, one after the other.
fn patience(world: &World) -> Micros {
    let config = world.checker.config();
    let ms = 30_000.0 + 30_000.0 + config.start_timeout_ms * 2.0 + config.exit_timeout_ms * 2.0 + 10_000.0;
    let jobs = world.checker.open_jobs() as u64 + u64::from(config.threads) + 1;
    // A planned recycle for which jobs wait has to rest first.
    let rest_ms = ms / config.recycle.share;
    3 * ((ms + rest_ms) * MS as f64) as Micros + 3 * jobs * (RUN_MAX + DECODING_MAX) + 6 * SECOND
}
