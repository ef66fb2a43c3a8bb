//! A pool's life, played by hand: each test tells one story. `walk` plays random ones.

mod deaths;
mod exits;
mod hangs;
mod jobs;
mod policy;
mod recycles;
mod starts;
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

fn retire(generation: u32) -> Output {
    Output::Retire(GenerationId(generation))
}

fn terminate(generation: u32) -> Output {
    Output::Terminate(GenerationId(generation))
}

fn start(generation: u32) -> Output {
    Output::Start(GenerationId(generation))
}
