//! What a user may want: options, and calls in patterns.

use serde_json::{Map, Value, json};

use crate::adapter;
use crate::faults::{Fault, Faults};
use crate::plan::{Action, Behaviour, JobPlan, MS, Micros, SECOND};
use crate::random::Random;

/// The longest that a job runs which ends by itself.
pub const RUN_MAX: Micros = 3 * SECOND;
/// The longest that a leader copies one argument.
pub const DECODING_MAX: Micros = 2 * SECOND;

pub fn options(random: &mut Random, faults: Faults) -> Value {
    let mut options = Map::new();
    let limit = random.pick(&[16u64, 64, 256, 1024]) << 20;
    let mut memory = json!({ "limit": limit });
    if random.percent(50) {
        memory["budget"] = json!(limit * random.pick(&[2, 3, 4, 6]) / 2);
    }
    if random.percent(30) {
        memory["overlap"] = json!(random.pick(&["auto", "drain-first"]));
    }
    options.insert("memory".into(), memory);
    options.insert("threads".into(), json!(random.within(1..=4)));
    options.insert("maxQueue".into(), json!(random.across(1..=40)));
    options.insert("reportInterval".into(), json!(random.across(100..=4000)));
    // Where nothing dies, what is slow must not be too slow for the options.
    let (start, exit) = if faults.are_harmless() { (2_000, 20_000) } else { (150, 0) };
    if random.percent(50) {
        options.insert("startTimeout".into(), json!(random.across(start..=20_000)));
    }
    if random.percent(50) {
        options.insert("exitTimeout".into(), json!(random.across(exit..=30_000)));
    }
    if random.percent(60) {
        let within = random.across(500..=60_000);
        options.insert("restart".into(), json!({ "max": random.below(6), "within": within }));
    }
    adapter::policy(&mut options, random);
    Value::Object(options)
}

pub fn actions(random: &mut Random, faults: Faults, events: usize) -> Vec<(Micros, Action)> {
    let mut actions = Vec::new();
    let mut at = 0;
    let taste = Taste::random(random);
    let count = random.within(events as u64 / 5..=events as u64 / 2).max(1);
    while actions.len() < count as usize {
        at += match random.below(10) {
            0..=5 => random.across(0..=200 * MS),
            6..=8 => random.across(0..=2 * SECOND),
            _ => random.across(0..=20 * SECOND),
        };
        let action = match random.below(100) {
            0..=2 => {
                for _ in 0..random.within(2..=12) {
                    actions.push((at, Action::Run(taste.job(random, faults))));
                }
                continue;
            }
            3..=5 => Action::Recycle,
            6 => Action::Exit,
            7..=8 => Action::Init,
            9..=11 if faults.has(Fault::Crash) => Action::Crash { older: random.percent(40) },
            12..=14 if faults.has(Fault::Kill) => Action::Kill { older: random.percent(40) },
            25..=26 if faults.has(Fault::Stuck) => Action::Stick { older: random.percent(40) },
            15..=16 if faults.has(Fault::Busy) => Action::Busy { for_ms: random.across(60..=10_000) },
            17..=18 if faults.has(Fault::Hidden) => {
                Action::Hide { for_ms: random.across(1000..=300_000), step_ms: random.pick(&[1000, 60_000]) }
            }
            19..=20 if faults.has(Fault::Asleep) => {
                // A nap looks like a hidden tab's late timer, which gives no second respite.
                let least = if faults.are_harmless() { 120_000 } else { 100 };
                Action::Sleep { for_ms: random.across(least..=20_000_000) }
            }
            21..=23 if faults.has(Fault::Spurious) => Action::Tick,
            24 if faults.has(Fault::Spurious) => Action::StrayAbort { back: random.below(30) },
            _ => Action::Run(taste.job(random, faults)),
        };
        actions.push((at, action));
    }
    actions
}

/// The task of short jobs.
const SHORT: u32 = 0;

/// Calls of one user are alike.
struct Taste {
    timeouts: u64,
    queue_timeouts: u64,
    idempotent: u64,
    signals: u64,
    priorities: bool,
    run_max: Micros,
}

impl Taste {
    fn random(random: &mut Random) -> Self {
        Taste {
            timeouts: random.pick(&[0, 20, 60, 100]),
            queue_timeouts: random.pick(&[0, 20, 60]),
            idempotent: random.pick(&[0, 50, 100]),
            signals: random.pick(&[0, 10, 40]),
            priorities: random.percent(50),
            run_max: random.pick(&[50 * MS, 500 * MS, RUN_MAX]),
        }
    }

    fn job(&self, random: &mut Random, faults: Faults) -> JobPlan {
        let task = random.below(4) as u32;
        // One task is short: of its jobs a generation has many at once.
        let duration = if task == SHORT { random.across(1..=40) } else { random.across(100..=self.run_max) };
        let mut job = JobPlan {
            task,
            priority: if self.priorities { random.within(0..=4) as i32 - 2 } else { 0 },
            timeout_ms: random.percent(self.timeouts).then(|| random.across(0..=6000)),
            queue_timeout_ms: random.percent(self.queue_timeouts).then(|| random.across(0..=6000)),
            idempotent: random.percent(self.idempotent),
            abort_after: random.percent(self.signals).then(|| random.across(0..=6 * SECOND)),
            behaviour: Behaviour::Fulfils,
            duration,
            checkpoint: Some(random.across(0..=300 * MS)),
            decoding: 0,
            needs: random.across(0..=5),
            keeps: 0,
            states: random.percent(20),
        };
        let dangers = [
            (Fault::Hang, Behaviour::Hangs, 6),
            (Fault::Trap, Behaviour::Traps, 6),
            (Fault::Panic, Behaviour::Panics, 15),
        ];
        for (fault, behaviour, percent) in dangers {
            if random.percent(percent) && faults.has(fault) {
                job.behaviour = behaviour;
            }
        }
        if random.percent(50) && faults.has(Fault::Hang) {
            job.checkpoint = None;
        }
        if random.percent(15) && faults.has(Fault::Burst) {
            job.needs = random.within(20..=120);
        }
        if random.percent(30) && faults.has(Fault::Leak) {
            job.keeps = random.within(0..=job.needs);
        }
        if random.percent(15) && faults.has(Fault::Decoding) {
            job.decoding = random.across(0..=DECODING_MAX);
        }
        job
    }
}
