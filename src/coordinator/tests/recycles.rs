//! Recycles that somebody asked for, and how an old generation ends.

use super::*;

#[test]
fn blue_green_moves_the_traffic_before_the_old_one_ends() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    let (in_old, _) = pool.run();
    let started = Event::RecycleStarted { from: GenerationId(1), to: GenerationId(2), reason: Reason::Requested };
    assert_eq!(pool.give(Input::Recycle(Reason::Requested)), [start(2), Output::Emit(started)]);
    // The old one still serves.
    assert_eq!(pool.run().1, [post(1, 2)]);
    pool.run();
    pool.say(2, Message::Hello);
    pool.now = 60.0;
    assert_eq!(pool.say(2, Message::Ready), [post(2, 3)]);
    assert_eq!(pool.end(1, in_old), [settle(in_old, Settlement::AsSaid)]);
    assert_eq!(pool.end(1, 2), [settle(2, Settlement::AsSaid), retire(1)]);
    pool.now = 70.0;
    let outputs = pool.say(1, Message::Retired);
    assert_eq!(outputs[0], terminate(1));
    let Output::Emit(Event::RecycleEnded(recycled)) = &outputs[1] else { panic!("{outputs:?}") };
    assert_eq!((recycled.from, recycled.to, recycled.pause_ms), (GenerationId(1), GenerationId(2), 0.0));
    assert_eq!(recycled.total_ms, 70.0);
}

#[test]
fn drain_first_ends_the_old_one_before_the_new_one_starts() {
    let mut pool = Pool::serving(json!({"threads": 1, "memory": {"overlap": "drain-first"}}));
    pool.run();
    let outputs = pool.give(Input::Recycle(Reason::Requested));
    assert!(matches!(outputs[..], [Output::Emit(Event::RecycleStarted { .. })]), "{outputs:?}");
    assert_eq!(pool.run().1, [], "nothing is begun that would delay it");
    assert_eq!(pool.end(1, 1), [settle(1, Settlement::AsSaid), retire(1)]);
    assert_eq!(pool.say(1, Message::Retired), [terminate(1), start(2)]);
    pool.now = 50.0;
    let outputs = pool.say(2, Message::Ready);
    let [Output::Emit(Event::RecycleEnded(recycled)), second] = &outputs[..] else { panic!("{outputs:?}") };
    assert_eq!(recycled.pause_ms, 50.0);
    assert_eq!(*second, post(2, 2));
}

#[test]
fn two_wishes_are_one_recycle() {
    let mut pool = Pool::serving(json!({}));
    pool.give(Input::Recycle(Reason::Requested));
    assert_eq!(pool.give(Input::Recycle(Reason::Requested)), []);
    assert_eq!(pool.say(2, Message::Ready), [retire(1)]);
    // The old one is still there: a third generation has to wait.
    assert_eq!(pool.give(Input::Recycle(Reason::Requested)), []);
    let outputs = pool.say(1, Message::Retired);
    assert_eq!(outputs[2], start(3), "{outputs:?}");
}

#[test]
fn a_wish_leads_to_no_generation_before_its_recycle_begins() {
    let mut pool = Pool::new(json!({}));
    pool.give(Input::Start);
    pool.give(Input::Recycle(Reason::Requested));
    assert_eq!(pool.inner.recycle_target(), None, "the start may take more numbers than one");
    let outputs = pool.say(1, Message::Ready);
    let begun = Event::RecycleStarted { from: GenerationId(1), to: GenerationId(2), reason: Reason::Requested };
    assert!(outputs.contains(&Output::Emit(begun)), "{outputs:?}");
    assert_eq!(pool.inner.recycle_target(), Some(GenerationId(2)));
}

#[test]
fn a_forced_end_after_a_drain_is_no_death() {
    let mut pool = Pool::serving(json!({"threads": 1, "restart": {"max": 0}, "exitTimeout": 100}));
    let (job, _) = pool.run();
    pool.give(Input::Recycle(Reason::Requested));
    pool.say(2, Message::Ready);
    let outputs = pool.wake();
    assert!(outputs.iter().any(|output| matches!(output, Output::Settle { job: JobId(id), .. } if *id == job)));
    assert!(!outputs.iter().any(|output| matches!(output, Output::Emit(Event::Degraded { .. }))), "{outputs:?}");
}

#[test]
fn a_retirement_that_is_not_answered_is_forced() {
    let mut pool = Pool::serving(json!({}));
    assert_eq!(pool.give(Input::Exit), [retire(1)]);
    assert_eq!(pool.wake(), [terminate(1), Output::Emit(Event::Exited)]);
}

#[test]
fn a_recycle_that_ends_has_begun() {
    let mut pool = Pool::serving(json!({}));
    pool.inner.config.snapshots = true;
    pool.give(Input::Recycle(Reason::Requested));
    let outputs = pool.say(1, Message::Died { cause: "trap".into() });
    let begun = Event::RecycleStarted { from: GenerationId(1), to: GenerationId(2), reason: Reason::Requested };
    assert!(outputs.contains(&Output::Emit(begun)), "{outputs:?}");
}

#[test]
fn a_planned_recycle_that_was_given_up_is_not_begun_again_at_once() {
    let options =
        json!({"recycle": {"maxJobs": 1, "share": 1}, "exitTimeout": 5, "memory": {"overlap": "drain-first"}});
    let mut pool = Pool::serving(options);
    pool.run();
    pool.wake();
    let given_up = pool.now;
    pool.wake();
    assert_eq!(pool.now, given_up + 1000.0);
}

#[test]
fn a_night_in_the_middle_of_a_recycle_is_not_paid_for() {
    let options = json!({"recycle": {"maxJobs": 1, "share": 0.5}, "memory": {"overlap": "drain-first"}});
    let mut pool = Pool::serving(options);
    let (job, _) = pool.run();
    pool.now += 30_000_000.0;
    pool.end(1, job);
    pool.say(1, Message::Retired);
    pool.say(2, Message::Ready);
    let morning = pool.now;
    pool.run();
    let next = pool.due().expect(NEVER);
    assert!(next < morning + 120_000.0, "{next} ms, and it is {morning} ms");
}
