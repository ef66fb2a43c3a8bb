//! What of the package can be tested inside one instance, in a browser's worker: the memory that is counted and survives
//! its exhaustion, tasks, and the coordinator on this target. The pool as a whole is tested in `tests/e2e`.
#![cfg(target_arch = "wasm32")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use perennial::coordinator::{Config, Coordinator, GenerationId, Input, Output, Time};
use perennial::{Context, Stopped, memory, task};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const MIB: usize = 1 << 20;

#[task]
fn halve(cx: &Context, number: u32) -> Result<u32, Stopped> {
    cx.checkpoint(0.5)?;
    Ok(number / 2)
}

#[wasm_bindgen_test]
fn a_task_is_still_a_function() {
    assert_eq!(halve(&Context::detached(), 8), Ok(4));
}

#[wasm_bindgen_test]
fn live_bytes_are_counted() {
    let before = memory::stats().live;
    // Else the compiler sees that nobody reads it, and leaves it out.
    let block = std::hint::black_box(vec![1u8; 5 * MIB]);
    let with = memory::stats();
    assert!(with.live >= before + 5 * MIB, "{before} then {with:?}");
    assert!(with.reserved >= with.live);
    drop(block);
    assert!(memory::stats().live < before + MIB);
    assert!(memory::take_peak() >= before + 5 * MIB);
}

#[wasm_bindgen_test]
fn an_exhausted_memory_is_a_panic_that_can_be_caught() {
    memory::set_limit(memory::stats().reserved + 16 * MIB);
    memory::install(1).unwrap();
    // The runner's own hook asks for a stack, whose text with all names is longer in Firefox than the reserve.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for block in [40, 4096, MIB] {
        let filled = catch_unwind(AssertUnwindSafe(|| {
            let mut blocks: Vec<Box<[u8]>> = Vec::new();
            loop {
                blocks.push(vec![1; block].into_boxed_slice());
            }
        }));
        let Err(payload) = filled;
        memory::with_reserve(|| {
            let exhausted = payload.downcast_ref::<memory::Exhausted>().expect("the payload says what was exhausted");
            assert!(exhausted.requested >= block && exhausted.live > 8 * MIB, "{exhausted}");
        });
    }
    std::panic::set_hook(hook);
    assert!(memory::try_vec(64 * MIB).is_err());
    assert!(memory::try_vec(MIB).is_ok());
    memory::set_limit(usize::MAX);
}

#[wasm_bindgen_test]
fn the_coordinator_decides_the_same_here() {
    let config = Config::from_options(&serde_json::json!({ "threads": 2, "memory": { "limit": "1GiB" } }), 8).unwrap();
    assert_eq!(config.limit, 1 << 30);
    let mut pool = Coordinator::new(config);
    pool.handle(Time::from_ms(0.0), Input::Start);
    assert_eq!(pool.poll_output(), Some(Output::Start(GenerationId(1))));
    assert!(pool.wake_at().is_some());
}
