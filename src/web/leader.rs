//! A generation's instance, from its leader: prepare, stage an argument, run, sample, retire.
//!
//! The leader is on its event loop and shares the memory that jobs fill. So nothing here may fail on a full memory but by
//! its return value: no string, slice or array crosses into an export (the glue would allocate it, and abort if it can't),
//! every export has the memory's reserve and catches what unwinds, and arguments are copied into room that was asked for
//! first.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock, Weak};

use bytes::Bytes;
use wasm_bindgen::prelude::*;
use web_time::Instant;

use super::thread::Work;
use super::{EVERYWHERE, root, stack, thread};
use crate::generation::{Inbox, OPEN_MAX, Slot};
use crate::memory;
use crate::task::{self, Context, Control, Outcome, Registry, Rejection};
use crate::value::{self, Encoded, Segment};

/// Numbers before the threads' in a sample: reserved, live, peak.
const SAMPLE_HEAD: usize = 3;
/// Numbers of each thread in a sample: done, worked in ms, open, and for each shown job its number and how long it runs in ms.
const SAMPLE_THREAD: usize = 3 + 2 * OPEN_MAX;
/// The job numbers under which `input` and a snapshot are staged; as in `src/js/protocol.js`.
const INPUT: u64 = 0;
const SNAPSHOT: u64 = (1 << 53) - 1;
/// That of many small jobs at once; as in `src/js/protocol.js`.
const BATCH: u64 = SNAPSHOT - 1;
/// Bytes of a job before the heads of a batch: its number, its task, whether it is announced, its head's length.
const BATCH_JOB: usize = 4 * size_of::<f64>();

static INBOX: OnceLock<Inbox<Posted>> = OnceLock::new();
static SLOTS: OnceLock<Vec<Slot>> = OnceLock::new();
static ORIGIN: OnceLock<Instant> = OnceLock::new();

thread_local! {
    static LEADER: RefCell<Leader> = RefCell::default();
}

/// What only the leader touches.
#[derive(Default)]
struct Leader {
    /// Arguments on their way in, with their jobs: the head, then the segments. Few at a time.
    staged: Vec<(u64, Vec<Segment>)>,
    /// Runs that may be told to stop. Those that ended are swept out now and then. Many come, and few are looked for.
    running: Vec<Weak<Control>>,
    sample: Vec<f64>,
}

/// A job that waits for a thread.
struct Posted {
    control: Arc<Control>,
    task: u32,
    argument: Argument,
    announce: bool,
}

enum Argument {
    Own(Encoded),
    /// A part of a batch.
    Shared(Bytes),
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
        // One more than there are threads: one may lie below another's while that waits.
        INBOX.get_or_init(|| Inbox::new(threads as usize + 1));
        thread::OUTBOX.install();
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
        LEADER.with_borrow_mut(|leader| leader.stage(job as u64, piece));
        true
    });
    if staged { room } else { std::ptr::null_mut() }
}

/// Forgets what was staged for a job that will not run.
#[wasm_bindgen(js_name = __perennialUnstage, skip_typescript)]
pub fn unstage(job: f64) {
    caught(|| LEADER.with_borrow_mut(|leader| leader.staged(job as u64).is_some()));
}

/// Runs `on_start` on a thread, with what was staged as its input and snapshot, if anything. Ready, or not, is posted by that thread.
#[wasm_bindgen(js_name = __perennialBegin, skip_typescript)]
pub fn begin() -> bool {
    caught(|| {
        let take = |number| {
            let staged = LEADER.with_borrow_mut(|leader| leader.staged(number));
            staged.and_then(|mut pieces| pieces.pop()).map(|piece| Bytes::from(piece.into_bytes()))
        };
        let (input, snapshot) = (take(INPUT), take(SNAPSHOT));
        rayon::spawn(move || {
            let returned = root::enter(0, "on_start", || {
                let result = match Registry::of_this_crate().on_start() {
                    Some(hook) => task::on_start(hook, input, snapshot),
                    None => Ok(()),
                };
                stack::check();
                thread::ready(result, here());
            });
            if !returned {
                thread::ready_threw(here());
            }
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
            let returned = root::enter(0, "snapshot", || {
                let result = match Registry::of_this_crate().snapshot() {
                    Some(hook) => task::snapshot(hook, max as usize),
                    None => Err("the crate has no #[snapshot] function".into()),
                };
                stack::check();
                thread::snapshot(result);
            });
            if !returned {
                thread::snapshot_threw();
            }
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
        let mut pieces = LEADER.with_borrow_mut(|leader| leader.staged(job).unwrap_or_default().into_iter());
        let argument = Encoded { head: pieces.next().unwrap_or_default().into_bytes(), segments: pieces.collect() };
        let control = post(job, task, announce, Argument::Own(argument));
        if stopped {
            control.stop();
        }
        start_pumps(1);
        true
    })
}

/// Runs `count` small jobs that were staged as one batch. Returns how many there was room for.
#[wasm_bindgen(js_name = __perennialRunBatch, skip_typescript)]
pub fn run_batch(count: u32) -> u32 {
    let mut posted = 0;
    caught(|| {
        let staged = LEADER.with_borrow_mut(|leader| leader.staged(BATCH));
        let batch = Bytes::from(staged.and_then(|mut pieces| pieces.pop()).unwrap_or_default().into_bytes());
        let mut head = count as usize * BATCH_JOB;
        for numbers in batch.get(..head).unwrap_or_default().chunks_exact(BATCH_JOB) {
            let number = |n: usize| {
                let bytes = numbers[n * size_of::<f64>()..].first_chunk();
                bytes.map_or(0.0, |&bytes| f64::from_le_bytes(bytes))
            };
            let argument = batch.slice(head..head + number(3) as usize);
            head += argument.len();
            post(number(0) as u64, number(1) as u32, number(2) != 0.0, Argument::Shared(argument));
            posted += 1;
        }
        true
    });
    caught(|| {
        start_pumps(posted);
        true
    });
    posted
}

fn post(job: u64, task: u32, announce: bool, argument: Argument) -> Arc<Control> {
    let control = Arc::new(Control::new(job, thread::progress));
    LEADER.with_borrow_mut(|leader| {
        leader.sweep();
        leader.running.push(Arc::downgrade(&control));
    });
    let posted = Posted { control: Arc::clone(&control), task, argument, announce };
    INBOX.get().expect("prepared before the first job").push(posted);
    control
}

/// One for each job that was posted: more would wake threads for nothing.
fn start_pumps(posted: u32) {
    let inbox = INBOX.get().expect("prepared before the first job");
    for _ in 0..posted {
        if !inbox.wants_pump() {
            return;
        }
        rayon::spawn(move || pump(inbox));
    }
}

fn pump(inbox: &'static Inbox<Posted>) {
    if inbox.pump(run_here) {
        // What came to Rayon meanwhile: pieces of jobs, a thread's part of a broadcast, a snapshot.
        rayon::yield_now();
        // Rayon aborts if it has no memory for that, and a job that waits below may have all of it.
        memory::with_reserve(|| rayon::spawn(move || pump(inbox)));
    }
}

fn run_here(posted: Posted) {
    let Posted { control, task, argument, announce } = posted;
    memory::allow_blocking(true);
    // What ran here before may have been a detached closure, which nobody looks behind.
    stack::check();
    let job = control.job;
    let thread = here();
    // From here on: what this job takes at its most, if it is alone.
    memory::take_peak();
    let slot = SLOTS.get().and_then(|slots| slots.get(thread));
    let begun = now_us();
    if let Some(slot) = slot {
        slot.enter(job, begun);
    }
    if announce {
        thread::started(job, thread);
    }
    let cx = Context::new(Arc::clone(&control));
    let leave = |now| {
        slot.map_or_else(Work::default, |slot| {
            slot.leave(now);
            Work { done: slot.done(), worked_us: slot.worked_us(now) }
        })
    };
    let tell = |mut outcome| {
        // What a thread tells that has written over what is not its own may be wrong.
        stack::check();
        control.tell_last();
        let now = now_us();
        thread::ended(job, &mut outcome, now.saturating_sub(begun) as f64 / 1000.0, thread, leave(now));
    };
    let refuse = |rejection| tell(Outcome::Rejected(rejection));
    let everywhere = task & EVERYWHERE != 0;
    let known = Registry::of_this_crate().get(task & !EVERYWHERE);
    let name = known.map_or("", |task| task.name);
    let root = || {
        let argument = match argument {
            Argument::Own(encoded) => Ok(encoded),
            Argument::Shared(part) => memory::try_vec(part.len()).map(|mut head| {
                head.extend_from_slice(&part);
                Encoded { head, segments: Vec::new() }
            }),
        };
        match (known, argument) {
            _ if cx.is_stopped() => memory::with_reserve(|| refuse(Rejection::Cancelled)),
            (Some(task), Ok(argument)) if everywhere => task::invoke_everywhere(task, &cx, &argument, tell),
            (Some(task), Ok(argument)) => task::invoke(task, &cx, argument, tell),
            (_, Err(exhausted)) => memory::with_reserve(|| refuse(exhausted.into())),
            // The page's instance is of the same build, so it has the same numbers.
            (None, _) => memory::with_reserve(|| refuse(Rejection::TaskFailed(format!("no task {task}").into()))),
        }
    };
    // Around the root, which returns whatever leaves the job: what waits below may be one thread's part of a broadcast.
    let returned = value::apart(|| root::enter(job, name, root));
    if !returned {
        stack::check();
        thread::threw(job, thread, leave(now_us()));
    }
}

/// Asks a run to end at its next checkpoint.
#[wasm_bindgen(js_name = __perennialStop, skip_typescript)]
pub fn stop(job: f64) {
    caught(|| {
        LEADER.with_borrow(|leader| {
            let mut running = leader.running.iter().filter_map(Weak::upgrade);
            running.find(|control| control.job == job as u64).map(|control| control.stop()).is_some()
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
            numbers[1] = slot.worked_us(now) as f64 / 1000.0;
            numbers[2] = depth as f64;
            for (pair, n) in numbers[3..].chunks_exact_mut(2).zip(0..depth) {
                let (job, since) = slot.open(n).unwrap_or_default();
                pair[0] = job as f64;
                pair[1] = now.saturating_sub(since) as f64 / 1000.0;
            }
        }
        numbers.as_ptr()
    })
}

/// Where the address is kept of what threads have said of small jobs and nobody has taken, for when the memory may not be called any
/// more.
#[wasm_bindgen(js_name = __perennialOutbox, skip_typescript)]
pub fn outbox() -> *const usize {
    thread::OUTBOX.filled()
}

/// What threads have said of small jobs, behind its length in bytes as a `u32` in eight bytes; it stays there until the next call.
#[wasm_bindgen(js_name = __perennialWords, skip_typescript)]
pub fn words() -> *const u8 {
    thread::OUTBOX.take()
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
    fn stage(&mut self, job: u64, piece: Segment) {
        match self.staged.iter_mut().find(|(of, _)| *of == job) {
            Some((_, pieces)) => pieces.push(piece),
            None => self.staged.push((job, vec![piece])),
        }
    }

    /// What was staged for a job, taken out.
    fn staged(&mut self, job: u64) -> Option<Vec<Segment>> {
        let at = self.staged.iter().position(|(of, _)| *of == job)?;
        Some(self.staged.swap_remove(at).1)
    }

    /// Keeps `running` in proportion to what runs.
    fn sweep(&mut self) {
        if self.running.len() >= 256 && self.running.len() == self.running.capacity() {
            self.running.retain(|control| control.strong_count() > 0);
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
