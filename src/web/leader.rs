//! A generation's instance, from its leader: prepare, stage an argument, run, sample, retire.
//!
//! The leader is on its event loop and shares the memory that jobs fill. So nothing here may fail on a full memory but by
//! its return value: no string, slice or array crosses into an export (the glue would allocate it, and abort if it can't),
//! every export has the memory's reserve and catches what unwinds, and arguments are copied into room that was asked for
//! first.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock, Weak};

use bytes::Bytes;
use wasm_bindgen::prelude::*;
use web_time::Instant;

use super::thread;
use crate::generation::{OPEN_MAX, Slot};
use crate::memory;
use crate::task::{self, Context, Control, Registry};
use crate::value::{Encoded, Segment};

/// Numbers before the threads' in a sample: reserved, live, peak.
const SAMPLE_HEAD: usize = 3;
/// Numbers of each thread in a sample: done, open, and for each shown job its number and how long it runs in ms.
const SAMPLE_THREAD: usize = 2 + 2 * OPEN_MAX;
/// The job numbers under which `input` and a snapshot are staged; as in `src/js/protocol.js`.
const INPUT: u64 = 0;
const SNAPSHOT: u64 = (1 << 53) - 1;

static SLOTS: OnceLock<Vec<Slot>> = OnceLock::new();
static ORIGIN: OnceLock<Instant> = OnceLock::new();

thread_local! {
    static LEADER: RefCell<Leader> = RefCell::default();
}

/// What only the leader touches.
#[derive(Default)]
struct Leader {
    /// Arguments on their way in, by job: the head, then the segments.
    staged: HashMap<u64, Vec<Segment>>,
    /// Runs that may be told to stop. Those that ended are swept out now and then.
    running: HashMap<u64, Weak<Control>>,
    sample: Vec<f64>,
}

/// Before the threads start: the limit, the reserve, the hooks, the slots. Whether there was room.
#[wasm_bindgen(js_name = __perennialPrepare, skip_typescript)]
pub fn prepare(threads: u32, limit: f64) -> bool {
    caught(|| {
        task::install_panic_hook();
        memory::set_limit(limit as usize);
        if memory::install(threads as usize + 1).is_err() {
            return false;
        }
        ORIGIN.get_or_init(Instant::now);
        SLOTS.get_or_init(|| (0..threads).map(|_| Slot::default()).collect());
        LEADER.with_borrow_mut(|leader| {
            leader.sample = vec![0.0; SAMPLE_HEAD + SAMPLE_THREAD * threads as usize];
        });
        true
    })
}

/// Room for the next piece of a job's argument: the head first, then each segment, whose elements have `size` bytes. 0 if
/// there is none.
#[wasm_bindgen(js_name = __perennialStage, skip_typescript)]
pub fn stage(job: f64, length: u32, size: u32) -> *mut u8 {
    let mut room = std::ptr::null_mut();
    let staged = caught(|| {
        // SAFETY: the leader's script writes all of it before it says `run` or `begin`.
        let Ok((piece, at)) = (unsafe { Segment::with_room(length as usize, size as usize) }) else { return false };
        room = at;
        LEADER.with_borrow_mut(|leader| leader.staged.entry(job as u64).or_default().push(piece));
        true
    });
    if staged { room } else { std::ptr::null_mut() }
}

/// Forgets what was staged for a job that will not run.
#[wasm_bindgen(js_name = __perennialUnstage, skip_typescript)]
pub fn unstage(job: f64) {
    caught(|| LEADER.with_borrow_mut(|leader| leader.staged.remove(&(job as u64)).is_some()));
}

/// Runs `on_start` on a thread, with what was staged as its input and snapshot, if anything. Ready, or not, is posted by that thread.
#[wasm_bindgen(js_name = __perennialBegin, skip_typescript)]
pub fn begin() -> bool {
    caught(|| {
        let take = |number| {
            let staged = LEADER.with_borrow_mut(|leader| leader.staged.remove(&number));
            staged.and_then(|mut pieces| pieces.pop()).map(|piece| Bytes::from(piece.into_bytes()))
        };
        let (input, snapshot) = (take(INPUT), take(SNAPSHOT));
        rayon::spawn(move || {
            let result = match Registry::of_this_crate().on_start() {
                Some(hook) => task::on_start(hook, input, snapshot),
                None => Ok(()),
            };
            thread::ready(result, here());
        });
        true
    })
}

/// Takes a snapshot of at most `max` bytes on a thread, which posts it. Whether there was room to.
#[wasm_bindgen(js_name = __perennialSnapshot, skip_typescript)]
pub fn snapshot(max: f64) -> bool {
    caught(|| {
        rayon::spawn(move || {
            memory::allow_blocking(true);
            let result = match Registry::of_this_crate().snapshot() {
                Some(hook) => task::snapshot(hook, max as usize),
                None => Err("the crate has no #[snapshot] function".into()),
            };
            thread::snapshot(result);
        });
        true
    })
}

/// Runs a task with what was staged for the job; if it was told to stop meanwhile, it ends before it begins. Whether there
/// was room to.
#[wasm_bindgen(js_name = __perennialRun, skip_typescript)]
pub fn run(job: f64, task: u32, announce: bool, stopped: bool) -> bool {
    let job = job as u64;
    caught(|| {
        let control = Arc::new(Control::new(job, thread::progress));
        if stopped {
            control.stop();
        }
        let mut pieces = LEADER.with_borrow_mut(|leader| {
            leader.sweep();
            leader.running.insert(job, Arc::downgrade(&control));
            leader.staged.remove(&job).unwrap_or_default().into_iter()
        });
        let argument = Encoded { head: pieces.next().unwrap_or_default().into_bytes(), segments: pieces.collect() };
        rayon::spawn(move || run_here(control, task, argument, announce));
        true
    })
}

fn run_here(control: Arc<Control>, number: u32, argument: Encoded, announce: bool) {
    memory::allow_blocking(true);
    let job = control.job;
    let thread = here();
    // From here on: what this job takes at its most, if it is alone.
    memory::take_peak();
    let slot = SLOTS.get().and_then(|slots| slots.get(thread));
    if let Some(slot) = slot {
        slot.enter(job, now_us());
    }
    if announce {
        thread::started(job);
    }
    let cx = Context::new(Arc::clone(&control));
    let tell = |mut outcome| {
        control.tell_last();
        let done = slot.map_or(0, |slot| {
            slot.leave();
            slot.done()
        });
        thread::ended(job, &mut outcome, thread, done);
    };
    match Registry::of_this_crate().get(number) {
        Some(task) if !cx.is_stopped() => task::invoke(task, &cx, argument, tell),
        Some(_) => tell(task::Outcome::Rejected(task::Rejection::Cancelled)),
        // The page's instance is of the same build, so it has the same numbers.
        None => tell(task::Outcome::Rejected(task::Rejection::TaskFailed(format!("no task {number}").into()))),
    }
}

/// Asks a run to end at its next checkpoint.
#[wasm_bindgen(js_name = __perennialStop, skip_typescript)]
pub fn stop(job: f64) {
    caught(|| {
        LEADER.with_borrow(|leader| {
            let control = leader.running.get(&(job as u64)).and_then(Weak::upgrade);
            control.map(|control| control.stop()).is_some()
        })
    });
}

/// Reads the memory and all slots. Returns where: see `SAMPLE_HEAD` and `SAMPLE_THREAD`.
#[wasm_bindgen(js_name = __perennialSample, skip_typescript)]
pub fn sample() -> *const f64 {
    LEADER.with_borrow_mut(|leader| {
        let stats = memory::stats();
        let numbers = &mut leader.sample;
        if numbers.len() < SAMPLE_HEAD {
            return std::ptr::null();
        }
        let (head, threads) = numbers.split_at_mut(SAMPLE_HEAD);
        head.copy_from_slice(&[stats.reserved as f64, stats.live as f64, stats.peak as f64]);
        let now = now_us();
        let slots = SLOTS.get().map_or(&[][..], Vec::as_slice);
        for (numbers, slot) in threads.chunks_exact_mut(SAMPLE_THREAD).zip(slots) {
            let depth = slot.depth();
            numbers[0] = slot.done() as f64;
            numbers[1] = depth as f64;
            for (pair, n) in numbers[2..].chunks_exact_mut(2).zip(0..depth) {
                let (job, since) = slot.open(n).unwrap_or_default();
                pair[0] = job as f64;
                pair[1] = now.saturating_sub(since) as f64 / 1000.0;
            }
        }
        numbers.as_ptr()
    })
}

/// Makes every thread close itself. The memory is unusable from here on: the last call into it. Whether it could be said.
#[wasm_bindgen(js_name = __perennialRetire, skip_typescript)]
pub fn retire() -> bool {
    caught(|| {
        rayon::spawn_broadcast(|_| thread::leave());
        true
    })
}

impl Leader {
    /// Keeps `running` in proportion to what runs.
    fn sweep(&mut self) {
        if self.running.len() >= 256 && self.running.len() == self.running.capacity() {
            self.running.retain(|_, control| control.strong_count() > 0);
        }
    }
}

fn here() -> usize {
    rayon::current_thread_index().unwrap_or_default()
}

fn now_us() -> u64 {
    ORIGIN.get().map_or(0, |origin| origin.elapsed().as_micros() as u64)
}

/// An export that fails says so: what unwinds (an exhausted memory) must not reach the glue. Rayon's own bookkeeping is
/// small but may not fail half-way, so it has the reserve.
fn caught(export: impl FnOnce() -> bool) -> bool {
    memory::with_reserve(|| catch_unwind(AssertUnwindSafe(export)).unwrap_or(false))
}
