//! Recycles that nobody asked for, and jobs that wait for memory.

use super::*;

const MIB: u64 = 1 << 20;
/// Of the pools here; 100 MiB, so that a MiB is a percent.
const LIMIT: u64 = 100 * MIB;

impl Pool {
    /// Serves with its first generation, in which `baseline` MiB are live.
    fn with_baseline(options: serde_json::Value, baseline: u64) -> Self {
        let mut options = options;
        options["threads"] = json!(1);
        options["memory"]["limit"] = json!(LIMIT);
        let mut pool = Pool::new(options);
        pool.give(Input::Start);
        pool.now = 50.0;
        pool.ready(1, baseline);
        pool
    }

    fn ready(&mut self, generation: u32, baseline: u64) -> Vec<Output> {
        let mut outputs = self.report(generation, baseline, baseline);
        outputs.extend(self.say(generation, Message::Ready));
        outputs
    }

    fn report(&mut self, generation: u32, live: u64, peak: u64) -> Vec<Output> {
        let (reserved, busy) = (peak * MIB, Vec::new());
        let report =
            Report { thread: 0, reserved, live: live * MIB, peak: peak * MIB, jobs_done: 0, worked_ms: 0.0, busy };
        let mut outputs = self.say(generation, Message::Reported(report));
        outputs.retain(|output| !matches!(output, Output::Emit(Event::Reported { .. })));
        outputs
    }

    /// Reports `live` MiB for a second.
    fn hold(&mut self, generation: u32, live: u64) -> Vec<Output> {
        let mut outputs = Vec::new();
        for _ in 0..40 {
            self.now += 50.0;
            outputs.extend(self.report(generation, live, live));
        }
        outputs
    }

    fn call_with(&mut self, change: impl FnOnce(&mut Call)) -> Vec<Output> {
        let mut call = self.call();
        change(&mut call);
        self.give(Input::Submit(call))
    }

    /// Retires a generation that is drained.
    fn retire(&mut self, generation: u32) -> Vec<Output> {
        self.now += 30.0;
        self.say(generation, Message::Retired)
    }
}

fn reasons(outputs: &[Output]) -> Vec<Reason> {
    let started = |output: &Output| match output {
        Output::Emit(Event::RecycleStarted { reason, .. }) => Some(*reason),
        _ => None,
    };
    outputs.iter().filter_map(started).collect()
}

fn levels(outputs: &[Output]) -> Vec<Level> {
    let told = |output: &Output| match output {
        Output::Emit(Event::Pressure(pressure)) => Some(pressure.level),
        _ => None,
    };
    outputs.iter().filter_map(told).collect()
}

#[test]
fn a_memory_that_stays_full_is_renewed() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    assert_eq!(reasons(&pool.hold(1, 70)), []);
    let outputs = pool.hold(1, 76);
    assert_eq!(levels(&outputs), [Level::High]);
    assert_eq!(reasons(&outputs), [Reason::Pressure]);
    pool.ready(2, 5);
    let outputs = pool.retire(1);
    assert!(matches!(&outputs[1], Output::Emit(Event::RecycleEnded(recycled)) if recycled.reason == Reason::Pressure));
}

#[test]
fn a_baseline_over_the_line_is_not_recycled_for() {
    let mut pool = Pool::with_baseline(json!({}), 80);
    assert_eq!(reasons(&pool.hold(1, 85)), []);
    // What is leaked on top of it is.
    assert_eq!(reasons(&pool.hold(1, 90)), [Reason::Pressure]);
}

#[test]
fn a_recycle_that_frees_nothing_is_not_repeated_at_once() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    // What the jobs hold while they run looks like a leak.
    pool.run();
    assert_eq!(reasons(&pool.hold(1, 80)), [Reason::Pressure]);
    pool.ready(2, 5);
    pool.report(1, 5, 80);
    pool.end(1, 1);
    pool.retire(1);
    pool.run();
    assert_eq!(reasons(&pool.hold(2, 80)), [], "in doubt");
    assert_eq!(pool.inner.counters.futile_recycles, 1);
    pool.now += 4_000.0;
    assert_eq!(reasons(&pool.hold(2, 80)), [Reason::Pressure], "doubt is over");
}

#[test]
fn planned_recycles_keep_to_their_share_of_the_time() {
    let mut pool = Pool::with_baseline(json!({"recycle": {"share": 0.1, "maxJobs": 1}}), 5);
    assert_eq!(reasons(&pool.run().1), [Reason::Jobs]);
    pool.now += 100.0;
    pool.ready(2, 5);
    pool.end(1, 1);
    pool.retire(1);
    // 100 ms of start and 30 of retirement: 1300 ms in all, from the first of them on.
    let began = pool.now - 130.0;
    assert_eq!(reasons(&pool.run().1), []);
    assert_eq!(pool.due(), Some(began + 1300.0));
    assert_eq!(reasons(&pool.wake()), [Reason::Jobs]);
}

#[test]
fn a_recycle_that_somebody_asks_for_needs_no_share() {
    let mut pool = Pool::with_baseline(json!({"recycle": {"maxJobs": 1, "share": 0.01}}), 5);
    pool.run();
    pool.now += 100.0;
    pool.ready(2, 5);
    pool.end(1, 1);
    pool.retire(1);
    assert_eq!(reasons(&pool.give(Input::Recycle(Reason::Requested))), [Reason::Requested]);
}

#[test]
fn an_old_generation_is_renewed() {
    let mut pool = Pool::with_baseline(json!({"recycle": {"maxAge": 60_000}}), 5);
    assert_eq!(pool.due(), Some(60_050.0));
    // The timer is not late.
    assert_eq!(reasons(&pool.wake()), [Reason::Age]);
}

#[test]
fn what_nothing_uses_is_given_back_when_nothing_runs() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    let (job, _) = pool.run();
    pool.report(1, 5, 60);
    pool.end(1, job);
    let idle_since = pool.now;
    assert_eq!(reasons(&pool.wake()), [Reason::Idle]);
    assert_eq!(pool.now, idle_since + 10_000.0);
    pool.ready(2, 5);
    pool.retire(1);
    assert_eq!(pool.due(), None, "there is nothing to give back any more");
}

#[test]
fn work_puts_the_giving_back_off() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    let (job, _) = pool.run();
    pool.report(1, 5, 60);
    pool.end(1, job);
    pool.now += 9_000.0;
    let (job, _) = pool.run();
    assert_eq!(pool.due(), None);
    pool.end(1, job);
    assert_eq!(pool.due(), Some(pool.now + 10_000.0));
}

#[test]
fn a_job_that_does_not_fit_beside_another_waits_for_it() {
    let mut pool = Pool::with_baseline(json!({}), 10);
    assert_eq!(pool.call_with(|call| call.memory = Some(60 * MIB)), [post(1, 1)]);
    assert_eq!(pool.call_with(|call| call.memory = Some(60 * MIB)), []);
    // One whose need is unknown is never held back by its own.
    assert_eq!(pool.call_with(|_| {}), [post(1, 3)]);
    assert_eq!(pool.end(1, 1), [settle(1, Settlement::AsSaid), post(1, 2)]);
}

#[test]
fn a_large_job_is_not_starved_by_small_ones() {
    let mut pool = Pool::with_baseline(json!({}), 10);
    pool.call_with(|call| call.memory = Some(60 * MIB));
    pool.call_with(|call| call.memory = Some(80 * MIB));
    assert_eq!(pool.call_with(|call| call.memory = Some(20 * MIB)), []);
    assert_eq!(pool.end(1, 1), [settle(1, Settlement::AsSaid), post(1, 2)]);
}

#[test]
fn a_job_that_never_fits_is_told_so() {
    let mut pool = Pool::with_baseline(json!({}), 10);
    let settlement = Settlement::MemoryExhausted { requested: 95 * MIB, live: 10 * MIB, limit: LIMIT };
    assert_eq!(pool.call_with(|call| call.memory = Some(95 * MIB)), [settle(1, settlement)]);
}

#[test]
fn a_fresh_generation_is_started_for_a_job_that_fits_only_there() {
    let mut pool = Pool::with_baseline(json!({}), 10);
    pool.hold(1, 40);
    let outputs = pool.call_with(|call| call.memory = Some(70 * MIB));
    assert_eq!(reasons(&outputs), [Reason::Admission]);
    assert!(pool.ready(2, 10).contains(&post(2, 1)));
}

#[test]
fn what_a_task_takes_is_learned_from_a_job_that_was_alone() {
    let mut pool = Pool::with_baseline(json!({}), 10);
    pool.call_with(|call| call.task = TaskId(7));
    pool.now += 10.0;
    pool.report(1, 12, 70);
    pool.end(1, 1);
    assert_eq!(pool.inner.estimates.of(TaskId(7)), Some(60 * MIB));
    pool.call_with(|call| call.task = TaskId(7));
    assert_eq!(pool.call_with(|call| call.task = TaskId(7)), [], "60 and 60 and 10 do not fit");
    pool.now += 10.0;
    pool.report(1, 12, 99);
    assert!(matches!(pool.end(1, 2)[1], Output::Post { job: JobId(3), .. }));
}

#[test]
fn nothing_is_learned_from_jobs_that_shared_the_memory() {
    let mut pool = Pool::with_baseline(json!({}), 10);
    pool.run();
    pool.run();
    pool.now += 10.0;
    pool.report(1, 12, 70);
    pool.end(1, 1);
    pool.end(1, 2);
    assert_eq!(pool.inner.estimates.of(TaskId(0)), None);
}

#[test]
fn a_critical_memory_takes_no_job_until_a_fresh_one_is_up() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    let mut outputs = pool.report(1, 92, 92);
    for _ in 0..3 {
        pool.now += 60.0;
        outputs.extend(pool.report(1, 92, 92));
    }
    assert_eq!(levels(&outputs), [Level::Critical]);
    assert_eq!(reasons(&outputs), [Reason::Pressure]);
    assert_eq!(pool.run().1, []);
    assert!(pool.ready(2, 5).contains(&post(2, 1)));
}

#[test]
fn it_is_judged_also_while_its_successor_starts() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    pool.give(Input::Recycle(Reason::Requested));
    assert_eq!(levels(&pool.report(1, 92, 92)), [Level::Critical]);
    assert_eq!(pool.run().1, []);
    assert!(pool.ready(2, 5).contains(&post(2, 1)));
}

#[test]
fn a_critical_baseline_still_serves_one_job_at_a_time() {
    let mut pool = Pool::with_baseline(json!({}), 92);
    pool.report(1, 92, 92);
    assert_eq!(pool.run().1, [post(1, 1)]);
    assert_eq!(pool.run().1, []);
    assert_eq!(pool.end(1, 1), [settle(1, Settlement::AsSaid), post(1, 2)]);
}

#[test]
fn a_pool_that_cannot_keep_up_says_so_and_when_it_can_again() {
    let mut pool = Pool::with_baseline(json!({"recycle": {"share": 0.01}}), 5);
    for generation in 1..3 {
        for _ in 0..4 {
            pool.now += 60.0;
            pool.report(generation, 95, 95);
        }
        pool.now += 60.0;
        pool.ready(generation + 1, 5);
        pool.retire(generation);
        if generation == 1 {
            // Full again at once, but the share says wait.
            for _ in 0..4 {
                pool.now += 60.0;
                assert_eq!(reasons(&pool.report(2, 95, 95)), []);
            }
            let outputs = pool.run().1;
            assert!(matches!(outputs[..], [Output::Emit(Event::Degraded { .. })]), "{outputs:?}");
            assert!(pool.inner.degraded().is_some());
            let since = pool.now;
            let begun = std::iter::repeat_with(|| reasons(&pool.wake())).find(|reasons| !reasons.is_empty());
            assert_eq!(begun, Some(vec![Reason::Pressure]));
            assert!(pool.now - since > 8_000.0, "a rest of 99 times what it took");
        }
    }
    let mut outputs = Vec::new();
    while pool.inner.degraded().is_some() {
        outputs = pool.wake();
    }
    assert_eq!(outputs, [Output::Emit(Event::Recovered { generation: GenerationId(3) })]);
}

#[test]
fn an_exhausted_job_that_may_runs_once_more_alone_on_a_fresh_generation() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    pool.call_with(|call| call.idempotent = true);
    pool.run();
    pool.run();
    let outputs = pool.say(1, Message::JobEnded { job: JobId(1), ending: Ending::Exhausted, ran_ms: RAN_MS });
    assert_eq!(outputs[0], post(1, 3), "the others go on");
    assert_eq!(reasons(&outputs), [Reason::Exhausted]);
    pool.run();
    assert_eq!(pool.ready(2, 5), [Output::Emit(Event::Started { generation: GenerationId(2) }), post(2, 1)][1..]);
    assert_eq!(pool.run().1, [], "it is alone");
    let outputs = pool.say(2, Message::JobEnded { job: JobId(1), ending: Ending::Exhausted, ran_ms: RAN_MS });
    assert_eq!(outputs, [settle(1, Settlement::AsSaid), post(2, 4), post(2, 5)], "once");
}

#[test]
fn an_exhausted_job_that_may_not_run_again_is_told() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    pool.run();
    let outputs = pool.say(1, Message::JobEnded { job: JobId(1), ending: Ending::Exhausted, ran_ms: RAN_MS });
    assert_eq!(outputs, [settle(1, Settlement::AsSaid)]);
}

#[test]
fn a_planned_recycle_takes_no_healthy_job_with_it() {
    let mut pool = Pool::with_baseline(json!({"recycle": {"maxJobs": 1}, "exitTimeout": 1000}), 5);
    pool.run();
    pool.ready(2, 5);
    for _ in 0..10 {
        assert_eq!(pool.wake(), []);
    }
    assert_eq!(pool.end(1, 1), [settle(1, Settlement::AsSaid), retire(1)]);
}

#[test]
fn unless_its_memory_is_needed() {
    let mut pool = Pool::with_baseline(json!({"recycle": {"maxJobs": 1}, "exitTimeout": 1000}), 5);
    pool.run();
    pool.ready(2, 5);
    pool.wake();
    pool.give(Input::Recycle(Reason::Requested));
    let outputs = pool.wake();
    assert_eq!(outputs[0], terminate(1));
    assert!(matches!(outputs[1], Output::Settle { settlement: Settlement::GenerationLost { .. }, .. }));
    assert_eq!(reasons(&outputs), [Reason::Requested]);
}

#[test]
fn a_planned_drain_first_is_given_up_for_a_job_that_takes_long() {
    let options = json!({"recycle": {"maxJobs": 1}, "exitTimeout": 1000, "memory": {"overlap": "drain-first"}});
    let mut pool = Pool::with_baseline(options, 5);
    assert_eq!(reasons(&pool.run().1), [Reason::Jobs]);
    assert_eq!(pool.run().1, []);
    let outputs = pool.wake();
    assert!(matches!(outputs[0], Output::Emit(Event::RecycleFailed { reason: Reason::Jobs, .. })), "{outputs:?}");
    assert_eq!(outputs[1..], [post(1, 2)]);
}

#[test]
fn a_snapshot_is_asked_for_before_the_successor_starts() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    pool.inner.config.snapshots = true;
    assert_eq!(pool.give(Input::Recycle(Reason::Requested)), [Output::Snapshot(GenerationId(1))]);
    assert_eq!(pool.run().1, [post(1, 1)], "it serves meanwhile");
    assert_eq!(pool.say(1, Message::Snapshot(Ok(())))[0], start(2));
    assert_eq!(pool.say(1, Message::Snapshot(Ok(()))), [], "asked for once");
}

#[test]
fn a_snapshot_that_hangs_is_done_without() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    pool.inner.config.snapshots = true;
    pool.give(Input::Recycle(Reason::Requested));
    let outputs = pool.wake();
    assert!(matches!(outputs[0], Output::Emit(Event::SnapshotFailed { .. })));
    assert_eq!(outputs[1], start(2));
}

#[test]
fn drain_first_takes_the_snapshot_when_nothing_runs() {
    let mut pool = Pool::with_baseline(json!({"memory": {"overlap": "drain-first"}}), 5);
    pool.inner.config.snapshots = true;
    pool.run();
    pool.give(Input::Recycle(Reason::Requested));
    assert_eq!(pool.end(1, 1), [settle(1, Settlement::AsSaid), Output::Snapshot(GenerationId(1))]);
    let outputs = pool.say(1, Message::Snapshot(Err("no".into())));
    assert!(matches!(outputs[0], Output::Emit(Event::SnapshotFailed { .. })));
    assert_eq!(outputs[1], retire(1));
    assert_eq!(pool.retire(1), [terminate(1), start(2)]);
}

#[test]
fn a_generation_that_dies_over_its_snapshot_is_replaced() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    pool.inner.config.snapshots = true;
    pool.give(Input::Recycle(Reason::Requested));
    let outputs = pool.say(1, Message::Died { cause: "trap".into() });
    assert_eq!((&outputs[0], outputs.last()), (&terminate(1), Some(&start(2))));
    let outputs = pool.ready(2, 5);
    assert!(matches!(&outputs[0], Output::Emit(Event::RecycleEnded(recycled)) if recycled.to == GenerationId(2)));
}

#[test]
fn time_that_nobody_lived_is_not_counted() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    let outputs = pool.call_with(|call| call.timeout_ms = Some(1_000.0));
    assert!(matches!(outputs[..], [Output::Post { .. }]));
    pool.say(1, Message::JobStarted(JobId(1)));
    // The machine sleeps for an hour.
    pool.now += 3_600_000.0;
    assert_eq!(pool.give(Input::Tick), []);
    assert_eq!(pool.due(), Some(pool.now + 1_000.0));
    assert!(matches!(pool.wake()[0], Output::Settle { settlement: Settlement::TimedOut { .. }, .. }));
}

#[test]
fn timers_that_are_always_late_come_all_the_same() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    pool.call_with(|call| call.timeout_ms = Some(1_000.0));
    pool.say(1, Message::JobStarted(JobId(1)));
    // A hidden page's, once a minute.
    pool.now += 60_000.0;
    assert_eq!(pool.give(Input::Tick), []);
    pool.now += 60_000.0;
    assert!(matches!(pool.give(Input::Tick)[0], Output::Settle { settlement: Settlement::TimedOut { .. }, .. }));
}

#[test]
fn a_filling_queue_is_told_and_when_it_has_emptied() {
    let mut pool = Pool::serving(json!({"threads": 1, "maxQueue": 4}));
    let mut outputs: Vec<Output> = (0..5).flat_map(|_| pool.run().1).collect();
    (1..=5).for_each(|job| outputs.extend(pool.end(1, job)));
    outputs.retain(|output| matches!(output, Output::Emit(_)));
    let told = [Event::Backpressure { length: 3, max: 4 }, Event::Drain { length: 1, max: 4 }];
    assert_eq!(outputs, told.map(Output::Emit));
}

#[test]
fn a_job_that_fills_the_memory_for_long_keeps_nobody_waiting_for_long() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    pool.run();
    pool.report(1, 95, 95);
    assert_eq!(pool.run().1, []);
    let outputs = pool.wake();
    assert_eq!((pool.now, reasons(&outputs)), (2_050.0, vec![Reason::Admission]));
    assert!(pool.ready(2, 5).contains(&post(2, 2)));
}

#[test]
fn a_job_that_is_alone_keeps_nobody_waiting_for_long() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    pool.call_with(|call| call.idempotent = true);
    pool.say(1, Message::JobEnded { job: JobId(1), ending: Ending::Exhausted, ran_ms: RAN_MS });
    pool.ready(2, 5);
    pool.retire(1);
    assert_eq!(pool.run().1, []);
    let begun = std::iter::repeat_with(|| reasons(&pool.wake())).find(|reasons| !reasons.is_empty());
    assert_eq!(begun, Some(vec![Reason::Admission]));
    assert!(pool.ready(3, 5).contains(&post(3, 2)));
}

#[test]
fn a_job_that_would_be_alone_is_not_kept_by_an_endless_one() {
    for overlap in ["blue-green", "drain-first"] {
        let mut pool = Pool::with_baseline(json!({"memory": {"overlap": overlap}, "exitTimeout": 500}), 5);
        pool.run();
        pool.call_with(|call| call.idempotent = true);
        let mut outputs = pool.say(1, Message::JobEnded { job: JobId(2), ending: Ending::Exhausted, ran_ms: RAN_MS });
        let runs_again = |output: &Output| matches!(output, Output::Post { job: JobId(2), .. });
        for _ in 0..50 {
            if outputs.iter().any(runs_again) {
                break;
            }
            if let Some(Output::Start(next)) = outputs.iter().find(|output| matches!(output, Output::Start(_))) {
                outputs = pool.ready(next.0, 5);
            } else {
                outputs = pool.wake();
            }
        }
        assert!(outputs.iter().any(runs_again), "{overlap}");
    }
}

#[test]
fn a_memory_in_pieces_is_renewed() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    pool.run();
    pool.run();
    pool.report(1, 50, 100);
    let outputs = pool.say(1, Message::JobEnded { job: JobId(1), ending: Ending::Exhausted, ran_ms: RAN_MS });
    assert_eq!(reasons(&outputs), [], "its neighbour holds most of it");
    assert_eq!(reasons(&pool.end(1, 2)), [Reason::Pressure]);
}

#[test]
fn a_memory_that_was_full_of_one_job_alone_is_not() {
    let mut pool = Pool::with_baseline(json!({}), 5);
    pool.run();
    pool.report(1, 6, 100);
    assert_eq!(
        reasons(&pool.say(1, Message::JobEnded { job: JobId(1), ending: Ending::Exhausted, ran_ms: RAN_MS })),
        []
    );
}

#[test]
fn a_generation_that_an_exception_has_left_something_in_is_renewed() {
    let mut pool = Pool::serving(json!({"threads": 1}));
    pool.run();
    let outputs = pool.say(1, Message::JobEnded { job: JobId(1), ending: Ending::Threw, ran_ms: RAN_MS });
    assert_eq!(reasons(&outputs), [Reason::Exception]);
    assert!(outputs.contains(&settle(1, Settlement::AsSaid)));
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
