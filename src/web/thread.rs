//! What a Rayon thread posts: to its leader, who passes it on.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use wasm_bindgen::prelude::*;

use crate::generation::{HEALTH, Outbox, Said, Word};
use crate::memory;
use crate::task::{Outcome, Rejection, TaskError};
use crate::value::{self, Written};

/// Words of small jobs. Only what does not fit is posted by itself.
pub(super) static OUTBOX: Outbox = Outbox::new();

#[wasm_bindgen(module = "/src/js/realm.js")]
extern "C" {
    /// There is something in the outbox.
    #[wasm_bindgen(catch, js_name = postWords)]
    fn post_words() -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = postStarted)]
    fn post_started(job: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = postProgress)]
    fn post_progress(job: f64, progress: f64) -> Result<(), JsValue>;
    /// `value` is a view of this memory, copied before the call returns; `beside` are the numbers of what is held already.
    #[wasm_bindgen(catch, js_name = postEnded)]
    fn post_ended(
        job: f64,
        ending: u32,
        ran_ms: f64,
        value: &[u8],
        beside: &[u32],
        health: &[f64],
    ) -> Result<(), JsValue>;
    /// Copies a buffer out of this memory and holds it. Its number, or 0 if there is no memory for it.
    #[wasm_bindgen(js_name = hold)]
    fn hold(bytes: &[u8]) -> u32;
    #[wasm_bindgen(js_name = letGo)]
    fn let_go(number: u32);
    /// What has left the root that ended last ends this job.
    #[wasm_bindgen(catch, js_name = postThrew)]
    fn post_threw(job: f64, health: &[f64]) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = postReadyThrew)]
    fn post_ready_threw(health: &[f64]) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = postSnapshotThrew)]
    fn post_snapshot_threw() -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = postReady)]
    fn post_ready(cause: &[u8], health: &[f64]) -> Result<(), JsValue>;
    /// As `post_ended`. `cause` says why there is none; empty if there is.
    #[wasm_bindgen(catch, js_name = postSnapshot)]
    fn post_snapshot(value: &[u8], cause: &[u8]) -> Result<(), JsValue>;
    /// Closes this worker and throws: the way out of a Rayon thread.
    #[wasm_bindgen(js_name = leave)]
    pub(super) fn leave();
}

/// What a thread has done.
#[derive(Clone, Copy, Default)]
pub(super) struct Work {
    /// Jobs it has ended.
    pub done: u64,
    /// How long it has had a job.
    pub worked_us: u64,
}

// A post fails only if a copy for it cannot be had, or the realm is on its way out. The job then counts as lost when its
// generation ends; a panic here would take the generation with it at once.

pub(super) fn started(job: u64, thread: usize) {
    if !said(job, Word::Started, health(thread, Work::default())) {
        let _ = post_started(job as f64);
    }
}

pub(super) fn progress(job: u64, progress: f64) {
    if !said(job, Word::Progress(progress), [0.0; HEALTH]) {
        let _ = post_progress(job as f64, progress);
    }
}

/// Whether it went into the outbox.
fn said(job: u64, word: Word, health: [f64; HEALTH]) -> bool {
    match OUTBOX.say(job, word, health) {
        Said::No => false,
        Said::Along => true,
        Said::First => {
            let _ = post_words();
            true
        }
    }
}

pub(super) fn ended(job: u64, outcome: &mut Outcome, ran_ms: f64, thread: usize, work: Work) {
    let health = health(thread, work);
    // As `ENDING` in `src/js/protocol.js`.
    let ending = match outcome {
        Outcome::Rejected(Rejection::MemoryExhausted { .. }) => 2,
        Outcome::Fulfilled(_) => 1,
        Outcome::Rejected(_) => 0,
    };
    let say = |written: &Written| {
        let value = &written.head;
        if written.beside.is_empty() && said(job, Word::Ended { ending, ran_ms, value }, health) {
            return Ok(());
        }
        // A neighbour may have filled the memory meanwhile.
        let beside: Vec<u32> = memory::with_reserve(|| written.beside.iter().map(|buffer| buffer.held().0).collect());
        post_ended(job as f64, ending, ran_ms, value, &beside, &health)
    };
    let posted = match outcome {
        Outcome::Fulfilled(result) => say(result),
        // Its words may be longer than the memory and its reserve have room for.
        Outcome::Rejected(rejection) => match catch_unwind(AssertUnwindSafe(|| encode(rejection))) {
            Ok(Some(encoded)) => say(&encoded),
            _ => say(&Written::default()),
        },
    };
    if posted.is_err() {
        let _ = post_ended(job as f64, 0, ran_ms, &[], &[], &health);
    }
}

/// A rejection, and behind it the task's own error, if it can be serialised.
fn encode(rejection: &mut Rejection) -> Option<Written> {
    let data = match rejection {
        Rejection::TaskFailed(TaskError { data, .. }) => data.take(),
        _ => None,
    };
    let mut head = value::encode(rejection).ok()?;
    let Written { head: more, beside } = data.unwrap_or_default();
    head.extend_from_slice(&more);
    Some(Written { head, beside })
}

/// A buffer that has left this memory, on this thread, by its number.
#[derive(Debug, PartialEq)]
pub struct Held(u32);

impl Held {
    pub fn copy(bytes: &[u8]) -> Option<Self> {
        match hold(bytes) {
            0 => None,
            number => Some(Held(number)),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let_go(self.0);
    }
}

/// As [`ended`], of a job that an exception has left.
pub(super) fn threw(job: u64, thread: usize, work: Work) {
    let _ = post_threw(job as f64, &health(thread, work));
}

pub(super) fn snapshot(result: Result<Bytes, String>) {
    let posted = match &result {
        Ok(bytes) => post_snapshot(bytes, &[]),
        Err(cause) => post_snapshot(&[], cause.as_bytes()),
    };
    if posted.is_err() {
        let _ = post_snapshot(&[], b"it could not be copied out of the memory");
    }
}

/// `on_start` is done; `cause` says in words why it failed, if it did.
pub(super) fn ready(result: Result<(), String>, thread: usize) {
    let cause = result.err().unwrap_or_default();
    let _ = post_ready(cause.as_bytes(), &health(thread, Work::default()));
}

/// As [`ready`], of an `on_start` that an exception has left.
pub(super) fn ready_threw(thread: usize) {
    let _ = post_ready_threw(&health(thread, Work::default()));
}

/// As [`snapshot`], of one that an exception has left.
pub(super) fn snapshot_threw() {
    let _ = post_snapshot_threw();
}

/// The numbers of a report, in the order of `HEALTH` in `src/js/protocol.js`.
fn health(thread: usize, work: Work) -> [f64; HEALTH] {
    let stats = memory::stats();
    [
        thread as f64,
        stats.reserved as f64,
        stats.live as f64,
        stats.peak as f64,
        work.done as f64,
        work.worked_us as f64 / 1000.0,
    ]
}
