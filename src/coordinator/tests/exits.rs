//! The way out.

use super::*;

#[test]
fn exit_that_cuts_a_recycle_short_ends_it_too() {
    let mut pool = Pool::serving(json!({"exitTimeout": 5}));
    pool.give(Input::Recycle(Reason::Requested));
    pool.say(2, Message::Ready);
    pool.give(Input::Exit);
    let outputs = pool.wake();
    assert!(outputs.iter().any(|output| matches!(output, Output::Emit(Event::RecycleEnded(_)))), "{outputs:?}");
    assert_eq!(pool.give(Input::Exit), [Output::Emit(Event::Exited)], "asked again, it says so again");
}

#[test]
fn exit_serves_what_it_promised_then_frees_everything() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    for _ in 0..3 {
        pool.run();
    }
    assert_eq!(pool.give(Input::Exit), []);
    let (late, outputs) = pool.run();
    assert_eq!(outputs, [settle(late, Settlement::PoolExited)]);
    pool.end(1, 1);
    pool.end(1, 2);
    assert_eq!(pool.end(1, 3), [settle(3, Settlement::AsSaid), retire(1)]);
    assert_eq!(pool.say(1, Message::Retired), [terminate(1), Output::Emit(Event::Exited)]);
    assert_eq!(pool.due(), None);
    assert_eq!(pool.give(Input::Start), [start(2)]);
}

#[test]
fn exit_keeps_the_serving_one_for_a_job_that_another_hands_back() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    let mut call = pool.call();
    call.idempotent = true;
    pool.give(Input::Submit(call));
    pool.give(Input::Recycle(Reason::Requested));
    pool.say(2, Message::Ready);
    assert_eq!(pool.give(Input::Exit), []);
    let outputs = pool.say(1, Message::Died { cause: "x".into() });
    assert_eq!(outputs.last(), Some(&post(2, 1)));
    assert_eq!(pool.end(2, 1), [settle(1, Settlement::AsSaid), retire(2)]);
}

#[test]
fn exit_ends_by_force_what_outlives_its_time() {
    let mut pool = Pool::serving(json!({"threads": 1, "exitTimeout": 100}));
    for _ in 0..3 {
        pool.run();
    }
    pool.give(Input::Exit);
    let outputs = pool.wake();
    assert_eq!(outputs.last(), Some(&Output::Emit(Event::Exited)));
    for job in 1..=3 {
        assert!(outputs.contains(&settle(job, Settlement::PoolExited)), "{outputs:?}");
    }
    assert!(outputs.contains(&terminate(1)));
}

#[test]
fn exit_in_a_drain_first_recycle_serves_the_queue() {
    let mut pool = Pool::serving(json!({"threads": 1, "memory": {"overlap": "drain-first"}}));
    pool.run();
    pool.run();
    pool.give(Input::Recycle(Reason::Requested));
    pool.run();
    let outputs = pool.give(Input::Exit);
    assert!(matches!(outputs[..], [Output::Emit(Event::RecycleFailed { .. })]), "{outputs:?}");
    assert_eq!(pool.end(1, 1), [settle(1, Settlement::AsSaid), post(1, 3)]);
}
