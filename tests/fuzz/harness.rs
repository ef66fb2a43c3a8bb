//! Runs a property on many inputs, watches its time and memory, and says how to repeat what failed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::Debug;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

/// The inputs are shared out among them.
const PROPERTIES: u32 = 6;
/// An input takes microseconds. One that takes this long never ends.
const HANG: Duration = Duration::from_secs(60);

fn number<T: std::str::FromStr>(variable: &str, otherwise: T) -> T {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
        Err(_) => otherwise,
    }
}

/// Tries `property` on inputs of `strategy`: the same ones for the same seed.
pub fn fuzz<S>(name: &str, strategy: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S: Strategy<Value: Debug>,
{
    let inputs: u32 = number("PERENNIAL_FUZZ_INPUTS", 6000);
    let seed: u64 = number("PERENNIAL_FUZZ_SEED", 1);
    let repeat = format!("cargo xtask fuzz --inputs {inputs} --seed {seed} {name}");
    let cases = inputs.div_ceil(PROPERTIES);
    let config = Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..Config::default() };
    let mut runner = TestRunner::new(config);
    let watch = Watch::begin(format!("{name}: an input takes longer than {HANG:?}; repeat it with `{repeat}`"));
    let result = runner.run(&strategy, |input| {
        watch.next(format!("{input:?}"));
        property(input)
    });
    if let Err(error) = result {
        panic!("{error}\nrepeat it with `{repeat}`");
    }
}

/// Ends the process if nothing is heard for too long: a hang cannot be caught.
struct Watch(mpsc::Sender<String>);

impl Watch {
    fn begin(words: String) -> Self {
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut latest = String::new();
            loop {
                match receiver.recv_timeout(HANG) {
                    Ok(input) => latest = input,
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        eprintln!("{words}; it is {latest}");
                        std::process::abort();
                    }
                }
            }
        });
        Watch(sender)
    }

    fn next(&self, input: String) {
        let _ = self.0.send(input);
    }
}

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

/// The most bytes that `work` held at once, on this thread.
pub fn peak_of(work: impl FnOnce()) -> usize {
    let before = LIVE.get();
    PEAK.set(before);
    work();
    PEAK.get().saturating_sub(before)
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: every call goes on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.get().saturating_add(layout.size());
        LIVE.set(live);
        PEAK.set(PEAK.get().max(live));
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get().saturating_sub(layout.size()));
        // SAFETY: the caller's.
        unsafe { System.dealloc(block, layout) }
    }
}
