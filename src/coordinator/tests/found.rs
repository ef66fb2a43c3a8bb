//! What the simulator found, each as a story.

use super::*;

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

#[test]
fn a_held_job_gets_its_generation_also_under_load() {
    let mut pool = Pool::serving(json!({"threads": 1, "memory": {"limit": "100MiB"}}));
    let mut large = |memory: u64| {
        let mut call = pool.call();
        call.memory = Some(memory << 20);
        pool.give(Input::Submit(call))
    };
    assert_eq!(large(60), [post(1, 1)]);
    assert_eq!(large(80), [], "it is held");
    let mut outputs = Vec::new();
    for _ in 0..30 {
        pool.now += 100.0;
        // A small one passes, takes the last credit, and ends.
        let (small, of_run) = pool.run();
        outputs.extend(of_run);
        outputs.extend(pool.give(Input::Tick));
        outputs.extend(pool.end(1, small));
    }
    assert!(outputs.contains(&start(2)), "{outputs:?}");
}
