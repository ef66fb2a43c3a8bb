//! The coordinator as a class for the driver.
//!
//! What happens often (a call, an end, a post) crosses as numbers; what happens rarely crosses as an object.

use wasm_bindgen::prelude::*;

use super::EVERYWHERE;
use super::outputs::Outputs;
use super::told::{Field, Object, told};
use crate::coordinator::*;
use crate::nearest::nearest;
use crate::task::Registry;

#[wasm_bindgen(js_name = __PerennialCoordinator, skip_typescript)]
pub struct Edge {
    inner: Coordinator,
    outputs: Outputs,
}

/// Numbers of a word; as in `src/js/protocol.js`.
const WORD: usize = 11;

#[wasm_bindgen(js_class = __PerennialCoordinator)]
impl Edge {
    /// # Errors
    ///
    /// `BadConfig`, as an object with `code`, `message`, `field`, `value`, `accepted`.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue, cores: u32) -> Result<Edge, JsValue> {
        let mut config = Config::from_options(given(&options), cores).map_err(bad_config)?;
        config.snapshots = Registry::of_this_crate().snapshot().is_some();
        let mut inner = Coordinator::new(config);
        inner.hear_reports(false);
        Ok(Edge { inner, outputs: Outputs::new() })
    }

    /// What a generation is started with.
    pub fn config(&self) -> JsValue {
        let Config { threads, stack_size, limit, report_interval_ms, .. } = *self.inner.config();
        told(&Object(&[
            ("threads", threads.into()),
            ("stackSize", stack_size.into()),
            ("limit", limit.into()),
            ("reportInterval", report_interval_ms.into()),
        ]))
    }

    pub fn start(&mut self, now: f64) {
        self.give(now, Input::Start);
    }

    /// The number that a generation has at the least if a recycle that is wished for now has made it, once that has begun.
    #[wasm_bindgen(js_name = recycleTarget)]
    pub fn recycle_target(&self) -> Option<u32> {
        self.inner.recycle_target().map(|target| target.0)
    }

    pub fn recycle(&mut self, now: f64) {
        self.give(now, Input::Recycle(Reason::Requested));
    }

    pub fn exit(&mut self, now: f64) {
        self.give(now, Input::Exit);
    }

    pub fn tick(&mut self, now: f64) {
        self.give(now, Input::Tick);
    }

    pub fn abort(&mut self, now: f64, job: f64) {
        self.give(now, Input::Abort(JobId(job as u64)));
    }

    /// # Errors
    ///
    /// `BadConfig`, as [`new`](Self::new), if these are no options of a run.
    pub fn check(&self, options: JsValue) -> Result<(), JsValue> {
        RunOptions::from_options(given(&options)).map(drop).map_err(bad_config)
    }

    /// Whether a call that is submitted now will wait or run, and not be refused.
    pub fn admits(&self) -> bool {
        self.inner.admits()
    }

    /// Whether a call is not refused for the queue's bound.
    #[wasm_bindgen(js_name = queueHasRoom)]
    pub fn queue_has_room(&self) -> bool {
        self.inner.queue_has_room()
    }

    /// Whether nothing waits or runs.
    #[wasm_bindgen(js_name = isIdle)]
    pub fn is_idle(&self) -> bool {
        self.inner.is_idle()
    }

    /// Nothing if a generation serves, `null` if one is on its way, or the fault of a call.
    #[wasm_bindgen(js_name = whyNotReady)]
    pub fn why_not_ready(&self) -> JsValue {
        match self.inner.readiness() {
            Readiness::Serves => JsValue::UNDEFINED,
            Readiness::Starts => JsValue::NULL,
            Readiness::Refuses(settlement) => fault_of(&settlement),
        }
    }

    /// The task's name that this one was perhaps meant to be.
    pub fn nearest(&self, name: &str) -> Option<String> {
        nearest(name, Registry::of_this_crate().names()).map(String::from)
    }

    /// Calls without options, in their order: of each its job and its task.
    #[wasm_bindgen(js_name = submitAll)]
    pub fn submit_all(&mut self, now: f64, calls: &[f64]) {
        let now = Time::from_ms(now);
        for &[job, task] in calls.as_chunks().0 {
            self.inner.take_in(now, call(job, task as u32, RunOptions::default()));
        }
        self.inner.follow_up();
    }

    /// # Errors
    ///
    /// As [`check`](Self::check). Nothing was submitted then.
    #[wasm_bindgen(js_name = submitWith)]
    pub fn submit_with(&mut self, now: f64, job: f64, task: u32, options: JsValue) -> Result<(), JsValue> {
        let options = RunOptions::from_options(given(&options)).map_err(bad_config)?;
        self.give(now, call(job, task, options));
        Ok(())
    }

    pub fn hello(&mut self, now: f64, generation: u32) {
        self.hear(now, generation, Message::Hello);
    }

    pub fn granted(&mut self, now: f64, generation: u32, limit: f64) {
        self.hear(now, generation, Message::Granted { limit: limit as u64 });
    }

    pub fn ready(&mut self, now: f64, generation: u32) {
        self.hear(now, generation, Message::Ready);
    }

    #[wasm_bindgen(js_name = startFailed)]
    pub fn start_failed(&mut self, now: f64, generation: u32, cause: String) {
        self.hear(now, generation, Message::StartFailed { cause });
    }

    pub fn started(&mut self, now: f64, generation: u32, job: f64) {
        self.hear(now, generation, Message::JobStarted(JobId(job as u64)));
    }

    /// `ending` as `ENDING` in `src/js/protocol.js`.
    pub fn ended(&mut self, now: f64, generation: u32, job: f64, ending: u32, ran_ms: f64) {
        self.hear(now, generation, ended(job, ending, ran_ms));
    }

    /// Words of small jobs, as `src/generation/outbox.rs` lays them out.
    pub fn words(&mut self, now: f64, generation: u32, words: &[f64]) {
        let now = Time::from_ms(now);
        let mut take_in = |message| self.inner.take_in(now, Input::Heard(GenerationId(generation), message));
        let mut rest = words;
        while let Some((&[kind, job, number, length, ran_ms, ref health @ ..], after)) =
            rest.split_first_chunk::<WORD>()
        {
            match kind {
                0.0 => take_in(Message::JobStarted(JobId(job as u64))),
                2.0 => {
                    if let Some(report) = reported(health) {
                        take_in(report);
                    }
                    take_in(ended(job, number as u32, ran_ms));
                }
                _ => {}
            }
            rest = after.get((length as usize).div_ceil(size_of::<f64>())..).unwrap_or_default();
        }
        self.inner.follow_up();
    }

    /// `health` as in `reported`, below.
    pub fn reported(&mut self, now: f64, generation: u32, health: &[f64]) {
        if let Some(report) = reported(health) {
            self.hear(now, generation, report);
        }
    }

    /// `cause` says why there is none; empty if it is there.
    #[wasm_bindgen(js_name = snapshotCame)]
    pub fn snapshot_came(&mut self, now: f64, generation: u32, cause: String) {
        let result = if cause.is_empty() { Ok(()) } else { Err(cause) };
        self.hear(now, generation, Message::Snapshot(result));
    }

    pub fn died(&mut self, now: f64, generation: u32, cause: String) {
        self.hear(now, generation, Message::Died { cause });
    }

    pub fn answered(&mut self, now: f64, generation: u32) {
        self.hear(now, generation, Message::Answered);
    }

    pub fn trapped(&mut self, now: f64, generation: u32, cause: String) {
        self.hear(now, generation, Message::Trapped { cause });
    }

    pub fn retired(&mut self, now: f64, generation: u32) {
        self.hear(now, generation, Message::Retired);
    }

    /// Where `take` leaves outputs, for as long as this lives.
    pub fn outputs(&self) -> js_sys::Float64Array {
        // SAFETY: they stay where they are, in a memory that is shared: its growth leaves its views as they are.
        unsafe { js_sys::Float64Array::view(self.outputs.numbers()) }
    }

    /// Takes the next outputs and says how many; 0 if there are none.
    pub fn take(&mut self) -> usize {
        self.outputs.take(&mut self.inner)
    }

    /// Whether reports are outputs too.
    #[wasm_bindgen(js_name = hearReports)]
    pub fn hear_reports(&mut self, heard: bool) {
        self.inner.hear_reports(heard);
    }

    /// Of the last output taken: the error to settle with, or the event.
    pub fn detail(&self) -> JsValue {
        match self.outputs.last() {
            Some(Output::Settle { settlement, .. }) => fault_of(settlement),
            Some(Output::Emit(event)) => event_of(event),
            _ => JsValue::UNDEFINED,
        }
    }

    /// When to tick, in ms; NaN for never.
    #[wasm_bindgen(js_name = wakeAt)]
    pub fn wake_at(&self) -> f64 {
        self.inner.wake_at().map_or(f64::NAN, Time::as_ms)
    }

    pub fn health(&self, now: f64) -> JsValue {
        let registry = Registry::of_this_crate();
        let name = |task: TaskId| registry.get(task.0 & !EVERYWHERE).map(|task| task.name.to_owned());
        told(&self.inner.health(Time::from_ms(now), name))
    }
}

impl Edge {
    fn give(&mut self, now: f64, input: Input) {
        self.inner.handle(Time::from_ms(now), input);
    }

    fn hear(&mut self, now: f64, generation: u32, message: Message) {
        self.give(now, Input::Heard(GenerationId(generation), message));
    }
}

fn call(job: f64, task: u32, options: RunOptions) -> Input {
    let RunOptions { priority, timeout_ms, queue_timeout_ms, idempotent, memory } = options;
    let (job, task) = (JobId(job as u64), TaskId(task));
    Input::Submit(Call { job, task, priority, timeout_ms, queue_timeout_ms, idempotent, memory })
}

fn ended(job: f64, ending: u32, ran_ms: f64) -> Message {
    let ending = match ending {
        1 => Ending::Fulfilled,
        2 => Ending::Exhausted,
        3 => Ending::Threw,
        _ => Ending::Rejected,
    };
    Message::JobEnded { job: JobId(job as u64), ending, ran_ms }
}

/// `health` is thread, reserved, live, peak, done, worked in ms; then for each open job its number and how long it runs, in ms.
fn reported(health: &[f64]) -> Option<Message> {
    let [thread, reserved, live, peak, done, worked_ms, ref busy @ ..] = *health else { return None };
    let busy = busy.chunks_exact(2).map(|pair| Busy { job: JobId(pair[0] as u64), for_ms: pair[1] });
    Some(Message::Reported(Report {
        thread: thread as u32,
        reserved: reserved as u64,
        live: live as u64,
        peak: peak as u64,
        jobs_done: done as u64,
        worked_ms,
        busy: busy.collect(),
    }))
}

/// Options, which `src/js/options.js` has made plain.
fn given(options: &JsValue) -> Given {
    if let Some(number) = options.as_f64() {
        Given::Number(number)
    } else if let Some(text) = options.as_string() {
        text.into()
    } else if let Some(flag) = options.as_bool() {
        Given::Flag(flag)
    } else if options.is_object() {
        // Without a prototype, so they are no instance of `Object`.
        let fields = js_sys::Object::entries(options.unchecked_ref());
        let read = |field: js_sys::Array| (field.get(0).as_string().unwrap_or_default(), given(&field.get(1)));
        Given::Section(fields.iter().map(|field| read(field.unchecked_into())).collect())
    } else {
        Given::Nothing
    }
}

fn bad_config(error: BadConfig) -> JsValue {
    let message = error.to_string();
    let BadConfig { field, value, accepted } = &error;
    told(&Object(&[
        ("code", "BadConfig".into()),
        ("message", (&message).into()),
        ("field", field.into()),
        ("value", value.into()),
        ("accepted", accepted.into()),
    ]))
}

fn fault_of(settlement: &Settlement) -> JsValue {
    let message = settlement.to_string();
    let (code, message) = (("code", settlement.code().into()), ("message", (&message).into()));
    match settlement {
        Settlement::GenerationLost { generation, cause, .. } => {
            told(&Object(&[code, message, ("generation", generation.0.into()), ("cause", cause.into())]))
        }
        Settlement::StartFailed { cause } => told(&Object(&[code, message, ("cause", cause.into())])),
        &Settlement::MemoryExhausted { requested, live, limit } => told(&Object(&[
            code,
            message,
            ("requested", requested.into()),
            ("live", live.into()),
            ("limit", limit.into()),
        ])),
        _ => told(&Object(&[code, message])),
    }
}

/// `[type, detail]`, as they are dispatched.
fn event_of(event: &Event) -> JsValue {
    let of = |name: &str, fields: &[(&'static str, Field<'_>)]| told(&(name, Object(fields)));
    match event {
        Event::Started { generation } => of("started", &[("generation", generation.0.into())]),
        Event::StartFailed { cause } => of("startfailed", &[("cause", cause.into())]),
        Event::LimitReduced { generation, asked, granted } => of(
            "limitreduced",
            &[("generation", generation.0.into()), ("asked", (*asked).into()), ("granted", (*granted).into())],
        ),
        Event::Reported { generation, report } => {
            let busy = |busy: &Busy| [("job", busy.job.0.into()), ("forMs", busy.for_ms.into())];
            let busy: Vec<_> = report.busy.iter().map(busy).collect();
            let busy: Vec<_> = busy.iter().map(|fields| Object(fields)).collect();
            let Report { thread, reserved, live, peak, jobs_done, .. } = *report;
            of(
                "report",
                &[
                    ("generation", generation.0.into()),
                    ("thread", thread.into()),
                    ("reserved", reserved.into()),
                    ("live", live.into()),
                    ("peak", peak.into()),
                    ("jobsDone", jobs_done.into()),
                    ("busy", Field::List(&busy)),
                ],
            )
        }
        Event::RecycleStarted { from, to, reason } => {
            of("recyclestart", &[("from", from.0.into()), ("to", to.0.into()), ("reason", reason.name().into())])
        }
        Event::RecycleEnded(Recycled { from, to, reason, pause_ms, total_ms, bytes_freed }) => of(
            "recycleend",
            &[
                ("from", from.0.into()),
                ("to", to.0.into()),
                ("reason", reason.name().into()),
                ("pauseMs", (*pause_ms).into()),
                ("totalMs", (*total_ms).into()),
                ("bytesFreed", (*bytes_freed).into()),
            ],
        ),
        Event::RecycleFailed { from, reason, cause } => {
            of("recyclefailed", &[("from", from.0.into()), ("reason", reason.name().into()), ("cause", cause.into())])
        }
        Event::GenerationLost { generation, cause, rerun, rejected } => of(
            "generationlost",
            &[
                ("generation", generation.0.into()),
                ("cause", cause.into()),
                ("rerun", (*rerun).into()),
                ("rejected", (*rejected).into()),
            ],
        ),
        Event::Pressure(Pressure { generation, level, reserved, live, limit, ms_to_limit }) => of(
            "pressure",
            &[
                ("generation", generation.0.into()),
                ("level", level.name().into()),
                ("reserved", (*reserved).into()),
                ("live", (*live).into()),
                ("limit", (*limit).into()),
                ("msToLimit", (*ms_to_limit).into()),
            ],
        ),
        Event::SnapshotFailed { generation, cause } => {
            of("snapshotfailed", &[("generation", generation.0.into()), ("cause", cause.into())])
        }
        Event::Backpressure { length, max } => {
            of("backpressure", &[("length", (*length).into()), ("max", (*max).into())])
        }
        Event::Drain { length, max } => of("drain", &[("length", (*length).into()), ("max", (*max).into())]),
        Event::Degraded { cause } => of("degraded", &[("cause", cause.into())]),
        Event::Recovered { generation } => of("recovered", &[("generation", generation.0.into())]),
        Event::Exited => of("exit", &[]),
    }
}
