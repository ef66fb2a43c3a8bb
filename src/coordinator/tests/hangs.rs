//! Jobs that do not end.

use super::*;

#[test]
fn a_hang_is_replaced_and_its_neighbours_finish() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    let mut call = pool.call();
    call.timeout_ms = Some(50.0);
    pool.give(Input::Submit(call));
    let (neighbour, _) = pool.run();
    pool.say(1, Message::JobStarted(JobId(1)));
    pool.wake();
    let outputs = pool.wake();
    assert_eq!(outputs[0], start(2), "{outputs:?}");
    assert_eq!(pool.say(2, Message::Ready), []);
    let outputs = pool.end(1, neighbour);
    assert_eq!(outputs[..2], [settle(neighbour, Settlement::AsSaid), terminate(1)]);
    assert_eq!(pool.due(), None);
}

#[test]
fn a_job_that_was_aborted_can_still_hang() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    let mut call = pool.call();
    call.timeout_ms = Some(50.0);
    pool.give(Input::Submit(call));
    pool.say(1, Message::JobStarted(JobId(1)));
    pool.give(Input::Abort(JobId(1)));
    assert_eq!(pool.wake(), [], "its promise has settled");
    assert_eq!(pool.wake()[0], start(2), "but its thread is lost");
}

#[test]
fn a_job_that_was_aborted_a_moment_ago_is_no_hang() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    let mut call = pool.call();
    call.timeout_ms = Some(60_000.0);
    pool.give(Input::Submit(call));
    let (neighbour, _) = pool.run();
    pool.say(1, Message::JobStarted(JobId(1)));
    pool.give(Input::Recycle(Reason::Requested));
    pool.say(2, Message::Ready);
    pool.give(Input::Abort(JobId(1)));
    assert_eq!(pool.end(1, neighbour), [settle(neighbour, Settlement::AsSaid)]);
    assert_eq!(pool.end(1, 1), [retire(1)]);
}

#[test]
fn nobody_waits_for_a_job_that_is_stuck_behind_a_hang() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    let mut call = pool.call();
    call.timeout_ms = Some(50.0);
    pool.give(Input::Submit(call));
    let (behind, _) = pool.run();
    pool.say(1, Message::JobStarted(JobId(1)));
    pool.give(Input::Abort(JobId(behind)));
    pool.wake();
    pool.wake();
    assert_eq!(pool.say(2, Message::Ready)[0], terminate(1));
}

#[test]
fn a_hang_whose_successor_fails_is_tried_again() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    let mut call = pool.call();
    call.timeout_ms = Some(50.0);
    pool.give(Input::Submit(call));
    pool.say(1, Message::JobStarted(JobId(1)));
    pool.wake();
    assert_eq!(pool.wake()[0], start(2));
    pool.say(2, Message::StartFailed { cause: "x".into() });
    assert_eq!(pool.wake()[0], start(3));
}

#[test]
fn a_hang_alone_in_a_drain_first_pool_is_followed_by_the_next_generation() {
    let mut pool = Pool::serving(json!({"threads": 1, "memory": {"overlap": "drain-first"}}));
    let mut call = pool.call();
    call.timeout_ms = Some(50.0);
    pool.give(Input::Submit(call));
    pool.say(1, Message::JobStarted(JobId(1)));
    pool.wake();
    let outputs = pool.wake();
    assert_eq!(outputs.last(), Some(&start(2)), "{outputs:?}");
}

#[test]
fn a_hidden_tab_finds_a_hang_all_the_same() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    let mut call = pool.call();
    call.timeout_ms = Some(50.0);
    pool.give(Input::Submit(call));
    pool.say(1, Message::JobStarted(JobId(1)));
    let mut started = false;
    for _ in 0..3 {
        pool.now += 60_000.0;
        started |= pool.give(Input::Tick).contains(&start(2));
    }
    assert!(started);
}

#[test]
fn a_job_behind_a_hang_is_handed_back_also_by_a_planned_recycle() {
    let mut pool = Pool::serving(json!({"threads": 1, "recycle": {"maxJobs": 2}, "exitTimeout": 2000}));
    let mut call = pool.call();
    call.timeout_ms = Some(50.0);
    pool.give(Input::Submit(call));
    pool.say(1, Message::JobStarted(JobId(1)));
    let (behind, outputs) = pool.run();
    assert!(outputs.contains(&start(2)), "{outputs:?}");
    pool.say(2, Message::Ready);
    // The timeout, the grace to stop, the drain.
    let outputs: Vec<Output> = (0..3).flat_map(|_| pool.wake()).collect();
    let settles = |output: &Output| matches!(output, Output::Settle { job, .. } if job.0 == behind);
    assert!(outputs.iter().any(settles), "its thread never comes to it: {outputs:?}");
}
