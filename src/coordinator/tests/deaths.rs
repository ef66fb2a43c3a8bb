//! Deaths, told in whatever order, and what becomes of their jobs.

use super::*;

const STUCK: &str = "its leader has not answered for 5000 ms";

/// Serves; its leaders answer only if the test says so.
fn mute(options: serde_json::Value) -> Pool {
    Pool { answers: false, ..Pool::serving(options) }
}

fn lost(generation: u32, cause: &str, rerun: usize, rejected: usize) -> Output {
    let (generation, cause) = (GenerationId(generation), cause.into());
    Output::Emit(Event::GenerationLost { generation, cause, rerun, rejected })
}

fn gone(job: u64, generation: u32, cause: &str) -> Output {
    settle(job, Settlement::GenerationLost { generation: GenerationId(generation), cause: cause.into(), runs: None })
}

#[test]
fn a_leader_that_does_not_answer_is_replaced_without_any_timeout() {
    let mut pool = mute(json!({ "threads": 2 }));
    pool.now = 100.0;
    let (job, posted) = pool.run();
    assert_eq!(posted, [post(1, job)]);
    assert_eq!(pool.tick_at_next(), [Output::Ask(GenerationId(1))], "after a second without a word");
    assert_eq!(pool.now, 1100.0);
    let ended = pool.tick_at_next();
    assert_eq!(pool.now, 6100.0);
    let expected =
        [Output::Terminate(GenerationId(1)), gone(job, 1, STUCK), lost(1, STUCK, 0, 1), Output::Start(GenerationId(2))];
    assert_eq!(ended, expected);
}

#[test]
fn a_leader_that_is_heard_is_not_asked_and_an_idle_one_is_left_alone() {
    let mut pool = Pool::serving(json!({ "threads": 2 }));
    let (job, _) = pool.run();
    for _ in 0..10 {
        pool.now += 700.0;
        let report =
            Report { thread: 0, reserved: 0, live: 0, peak: 0, jobs_done: 0, worked_ms: 0.0, busy: Vec::new() };
        pool.say(1, Message::Reported(report));
        assert_eq!(pool.give(Input::Tick), []);
    }
    pool.end(1, job);
    assert_eq!(pool.tick_at_next(), [], "the last look finds nothing to look for");
    assert_eq!(pool.inner.wake_at(), None);
}

#[test]
fn who_has_answered_is_asked_again_only_after_another_silence() {
    let mut pool = mute(json!({ "threads": 2 }));
    pool.run();
    for _ in 0..3 {
        assert_eq!(pool.tick_at_next(), [Output::Ask(GenerationId(1))]);
        let asked = pool.now;
        pool.now += 4_000.0;
        assert_eq!(pool.say(1, Message::Answered), []);
        assert_eq!(pool.inner.wake_at().unwrap().as_ms(), asked + 5_000.0);
    }
}

#[test]
fn a_machine_that_slept_gives_its_leader_time_to_wake() {
    let mut pool = mute(json!({ "threads": 2 }));
    pool.run();
    pool.tick_at_next();
    // It was asked, and the lid closed.
    pool.now += 3_600_000.0;
    assert_eq!(pool.give(Input::Tick), []);
    assert_eq!(pool.say(1, Message::Answered), []);
    assert_eq!(pool.tick_at_next(), [Output::Ask(GenerationId(1))]);
}

#[test]
fn timers_by_the_minute_find_nobody_late_who_answers() {
    let mut pool = mute(json!({ "threads": 2, "reportInterval": 60_000 }));
    pool.run();
    for _ in 0..10 {
        pool.now += 60_000.0;
        for output in pool.give(Input::Tick) {
            assert_eq!(output, Output::Ask(GenerationId(1)));
            pool.now += 0.5;
            assert_eq!(pool.say(1, Message::Answered), []);
        }
    }
}

#[test]
fn a_trap_told_past_the_leader_lets_results_come_that_are_on_their_way() {
    let mut pool = Pool::serving(json!({ "threads": 2 }));
    let ((done, _), (died, _)) = (pool.run(), pool.run());
    assert_eq!(pool.say(1, Message::Trapped { cause: "unreachable".into() }), []);
    let (waiting, posted) = pool.run();
    assert_eq!(posted, [], "nothing more is asked of that memory");
    assert_eq!(pool.end(1, done), [settle(done, Settlement::AsSaid)]);
    let expected = [
        Output::Terminate(GenerationId(1)),
        gone(died, 1, "unreachable, as its leader says"),
        lost(1, "unreachable, as its leader says", 0, 1),
        Output::Start(GenerationId(2)),
    ];
    assert_eq!(pool.say(1, Message::Died { cause: "unreachable, as its leader says".into() }), expected);
    assert_eq!(pool.say(1, Message::Trapped { cause: "unreachable".into() }), [], "invariant 4");
    let next = pool.say(2, Message::Ready);
    assert!(next.contains(&post(2, waiting)), "{next:?}");
}

#[test]
fn a_trap_whose_leader_is_silent_is_a_death_all_the_same() {
    let mut pool = Pool::serving(json!({ "threads": 2 }));
    let (job, _) = pool.run();
    pool.say(1, Message::Trapped { cause: "unreachable".into() });
    let ended = pool.tick_at_next();
    assert_eq!(pool.now, 50.0);
    assert!(ended.contains(&gone(job, 1, "unreachable")), "{ended:?}");
}

#[test]
fn a_trap_is_the_way_out_of_a_generation_that_retires() {
    let mut pool = Pool::serving(json!({ "threads": 2 }));
    pool.give(Input::Recycle(Reason::Requested));
    assert_eq!(pool.say(2, Message::Ready), [Output::Retire(GenerationId(1))]);
    assert_eq!(pool.say(1, Message::Trapped { cause: "unreachable".into() }), []);
    let ended = pool.say(1, Message::Retired);
    assert_eq!(ended[0], Output::Terminate(GenerationId(1)));
}

fn busy_with(thread: u32, jobs: &[u64]) -> Message {
    let busy = jobs.iter().map(|&job| Busy { job: JobId(job), for_ms: 2000.0 }).collect();
    Message::Reported(Report { thread, reserved: 0, live: 0, peak: 0, jobs_done: 0, worked_ms: 0.0, busy })
}

/// A job that has begun in that generation, with a timeout of 50 ms.
fn begun(pool: &mut Pool, generation: u32) -> u64 {
    let mut call = pool.call();
    call.timeout_ms = Some(50.0);
    let job = call.job;
    pool.give(Input::Submit(call));
    pool.say(generation, Message::JobStarted(job));
    job.0
}

#[test]
fn what_waits_behind_a_hang_on_every_thread_waits_for_no_drain() {
    let mut pool = Pool::serving(json!({ "threads": 1 }));
    let hung = begun(&mut pool, 1);
    let mut call = pool.call();
    call.idempotent = true;
    let behind = call.job.0;
    pool.give(Input::Submit(call));
    pool.wake();
    pool.wake();
    pool.say(1, busy_with(0, &[hung]));
    let moved = pool.say(2, Message::Ready);
    assert!(moved.contains(&Output::Terminate(GenerationId(1))) && moved.contains(&post(2, behind)), "{moved:?}");
}

#[test]
fn who_runs_on_top_of_a_hang_has_the_drain_to_end_in() {
    let mut pool = Pool::serving(json!({ "threads": 1 }));
    let hung = begun(&mut pool, 1);
    let (stolen, _) = pool.run();
    pool.wake();
    pool.wake();
    pool.say(1, busy_with(0, &[hung, stolen]));
    assert!(!pool.say(2, Message::Ready).contains(&Output::Terminate(GenerationId(1))));
    assert_eq!(pool.end(1, stolen)[0], settle(stolen, Settlement::AsSaid));
}

#[test]
fn hangs_are_bounded_as_deaths_are() {
    let mut pool = Pool::serving(json!({ "threads": 1, "restart": {"max": 2, "within": 60_000} }));
    let mut started = vec![0.0];
    for generation in 1..4 {
        begun(&mut pool, generation);
        while !pool.wake().contains(&Output::Start(GenerationId(generation + 1))) {}
        started.push(pool.now);
        pool.say(generation + 1, Message::Ready);
    }
    begun(&mut pool, 4);
    while !pool.wake().contains(&Output::Start(GenerationId(5))) {}
    assert!(pool.now - started[3] >= 30_000.0, "degraded: {started:?}, then {}", pool.now);
}

#[test]
fn who_still_drains_serves_again_when_its_successor_dies() {
    let mut pool = Pool::serving(json!({ "threads": 2 }));
    let (long, _) = pool.run();
    pool.give(Input::Recycle(Reason::Requested));
    pool.say(2, Message::Ready);
    let (died, posted) = pool.run();
    assert_eq!(posted, [post(2, died)]);
    let ended = pool.say(2, Message::Died { cause: "trap".into() });
    let failed = Event::RecycleFailed { from: GenerationId(1), reason: Reason::Requested, cause: "trap".into() };
    let expected =
        [Output::Terminate(GenerationId(2)), gone(died, 2, "trap"), lost(2, "trap", 0, 1), Output::Emit(failed)];
    assert_eq!(ended, expected);
    let (next, posted) = pool.run();
    assert_eq!(posted, [post(1, next)], "nobody waits for a start");
    assert_eq!(pool.end(1, long), [settle(long, Settlement::AsSaid)], "it does not retire");
}

#[test]
fn who_drains_for_a_hang_does_not() {
    let mut pool = Pool::serving(json!({ "threads": 2 }));
    begun(&mut pool, 1);
    pool.run();
    pool.wake();
    pool.wake();
    pool.say(2, Message::Ready);
    assert!(pool.say(2, Message::Died { cause: "trap".into() }).contains(&Output::Start(GenerationId(3))));
}

#[test]
fn a_hang_waits_for_no_snapshot() {
    let mut pool = Pool::serving(json!({ "threads": 1 }));
    pool.inner.config.snapshots = true;
    begun(&mut pool, 1);
    pool.wake();
    assert!(pool.wake().contains(&Output::Start(GenerationId(2))));
}

/// A first start whose leader has said hello, and nothing since.
fn stalled(options: serde_json::Value) -> Pool {
    let mut pool = Pool { answers: false, ..Pool::new(options) };
    pool.give(Input::Start);
    pool.now = 40.0;
    pool.say(1, Message::Hello);
    pool
}

#[test]
fn a_start_that_stands_still_is_tried_again() {
    let mut pool = stalled(json!({}));
    assert_eq!(pool.tick_at_next(), [Output::Ask(GenerationId(1))]);
    assert_eq!(pool.tick_at_next(), [terminate(1), start(2)]);
    assert_eq!(pool.now, 3_040.0);
    assert_eq!(pool.say(1, Message::Ready), [], "invariant 4");
    pool.say(2, Message::Hello);
    assert_eq!(pool.say(2, Message::Ready), [Output::Emit(Event::Started { generation: GenerationId(2) })]);
    assert_eq!(pool.inner.wake_at(), None);
    assert_eq!(pool.inner.health(Time::from_ms(pool.now), |_| None).counters.failed_starts, 1);
}

#[test]
fn only_the_last_try_of_a_start_may_use_its_time_up() {
    let mut pool = stalled(json!({ "startTimeout": 7_000 }));
    for generation in 1..=2 {
        assert_eq!(pool.tick_at_next(), [Output::Ask(GenerationId(generation))]);
        assert_eq!(pool.tick_at_next(), [terminate(generation), start(generation + 1)]);
        pool.say(generation + 1, Message::Hello);
    }
    assert_eq!(pool.tick_at_next(), [Output::Ask(GenerationId(3))]);
    assert_eq!(pool.tick_at_next(), [], "it is left alone");
    let cause = "its threads and on_start were not up within 7000 ms".to_string();
    let outputs = pool.tick_at_next();
    assert_eq!(outputs, [terminate(3), Output::Emit(Event::StartFailed { cause })]);
    assert_eq!(pool.now, 40.0 + 2.0 * 3_000.0 + 7_000.0);
}

#[test]
fn a_second_try_has_what_the_first_left() {
    let mut pool = stalled(json!({ "startTimeout": 5_000 }));
    pool.tick_at_next();
    assert_eq!(pool.tick_at_next(), [terminate(1), start(2)]);
    pool.say(2, Message::Hello);
    assert_eq!(pool.tick_at_next(), [Output::Ask(GenerationId(2))]);
    let cause = "its threads and on_start were not up within 5000 ms".to_string();
    assert_eq!(pool.tick_at_next(), [terminate(2), Output::Emit(Event::StartFailed { cause })]);
    assert_eq!(pool.now, 5_040.0);
}

#[test]
fn a_restart_that_stands_still_while_the_pool_exits_is_tried_again() {
    let mut pool = Pool { answers: false, ..Pool::serving(json!({})) };
    pool.say(1, Message::Died { cause: "trap".into() });
    let (job, posted) = pool.run();
    assert_eq!(posted, []);
    pool.give(Input::Exit);
    pool.say(2, Message::Hello);
    pool.tick_at_next();
    assert_eq!(pool.tick_at_next(), [terminate(2), start(3)]);
    pool.say(3, Message::Hello);
    assert_eq!(pool.say(3, Message::Ready), [post(3, job)]);
}

#[test]
fn silence_is_no_harm_to_the_last_try() {
    let mut pool = stalled(json!({ "startTimeout": 60_000 }));
    for generation in 1..=2 {
        pool.tick_at_next();
        assert_eq!(pool.tick_at_next(), [terminate(generation), start(generation + 1)]);
        pool.say(generation + 1, Message::Hello);
    }
    assert_eq!(pool.tick_at_next(), [Output::Ask(GenerationId(3))]);
    assert_eq!(pool.tick_at_next(), [], "it is left alone");
    pool.now += 30_000.0;
    assert_eq!(pool.say(3, Message::Ready), [Output::Emit(Event::Started { generation: GenerationId(3) })]);
}

#[test]
fn a_leader_that_answers_may_start_as_long_as_start_timeout_says() {
    let mut pool = Pool { answers: true, ..stalled(json!({ "startTimeout": 9_000 })) };
    let cause = "its threads and on_start were not up within 9000 ms".to_string();
    assert_eq!(pool.wake(), [terminate(1), Output::Emit(Event::StartFailed { cause })]);
    assert_eq!(pool.now, 9_040.0);
}

#[test]
fn a_successor_that_stands_still_is_tried_again_while_the_old_one_serves() {
    let mut pool = mute(json!({ "threads": 2 }));
    pool.give(Input::Recycle(Reason::Requested));
    pool.say(2, Message::Hello);
    pool.tick_at_next();
    assert_eq!(pool.tick_at_next(), [terminate(2), start(3)]);
    let (job, posted) = pool.run();
    assert_eq!(posted, [post(1, job)]);
    pool.end(1, job);
    pool.say(3, Message::Hello);
    assert_eq!(pool.say(3, Message::Ready), [Output::Retire(GenerationId(1))]);
    let outputs = pool.say(1, Message::Retired);
    let ended = |output: &Output| matches!(output, Output::Emit(Event::RecycleEnded(recycled)) if recycled.to.0 == 3);
    assert!(outputs.iter().any(ended), "{outputs:?}");
}

#[test]
fn a_death_hands_back_what_may_run_again_and_settles_the_rest() {
    let mut pool = Pool::serving(json!({"threads": 2}));
    pool.run();
    let mut again = pool.call();
    again.idempotent = true;
    pool.give(Input::Submit(again));
    let outputs = pool.say(1, Message::Died { cause: "unreachable".into() });
    assert_eq!(outputs, [terminate(1), gone(1, 1, "unreachable"), lost(1, "unreachable", 1, 1), start(2)]);
    assert_eq!(pool.say(2, Message::Ready), [post(2, 2)]);
    assert_eq!(pool.end(1, 2), [], "what the dead one said is too late");
    assert_eq!(pool.end(2, 2), [settle(2, Settlement::AsSaid)]);
    assert_eq!(pool.end(2, 2), [], "and twice is once");
}

#[test]
fn a_job_that_takes_every_generation_with_it_is_given_up() {
    let mut pool = Pool::serving(json!({"threads": 1, "restart": {"max": 100}}));
    let mut call = pool.call();
    call.idempotent = true;
    pool.give(Input::Submit(call));
    let mut settled = 0;
    for generation in 1..=3 {
        let outputs = pool.say(generation, Message::Died { cause: "x".into() });
        settled += outputs.iter().filter(|output| matches!(output, Output::Settle { .. })).count();
        if generation > 1 {
            pool.wake();
        }
        pool.say(generation + 1, Message::Ready);
    }
    assert_eq!(settled, 1);
}
