//! The coordinator alone, fed as the driver feeds it.

use std::collections::VecDeque;

use perennial::coordinator::*;

/// What a coordinator went through.
pub struct Fed {
    pub inputs: u64,
    pub outputs: u64,
}

pub const NAMES: [&str; 6] = ["steady", "batches", "full queue", "priorities", "deadlines", "waiting for memory"];

const FIRST: GenerationId = GenerationId(1);
const MIB: u64 = 1 << 20;
const QUEUE: usize = 1024;
/// Short jobs that are called in one turn, and whose ends are told in one message.
const BATCH: u64 = 64;
/// Between two inputs: 30 000 of them a second, which is 10 000 jobs.
const STEP_MS: f64 = 1.0 / 30.0;

/// Serves `jobs` jobs: each is submitted, reported of, and ended. None if there is no load of this name.
pub fn feed(name: &str, jobs: u64) -> Option<Fed> {
    let plain = |job| Call {
        job: JobId(job),
        task: TaskId(0),
        priority: 0,
        timeout_ms: None,
        queue_timeout_ms: None,
        idempotent: false,
        memory: None,
    };
    let fed = match name {
        // As many at a time as there are credits.
        "steady" => run(3, jobs, plain),
        "batches" => run_in_batches(jobs, plain),
        "full queue" => run(QUEUE, jobs, plain),
        "priorities" => run(QUEUE, jobs, |job| Call { priority: (job * 7919 % 13) as i32 - 6, ..plain(job) }),
        "deadlines" => {
            run(QUEUE, jobs, |job| Call { timeout_ms: Some(30_000.0), queue_timeout_ms: Some(60_000.0), ..plain(job) })
        }
        // One runs, the others do not fit beside it: each time the queue is searched for one that does.
        "waiting for memory" => run(QUEUE, jobs, |job| Call { memory: Some(40 * MIB), ..plain(job) }),
        _ => return None,
    };
    Some(fed)
}

/// Keeps so many jobs in the pool until all are done.
fn run(at_once: usize, jobs: u64, call: impl Fn(u64) -> Call) -> Fed {
    let mut pool = Fake::serving();
    let mut submitted = 0;
    while pool.settled < jobs {
        while submitted < jobs && submitted - pool.settled < at_once as u64 {
            submitted += 1;
            pool.give(Input::Submit(call(submitted)));
        }
        let job = pool.posted.pop_front().expect("what waits is posted when something has ended");
        pool.say(Message::Reported(report(pool.settled)));
        pool.say(Message::JobEnded { job, ending: Ending::Fulfilled, ran_ms: 1.0 });
    }
    pool.fed
}

/// As many short jobs as may be in the pool, until all are done.
fn run_in_batches(jobs: u64, call: impl Fn(u64) -> Call) -> Fed {
    let mut pool = Fake::serving();
    let mut submitted = 0;
    while pool.settled < jobs {
        let calls = (jobs - submitted).min(QUEUE as u64 - (submitted - pool.settled));
        pool.give_all((0..calls).map(|at| Input::Submit(call(submitted + at + 1))));
        submitted += calls;
        let ended: Vec<_> = pool.posted.drain(..pool.posted.len().min(BATCH as usize)).collect();
        let of_job = |job| {
            [Message::Reported(report(submitted)), Message::JobEnded { job, ending: Ending::Fulfilled, ran_ms: 0.001 }]
        };
        pool.give_all(ended.into_iter().flat_map(of_job).map(|message| Input::Heard(FIRST, message)));
    }
    pool.fed
}

fn report(jobs_done: u64) -> Report {
    // What small jobs take comes and goes.
    let live = 2 * MIB + jobs_done * 7919 % 65_536;
    Report {
        thread: (jobs_done % 2) as u32,
        reserved: 8 * MIB,
        live,
        peak: live + 4096,
        jobs_done,
        worked_ms: jobs_done as f64,
        busy: Vec::new(),
    }
}

struct Fake {
    inner: Coordinator,
    now_ms: f64,
    posted: VecDeque<JobId>,
    settled: u64,
    fed: Fed,
}

impl Fake {
    /// With one generation, which serves.
    fn serving() -> Fake {
        let options = serde_json::json!({ "threads": 2, "memory": { "limit": 64 * MIB }, "maxQueue": QUEUE + 3 });
        let config = Config::from_options(&options, 2).expect("these options are accepted");
        let fed = Fed { inputs: 0, outputs: 0 };
        let inner = Coordinator::new(config);
        let mut pool = Fake { inner, now_ms: 0.0, posted: VecDeque::new(), settled: 0, fed };
        pool.give(Input::Start);
        pool.say(Message::Hello);
        pool.say(Message::Reported(report(0)));
        pool.say(Message::Ready);
        pool.fed = Fed { inputs: 0, outputs: 0 };
        pool
    }

    fn say(&mut self, message: Message) {
        self.give(Input::Heard(FIRST, message));
    }

    fn give(&mut self, input: Input) {
        self.give_all([input]);
    }

    /// All of one moment.
    fn give_all(&mut self, inputs: impl IntoIterator<Item = Input>) {
        for input in inputs {
            self.now_ms += STEP_MS;
            self.inner.take_in(Time::from_ms(self.now_ms), input);
            self.fed.inputs += 1;
        }
        self.inner.follow_up();
        while let Some(output) = self.inner.poll_output() {
            self.fed.outputs += 1;
            match output {
                Output::Post { job, .. } => self.posted.push_back(job),
                Output::Settle { .. } => self.settled += 1,
                _ => {}
            }
        }
        std::hint::black_box(self.inner.wake_at());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_load_serves_its_jobs_with_three_inputs_each() {
        for name in NAMES {
            assert_eq!(feed(name, 3000).unwrap().inputs, 9000, "{name}");
        }
    }
}
