//! Messages of generations, true or not, at times that are none.

use std::collections::BTreeMap;

use perennial::coordinator::*;
use proptest::prelude::*;
use serde_json::json;

use crate::harness::{fuzz, peak_of};

const REASONS: [Reason; 8] = [
    Reason::Requested,
    Reason::Hang,
    Reason::Pressure,
    Reason::Admission,
    Reason::Exhausted,
    Reason::Age,
    Reason::Jobs,
    Reason::Idle,
];

/// Times that go back, stand still, or are none.
fn time() -> impl Strategy<Value = f64> {
    prop_oneof![
        12 => 0.0f64..100_000.0,
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -0.0, 1e308, f64::MIN_POSITIVE]),
        1 => any::<f64>(),
    ]
}

fn id() -> impl Strategy<Value = u64> {
    prop_oneof![12 => 0u64..12, 1 => any::<u64>(), 1 => Just(u64::MAX)]
}

fn generation() -> impl Strategy<Value = GenerationId> {
    prop_oneof![12 => 0u32..5, 1 => any::<u32>(), 1 => Just(u32::MAX)].prop_map(GenerationId)
}

fn report() -> impl Strategy<Value = Report> {
    let thread = prop_oneof![9 => 0u32..4, 1 => any::<u32>()];
    let busy = prop::collection::vec((id(), any::<f64>()), 0..4);
    let numbers = any::<(u64, u64, u64, u64, f64)>();
    (thread, numbers, busy).prop_map(|(thread, (reserved, live, peak, jobs_done, worked_ms), busy)| Report {
        thread,
        reserved,
        live,
        peak,
        jobs_done,
        worked_ms,
        busy: busy.into_iter().map(|(job, for_ms)| Busy { job: JobId(job), for_ms }).collect(),
    })
}

fn message() -> impl Strategy<Value = Message> {
    let job = || id().prop_map(JobId);
    let ending = prop::sample::select(vec![Ending::Fulfilled, Ending::Rejected, Ending::Exhausted, Ending::Threw]);
    prop_oneof![
        3 => Just(Message::Hello),
        1 => any::<u64>().prop_map(|limit| Message::Granted { limit }),
        6 => Just(Message::Ready),
        1 => "\\PC{0,8}".prop_map(|cause| Message::StartFailed { cause }),
        4 => job().prop_map(Message::JobStarted),
        6 => (job(), ending, any::<f64>()).prop_map(|(job, ending, ran_ms)| Message::JobEnded { job, ending, ran_ms }),
        1 => any::<bool>().prop_map(|came| Message::Snapshot(if came { Ok(()) } else { Err("none".into()) })),
        3 => report().prop_map(Message::Reported),
        1 => "\\PC{0,8}".prop_map(|cause| Message::Died { cause }),
        3 => Just(Message::Retired),
    ]
}

/// A job's number is the driver's, which never repeats one: it is given when the call is made.
fn call() -> impl Strategy<Value = Call> {
    let ms = || prop::option::of(prop_oneof![4 => 0.0f64..1000.0, 1 => time()]);
    let memory = prop::option::of(prop_oneof![4 => 0u64..1 << 30, 1 => any::<u64>()]);
    (any::<u32>(), any::<i32>(), ms(), ms(), any::<bool>(), memory).prop_map(
        |(task, priority, timeout_ms, queue_timeout_ms, idempotent, memory)| Call {
            job: JobId(0),
            task: TaskId(task),
            priority,
            timeout_ms,
            queue_timeout_ms,
            idempotent,
            memory,
        },
    )
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        2 => Just(Input::Start),
        8 => call().prop_map(Input::Submit),
        2 => id().prop_map(|job| Input::Abort(JobId(job))),
        2 => prop::sample::select(REASONS.to_vec()).prop_map(Input::Recycle),
        1 => Just(Input::Exit),
        20 => (generation(), message()).prop_map(|(id, message)| Input::Heard(id, message)),
        4 => Just(Input::Tick),
    ]
}

#[test]
fn messages_to_the_coordinator() {
    let recycle = (prop::option::of(1u32..100_000), prop::option::of(1u32..20), 0.001f64..1.0);
    let strategy = (prop::collection::vec((time(), input()), 0..60), any::<bool>(), recycle);
    fuzz("messages_to_the_coordinator", strategy, |(inputs, drain_first, (age, jobs, share))| {
        let overlap = if drain_first { "drain-first" } else { "blue-green" };
        let options = json!({
            "threads": 2, "maxQueue": 4, "memory": { "overlap": overlap }, "restart": { "max": 2 },
            "recycle": { "maxAge": age, "maxJobs": jobs, "share": share },
        });
        let config = Config::from_options(&options, 2).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let mut outcome = Ok(());
        let peak = peak_of(|| outcome = play(Coordinator::new(config), inputs));
        prop_assert!(peak < 1 << 20, "{peak} bytes");
        outcome
    });
}

fn play(mut pool: Coordinator, inputs: Vec<(f64, Input)>) -> Result<(), TestCaseError> {
    let mut jobs: BTreeMap<u64, bool> = BTreeMap::new();
    let mut latest: f64 = 0.0;
    for (at, mut input) in inputs {
        if let Input::Submit(call) = &mut input {
            call.job = JobId(jobs.len() as u64 + 1);
            jobs.insert(call.job.0, false);
        }
        pool.handle(Time::from_ms(at), input);
        latest = latest.max(at);
        settle(&mut pool, &mut jobs)?;
        let health = pool.health(Time::from_ms(at), |_| None);
        prop_assert!(health.generations.len() <= 2 && health.queue.length <= 4 + 3 * 2, "{health:?}");
    }
    // Nothing is heard any more: its own deadlines have to end all.
    pool.handle(Time::from_ms(latest), Input::Exit);
    settle(&mut pool, &mut jobs)?;
    for wakes in 0.. {
        let Some(at) = pool.wake_at() else { break };
        prop_assert!(wakes < 1000, "it ticks for ever, next at {at:?}");
        pool.handle(at, Input::Tick);
        settle(&mut pool, &mut jobs)?;
    }
    prop_assert!(jobs.values().all(|settled| *settled), "never settled: {jobs:?}");
    Ok(())
}

fn settle(pool: &mut Coordinator, jobs: &mut BTreeMap<u64, bool>) -> Result<(), TestCaseError> {
    for outputs in 0.. {
        let Some(output) = pool.poll_output() else { return Ok(()) };
        prop_assert!(outputs < 1000, "it has no end of outputs");
        if let Output::Settle { job, .. } = output {
            let twice = jobs.insert(job.0, true);
            prop_assert_eq!(twice, Some(false), "invariant 1: job {}", job.0);
        }
    }
    Ok(())
}
