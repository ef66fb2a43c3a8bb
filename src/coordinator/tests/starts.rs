//! Starts, and those that fail.

use super::*;

#[test]
fn a_pool_is_ready_while_it_would_serve_a_call() {
    let mut pool = Pool::new(json!({"threads": 1, "restart": {"max": 0}}));
    let exited = Readiness::Refuses(Settlement::PoolExited);
    assert_eq!(pool.inner.readiness(), exited);
    pool.give(Input::Start);
    assert_eq!(pool.inner.readiness(), Readiness::Starts);
    pool.say(1, Message::Hello);
    pool.say(1, Message::Ready);
    assert_eq!(pool.inner.readiness(), Readiness::Serves);
    pool.say(1, Message::Died { cause: "killed".into() });
    let Readiness::Refuses(Settlement::StartFailed { cause }) = pool.inner.readiness() else {
        panic!("it is degraded")
    };
    assert!(cause.contains("killed"), "{cause}");
    pool.give(Input::Exit);
    assert_eq!(pool.inner.readiness(), exited);
}

#[test]
fn a_failed_start_changes_nothing_for_the_one_that_works() {
    let mut pool = Pool::serving(json!({}));
    pool.run();
    pool.give(Input::Recycle(Reason::Requested));
    let outputs = pool.say(2, Message::StartFailed { cause: "no script".into() });
    let failed = Event::RecycleFailed { from: GenerationId(1), reason: Reason::Requested, cause: "no script".into() };
    assert_eq!(outputs, [terminate(2), Output::Emit(failed)]);
    assert_eq!(pool.run().1, [post(1, 2)]);
}

#[test]
fn a_first_start_that_fails_ends_the_pool() {
    let mut pool = Pool::new(json!({"startTimeout": 100}));
    pool.give(Input::Start);
    pool.run();
    pool.say(1, Message::Hello);
    let outputs = pool.wake();
    let cause = "its threads and on_start were not up within 100 ms".to_string();
    assert_eq!(
        outputs,
        [
            terminate(1),
            settle(1, Settlement::StartFailed { cause: cause.clone() }),
            Output::Emit(Event::StartFailed { cause }),
        ]
    );
    assert_eq!(pool.give(Input::Start), [start(2)], "it can be started again, with a number of its own");
}

#[test]
fn a_leader_that_never_speaks_is_a_failed_start() {
    let mut pool = Pool::new(json!({}));
    pool.give(Input::Start);
    assert!(pool.wake().contains(&terminate(1)));
}

#[test]
fn too_many_deaths_degrade_and_a_start_recovers() {
    let mut pool = Pool::serving(json!({"restart": {"max": 1, "within": 60_000}}));
    pool.say(1, Message::Died { cause: "a".into() });
    let (job, _) = pool.run();
    let outputs = pool.say(2, Message::StartFailed { cause: "b".into() });
    assert!(outputs.contains(&Output::Emit(Event::Degraded { cause: "b".into() })), "{outputs:?}");
    assert!(outputs.contains(&settle(job, Settlement::StartFailed { cause: "b".into() })), "{outputs:?}");
    let (refused, outputs) = pool.run();
    assert_eq!(outputs, [settle(refused, Settlement::StartFailed { cause: "b".into() })]);
    assert_eq!(pool.wake(), [start(3)]);
    assert_eq!(pool.say(3, Message::Ready), [Output::Emit(Event::Recovered { generation: GenerationId(3) })]);
    assert_eq!(pool.run().1.len(), 1);
}

#[test]
fn a_limit_that_the_device_refused_is_told_and_kept() {
    let mut pool = Pool::new(json!({"memory": {"limit": "1GiB"}}));
    pool.give(Input::Start);
    let (generation, asked, granted) = (GenerationId(1), 1 << 30, 256 << 20);
    let reduced = Event::LimitReduced { generation, asked, granted };
    assert_eq!(pool.say(1, Message::Granted { limit: granted }), [Output::Emit(reduced)]);
    pool.say(1, Message::Ready);
    let health = pool.inner.health(Time::from_ms(1.0), |_| None);
    assert_eq!((health.generations[0].limit, health.generations[0].limit_asked), (granted, asked));
    // The next one asks anew.
    pool.give(Input::Recycle(Reason::Requested));
    assert_eq!(pool.say(2, Message::Granted { limit: asked }), []);
}

#[test]
fn a_machine_that_slept_is_no_hang_and_no_failed_start() {
    const HOURS: f64 = 10_000_000.0;
    let mut pool = Pool::new(json!({"threads": 1, "startTimeout": 100}));
    pool.give(Input::Start);
    pool.say(1, Message::Hello);
    pool.now += HOURS;
    assert_eq!(pool.give(Input::Tick), [], "its leader slept too");
    assert_eq!(pool.say(1, Message::Ready).len(), 1);
    let (job, _) = pool.run();
    pool.give(Input::Recycle(Reason::Requested));
    pool.say(2, Message::Ready);
    for _ in 0..3 {
        pool.now += HOURS;
        assert_eq!(pool.give(Input::Tick), [], "so did the job that is drained");
    }
    assert_eq!(pool.end(1, job), [settle(job, Settlement::AsSaid), retire(1)]);
}
