//! A pool's life, played by hand: each test tells one story. `walk` plays random ones.

mod deaths;
mod found;
mod policy;
mod walk;
mod words;

use serde_json::json;

use super::*;

/// As long as a job that takes a whole credit.
const RAN_MS: f64 = 10.0;
const NEVER: &str = "no deadline is set";

/// A coordinator with a clock that the test moves.
struct Pool {
    inner: Coordinator,
    now: f64,
    next_job: u64,
    /// Whether leaders that are asked answer at once.
    answers: bool,
}

impl Pool {
    fn new(options: serde_json::Value) -> Self {
        Pool {
            inner: Coordinator::new(Config::from_options(&options, 2).unwrap()),
            now: 0.0,
            next_job: 1,
            answers: true,
        }
    }

    /// Serves with its first generation.
    fn serving(options: serde_json::Value) -> Self {
        let mut pool = Pool::new(options);
        assert_eq!(pool.give(Input::Start), [Output::Start(GenerationId(1))]);
        assert_eq!(pool.say(1, Message::Hello), []);
        assert_eq!(pool.say(1, Message::Ready), [Output::Emit(Event::Started { generation: GenerationId(1) })]);
        pool
    }

    fn give(&mut self, input: Input) -> Vec<Output> {
        self.inner.handle(Time::from_ms(self.now), input);
        let mut outputs: Vec<_> = std::iter::from_fn(|| self.inner.poll_output()).collect();
        if self.answers {
            for asked in outputs.extract_if(.., |output| matches!(output, Output::Ask(_))) {
                let Output::Ask(id) = asked else { continue };
                self.inner.handle(Time::from_ms(self.now), Input::Heard(id, Message::Answered));
            }
        }
        outputs
    }

    fn say(&mut self, generation: u32, message: Message) -> Vec<Output> {
        self.give(Input::Heard(GenerationId(generation), message))
    }

    fn call(&mut self) -> Call {
        let job = JobId(self.next_job);
        self.next_job += 1;
        Call {
            job,
            task: TaskId(0),
            priority: 0,
            timeout_ms: None,
            queue_timeout_ms: None,
            idempotent: false,
            memory: None,
        }
    }

    fn run(&mut self) -> (u64, Vec<Output>) {
        let call = self.call();
        (call.job.0, self.give(Input::Submit(call)))
    }

    fn end(&mut self, generation: u32, job: u64) -> Vec<Output> {
        self.say(generation, Message::JobEnded { job: JobId(job), ending: Ending::Fulfilled, ran_ms: RAN_MS })
    }

    /// When something is due, looks at leaders left out: they tell a story nothing.
    fn due(&self) -> Option<f64> {
        self.inner.timers.iter().find(|(_, deadline)| !matches!(deadline, Deadline::Quiet(_))).map(|(at, _)| at.as_ms())
    }

    /// Moves to the next deadline and ticks.
    fn wake(&mut self) -> Vec<Output> {
        let due = self.due().expect(NEVER);
        while self.inner.wake_at().is_some_and(|at| at.as_ms() < due) {
            assert_eq!(self.tick_at_next(), []);
        }
        self.tick_at_next()
    }

    fn tick_at_next(&mut self) -> Vec<Output> {
        self.now = self.inner.wake_at().expect(NEVER).as_ms();
        self.give(Input::Tick)
    }
}

fn post(generation: u32, job: u64) -> Output {
    Output::Post { generation: GenerationId(generation), job: JobId(job), task: TaskId(0), announce: false }
}

fn settle(job: u64, settlement: Settlement) -> Output {
    Output::Settle { job: JobId(job), settlement }
}

fn lost(generation: u32, cause: &str) -> Settlement {
    Settlement::GenerationLost { generation: GenerationId(generation), cause: cause.into(), runs: None }
}

fn retire(generation: u32) -> Output {
    Output::Retire(GenerationId(generation))
}

fn terminate(generation: u32) -> Output {
    Output::Terminate(GenerationId(generation))
}

fn start(generation: u32) -> Output {
    Output::Start(GenerationId(generation))
}

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

#[test]
fn a_full_queue_refuses() {
    let mut pool = Pool::serving(json!({"threads": 1, "maxQueue": 1}));
    for _ in 0..3 {
        pool.run();
    }
    assert_eq!(pool.run().1, [settle(4, Settlement::QueueFull { max_queue: 1 })]);
}

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
fn a_death_hands_back_what_may_run_again_and_settles_the_rest() {
    let mut pool = Pool::serving(json!({"threads": 2}));
    pool.run();
    let mut again = pool.call();
    again.idempotent = true;
    pool.give(Input::Submit(again));
    let outputs = pool.say(1, Message::Died { cause: "unreachable".into() });
    let event =
        Event::GenerationLost { generation: GenerationId(1), cause: "unreachable".into(), rerun: 1, rejected: 1 };
    assert_eq!(outputs, [terminate(1), settle(1, lost(1, "unreachable")), Output::Emit(event), start(2)]);
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

#[test]
fn a_retirement_that_is_not_answered_is_forced() {
    let mut pool = Pool::serving(json!({}));
    assert_eq!(pool.give(Input::Exit), [retire(1)]);
    assert_eq!(pool.wake(), [terminate(1), Output::Emit(Event::Exited)]);
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
