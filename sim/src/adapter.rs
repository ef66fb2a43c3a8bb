//! Where the simulator writes out a whole word of the coordinator's, so that a new field is named in one place.

use perennial::coordinator::{Busy, Call, Ending, JobId, Message, Report, TaskId};
use serde_json::{Map, Value, json};

use crate::plan::JobPlan;
use crate::random::Random;

pub fn call(job: JobId, plan: &JobPlan, limit: u64) -> Call {
    Call {
        job,
        task: TaskId(plan.task),
        priority: plan.priority,
        timeout_ms: plan.timeout_ms.map(|ms| ms as f64),
        queue_timeout_ms: plan.queue_timeout_ms.map(|ms| ms as f64),
        idempotent: plan.idempotent,
        memory: plan.states.then(|| limit / 100 * plan.needs),
    }
}

/// Whether the driver tells of it alone, and not with all others of its turn.
pub fn has_options(call: &Call) -> bool {
    let Call { priority, timeout_ms, queue_timeout_ms, idempotent, memory, .. } = call;
    *priority != 0 || timeout_ms.is_some() || queue_timeout_ms.is_some() || *idempotent || memory.is_some()
}

/// What the coordinator is told of the memory that a job will need.
pub fn stated(call: &Call) -> Option<u64> {
    call.memory
}

/// What a thread says of its generation.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub reserved: u64,
    pub live: u64,
    pub peak: u64,
}

/// And of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    pub jobs_done: u64,
    /// Of the time since its generation began.
    pub worked_ms: f64,
}

pub fn report(thread: u32, figures: Figures, work: Work, busy: Option<(JobId, f64)>) -> Message {
    let Figures { reserved, live, peak } = figures;
    let Work { jobs_done, worked_ms } = work;
    let busy = busy.map(|(job, for_ms)| Busy { job, for_ms }).into_iter().collect();
    Message::Reported(Report { thread, reserved, live, peak, jobs_done, worked_ms, busy })
}

pub fn ready(_: Figures) -> Message {
    Message::Ready
}

pub fn is_ready(message: &Message) -> bool {
    matches!(message, Message::Ready)
}

/// A job ended with an error; `exhausted` if it had no memory.
pub fn rejected(exhausted: bool, threw: bool) -> Ending {
    match (exhausted, threw) {
        (true, _) => Ending::Exhausted,
        (false, true) => Ending::Threw,
        (false, false) => Ending::Rejected,
    }
}

/// When the pool recycles of its own accord.
pub fn policy(options: &mut Map<String, Value>, random: &mut Random) {
    if let Some(memory) = options.get_mut("memory")
        && random.percent(40)
    {
        let critical = random.within(20..=100);
        memory["criticalAt"] = json!(critical as f64 / 100.0);
        memory["recycleAt"] = json!(random.within(10..=critical) as f64 / 100.0);
    }
    if random.percent(50) {
        let mut recycle = json!({ "share": random.within(5..=100) as f64 / 100.0 });
        if random.percent(30) {
            recycle["maxAge"] = json!(random.across(50..=60_000));
        }
        if random.percent(30) {
            recycle["maxJobs"] = json!(random.across(1..=40));
        }
        options.insert("recycle".into(), recycle);
    }
}
