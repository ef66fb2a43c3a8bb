//! Where the simulator writes out a whole word of the coordinator's, so that a new field is named in one place.

use perennial::coordinator::{Busy, Call, Ending, JobId, Message, Report, TaskId};
use serde_json::{Map, Value};

use crate::plan::JobPlan;
use crate::random::Random;

pub fn call(job: JobId, plan: &JobPlan) -> Call {
    Call {
        job,
        task: TaskId(plan.task),
        priority: plan.priority,
        timeout_ms: plan.timeout_ms.map(|ms| ms as f64),
        queue_timeout_ms: plan.queue_timeout_ms.map(|ms| ms as f64),
        idempotent: plan.idempotent,
    }
}

/// What the coordinator is told of the memory that a job will need.
pub fn stated(_: &Call) -> Option<u64> {
    None
}

/// What a thread says of its generation.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub reserved: u64,
    pub live: u64,
    pub peak: u64,
}

pub fn report(thread: u32, figures: Figures, jobs_done: u64, busy: Option<(JobId, f64)>) -> Message {
    let Figures { reserved, live, peak } = figures;
    let busy = busy.map(|(job, for_ms)| Busy { job, for_ms }).into_iter().collect();
    Message::Reported(Report { thread, reserved, live, peak, jobs_done, busy })
}

pub fn ready(_: Figures) -> Message {
    Message::Ready
}

pub fn is_ready(message: &Message) -> bool {
    matches!(message, Message::Ready)
}

/// A job ended with an error; `exhausted` if it had no memory.
pub fn rejected(_exhausted: bool) -> Ending {
    Ending::Rejected
}

/// Options that only some versions of the coordinator take.
pub fn more_options(_options: &mut Map<String, Value>, _random: &mut Random) {}

/// The share of the time that planned recycles may take.
pub fn share() -> f64 {
    0.2
}
