//! Jobs that wait, run and end, and what is told of them.

use proptest::prelude::*;

use super::*;

#[test]
fn jobs_beyond_the_credits_wait_and_follow() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    assert_eq!(pool.run().1, [post(1, 1)]);
    assert_eq!(pool.run().1, [post(1, 2)]);
    assert_eq!(pool.run().1, []);
    assert_eq!(pool.end(1, 1), [settle(1, Settlement::AsSaid), post(1, 3)]);
}

#[test]
fn idle_is_a_pool_whose_aborted_jobs_have_ended_too() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    assert!(pool.inner.is_idle());
    pool.run();
    pool.run();
    pool.run();
    pool.give(Input::Abort(JobId(3)));
    pool.end(1, 2);
    pool.give(Input::Abort(JobId(1)));
    assert!(!pool.inner.is_idle());
    pool.end(1, 1);
    assert!(pool.inner.is_idle());
}

#[test]
fn a_full_queue_has_no_room_and_every_other_refusal_has() {
    let mut pool = Pool::new(json!({"threads": 1, "maxQueue": 1}));
    assert!(pool.inner.queue_has_room(), "it has exited, which a call is told");
    pool.give(Input::Start);
    pool.run();
    assert!(!pool.inner.queue_has_room());
    pool.say(1, Message::Hello);
    pool.say(1, Message::Ready);
    assert!(pool.inner.queue_has_room());
}

#[test]
fn latency_is_of_jobs_that_ran_to_their_end() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    for _ in 0..4 {
        pool.run();
    }
    pool.give(Input::Abort(JobId(4)));
    pool.give(Input::Abort(JobId(2)));
    pool.now = 40.0;
    pool.end(1, 1);
    pool.now = 100.0;
    let unrun = Message::JobEnded { job: JobId(2), ending: Ending::Rejected, ran_ms: f64::NAN };
    pool.say(1, unrun);
    pool.end(1, 3);
    let latency = pool.inner.health(Time::from_ms(pool.now), |_| None).latency;
    assert_eq!((latency.queue.count, latency.run.count, latency.settle.count), (2, 2, 2));
    assert_eq!((latency.queue.max, latency.run.max, latency.settle.max), (Some(40.0), Some(RAN_MS), Some(100.0)));
    assert!(latency.settle.p50.is_some_and(|ms| (40.0..=50.0).contains(&ms)), "{latency:?}");
}

const REPORT: Report = Report {
    thread: 0,
    reserved: 1 << 20,
    live: 1 << 20,
    peak: 1 << 20,
    jobs_done: 0,
    worked_ms: 0.0,
    busy: Vec::new(),
};

proptest! {
    #[test]
    fn calls_that_are_taken_in_together_fare_as_one_after_the_other(
        calls in 1usize..12, threads in 1u32..4, max_queue in 1usize..6, reports in any::<bool>(),
    ) {
        let options = json!({"threads": threads, "maxQueue": max_queue});
        let fared = |together: bool| {
            let mut pool = Pool::serving(options.clone());
            if reports {
                pool.inner.take_in(Time::from_ms(pool.now), Input::Heard(GenerationId(1), Message::Reported(REPORT)));
            }
            for _ in 0..calls {
                let call = pool.call();
                pool.inner.take_in(Time::from_ms(pool.now), Input::Submit(call));
                if !together {
                    pool.inner.follow_up();
                }
            }
            pool.inner.follow_up();
            let outputs = std::iter::from_fn(|| pool.inner.poll_output());
            outputs.filter(|output| !matches!(output, Output::Emit(_))).collect::<Vec<_>>()
        };
        prop_assert_eq!(fared(true), fared(false));
    }
}

#[test]
fn a_full_queue_refuses() {
    let mut pool = Pool::serving(json!({"threads": 1, "maxQueue": 1}));
    for _ in 0..3 {
        pool.run();
    }
    assert_eq!(pool.run().1, [settle(4, Settlement::QueueFull { max_queue: 1 })]);
}

#[test]
fn an_aborted_job_settles_at_once_and_its_thread_is_asked_to_stop() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    for _ in 0..3 {
        pool.run();
    }
    assert_eq!(pool.give(Input::Abort(JobId(3))), [settle(3, Settlement::Cancelled)], "it never starts");
    let stop = Output::Stop { generation: GenerationId(1), job: JobId(1) };
    assert_eq!(pool.give(Input::Abort(JobId(1))), [settle(1, Settlement::Cancelled), stop]);
    assert_eq!(pool.give(Input::Abort(JobId(1))), []);
    assert_eq!(pool.end(1, 1), []);
}

#[test]
fn a_timeout_counts_from_the_start_of_the_run() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    let mut call = pool.call();
    call.timeout_ms = Some(50.0);
    assert_eq!(
        pool.give(Input::Submit(call)),
        [Output::Post { generation: GenerationId(1), job: JobId(1), task: TaskId(0), announce: true }]
    );
    pool.now = 1000.0;
    assert_eq!(pool.give(Input::Tick), []);
    pool.say(1, Message::JobStarted(JobId(1)));
    let stop = Output::Stop { generation: GenerationId(1), job: JobId(1) };
    assert_eq!(pool.wake(), [settle(1, Settlement::TimedOut { after_ms: 50.0 }), stop]);
    assert_eq!(pool.now, 1050.0);
    assert_eq!(pool.end(1, 1), []);
    assert_eq!(pool.due(), None);
}

#[test]
fn looking_at_the_health_makes_nobody_late() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    let mut call = pool.call();
    call.timeout_ms = Some(50.0);
    pool.give(Input::Submit(call));
    pool.say(1, Message::JobStarted(JobId(1)));
    let health = pool.inner.health(Time::from_ms(500.0), |_| None);
    assert_eq!(health.generations[0].age_ms, 500.0);
    pool.now = 500.0;
    assert_eq!(pool.end(1, 1), [settle(1, Settlement::AsSaid)]);
}

#[test]
fn a_queue_timeout_counts_the_wait() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    pool.run();
    pool.run();
    let mut call = pool.call();
    call.queue_timeout_ms = Some(20.0);
    pool.give(Input::Submit(call));
    assert_eq!(pool.wake(), [settle(3, Settlement::QueueTimedOut { after_ms: 20.0 })]);
}

#[test]
fn what_has_a_queue_timeout_is_posted_once_a_thread_is_free() {
    let mut pool = Pool::serving(json!({"threads": 2}));
    let mut limited = || {
        let mut call = pool.call();
        call.queue_timeout_ms = Some(20.0);
        pool.give(Input::Submit(call))
    };
    let posted = |outputs: &[Output]| outputs.iter().any(|output| matches!(output, Output::Post { .. }));
    assert!(posted(&limited()) && posted(&limited()));
    assert!(!posted(&limited()), "the credit that goes ahead is not for it");
    assert!(posted(&pool.end(1, 1)));
    let (_, outputs) = pool.run();
    assert!(posted(&outputs), "without one it goes ahead");
}

#[test]
fn health_names_what_runs() {
    let mut pool = Pool::serving(json!({"threads": 1, "memory": {"limit": "64MiB"}}));
    pool.run();
    let report = Report {
        thread: 0,
        reserved: 100,
        live: 50,
        peak: 60,
        jobs_done: 0,
        worked_ms: 5.0,
        busy: vec![Busy { job: JobId(1), for_ms: 5.0 }],
    };
    pool.say(1, Message::Reported(report));
    pool.now = 10.0;
    let health = pool.inner.health(Time::from_ms(pool.now), |task| (task.0 == 0).then(|| "prove".into()));
    assert_eq!(health.phase, "serving");
    assert_eq!((health.generations[0].live, health.generations[0].limit), (50, 64 << 20));
    assert_eq!(health.threads[0].busy, [BusyHealth { job: 1, task: Some("prove".into()), for_ms: 15.0 }]);
    assert_eq!(health.threads[0].utilisation, Utilisation { recent: 1.0, total: 1.0 });
    pool.end(1, 1);
    assert_eq!(pool.inner.health(Time::from_ms(pool.now), |_| None).threads[0].busy, []);
}
