//! A Rayon pool for the browser that outlives its memory.
//!
//! A WebAssembly memory only grows, and a dead worker tells nobody. This package runs your Rust on a Rayon pool of Web
//! Workers, in *generations*: each has an instance and a memory of its own, and gives way to the next before its memory
//! runs out, or when it dies. What you hold in JavaScript is a `Pool` whose promises always settle.
//!
//! ```text
//!  page: Pool.run("prove", circuit)          generation n: leader ─▶ thread 0..n: your #[task] functions
//!        │                          ┌──────▶
//!        ▼                          │
//!  coordinator (decides) ── driver ─┤
//!                                   └──────▶ generation n + 1, on its way
//! ```
//!
//! Mark functions with [`task`](macro@task); build with `wasm-pack build --target web`; then, in JavaScript:
//!
//! ```js
//! import init, { Pool, pageMemory } from "./pkg/my_app.js";
//!
//! await init({ memory: pageMemory() });
//! const pool = await Pool.start({ threads: 4, memory: { limit: "1GiB" } });
//! const sum = await pool.run("sum_of_roots", [1, 4, 9]);
//! ```
//!
//! Everything but the edge compiles for the host too, so tasks are tested with the ordinary tools: a task is still a
//! function, and [`Context::detached`] gives it a context.
//!
//! ```
//! use perennial::{Context, Stopped, task};
//!
//! #[task]
//! fn solve(cx: &Context, steps: u32) -> Result<u32, Stopped> {
//!     for step in 0..steps {
//!         cx.checkpoint(f64::from(step) / f64::from(steps))?; // progress out, cancellation in
//!     }
//!     Ok(steps)
//! }
//!
//! assert_eq!(solve(&Context::detached(), 3), Ok(3));
//! ```
//!
//! The README has all that a crate of one's own needs beside it.
//!
//! # Modules and features
//!
//! - [`memory`]: the counted allocator, and exhaustion as a panic. A pool sets it up itself; a task may ask it how full the
//!   memory is.
//! - [`coordinator`]: what decides about a pool, as a state machine without clock or web. For tests and simulations.
//! - Feature `allocator`, on by default: [`memory::Allocator`] is the global allocator on wasm32. Without it a pool knows of its
//!   memory only if an allocator of one's own passes its calls on to it.
//! - Feature `canary`: known bugs in the coordinator, for this package's own simulator. Nothing of it is in a build for the
//!   browser.
#![warn(missing_docs)]
#![cfg_attr(target_arch = "wasm32", feature(alloc_error_hook, stdarch_wasm_atomic_wait))]

// The attribute macros write `::perennial`, also in this crate's own tests.
extern crate self as perennial;

pub mod coordinator;
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
mod crossing;
mod decimal;
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, unused_imports))]
mod generation;
pub mod memory;
mod nearest;
#[doc(hidden)]
pub mod private;
mod role;
// Natively only tests run what the edge runs.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, unused_imports))]
mod task;
mod typescript;
mod value;
#[cfg(target_arch = "wasm32")]
mod web;

/// Shared bytes, from the crate `bytes`: what [`on_start`] is given, and an argument or result of a task that is copied as
/// a whole, never element by element. In JavaScript it is a `Uint8Array`.
///
/// ```
/// use perennial::{Bytes, task};
///
/// #[task]
/// fn reversed(bytes: Bytes) -> Bytes {
///     bytes.iter().rev().copied().collect()
/// }
///
/// assert_eq!(reversed(Bytes::from_static(b"abc")), "cba");
/// ```
pub use bytes::Bytes;
pub use role::{Role, role};

/// Registers the function that prepares each generation, before it takes its first job.
///
/// It takes exactly two arguments, `input: Option<Bytes>, snapshot: Option<Bytes>`: the `input` that `Pool.start` was given, the
/// same in every generation, and the last [`snapshot`](macro@snapshot), if there is one. It may return `()` or a `Result`; an error
/// or a panic is a failed start, told in words as `StartFailed`. A crate and the crates it uses may have one.
///
/// It runs on one Rayon thread, and its time counts against `startTimeout`: 10 s from the leader's first word until it is done.
/// `input` costs its bytes once on the page, for as long as there is the pool, and once in each generation, from its start until
/// the function drops them: keep what is made of them, not both.
///
/// ```
/// use std::sync::OnceLock;
/// use perennial::Bytes;
///
/// static KEY: OnceLock<Vec<u8>> = OnceLock::new();
///
/// #[perennial::on_start]
/// fn warm_up(input: Option<Bytes>, _snapshot: Option<Bytes>) -> Result<(), String> {
///     let key = input.ok_or("start the pool with { input: key }")?;
///     let _ = KEY.set(key.to_vec());
///     Ok(())
/// }
/// ```
pub use perennial_macros::on_start;

/// Registers the function whose bytes the next generation's [`on_start`](macro@on_start) is given.
///
/// It runs as a job of the generation that is about to be replaced, by the pool's own wish or by `recycle()`. In blue-green
/// that generation goes on working until its successor is up, and what it does after the snapshot is not in it: so put in
/// **caches, never truth**. Only drain-first takes it when the last job has ended; and a generation that dies gives none, so
/// that its successor is given the last one that there was, or `None`.
///
/// It takes no arguments, and returns [`Bytes`] or a `Result` of them. A snapshot that fails, takes more than 5 s or is larger
/// than a quarter of the limit that the device granted of `memory.limit` is told by the event `snapshotfailed`, and the recycle
/// goes on without. Costs a copy out of the old memory and one into each new one; the page holds the last one until `exit`. A
/// snapshot with which a generation failed to start is dropped. A crate and the crates it uses may have one.
///
/// ```
/// use std::sync::Mutex;
/// use perennial::Bytes;
///
/// static CACHE: Mutex<Vec<u8>> = Mutex::new(Vec::new());
///
/// #[perennial::snapshot]
/// fn keep_the_cache() -> Bytes {
///     Bytes::from(CACHE.lock().unwrap().clone())
/// }
///
/// #[perennial::on_start]
/// fn warm_up(_input: Option<Bytes>, snapshot: Option<Bytes>) {
///     *CACHE.lock().unwrap() = snapshot.unwrap_or_default().to_vec();
/// }
/// ```
pub use perennial_macros::snapshot;

/// Registers a function under its name, or under `#[task(name = "...")]`, so that JavaScript can call it with
/// `pool.run(name, argument)`.
///
/// It takes one argument by value, or none, after an optional [`&Context`](Context), and returns anything that serde can
/// serialise, or a `Result` whose error is told as `TaskFailed`: in its words (`Display`), with its
/// [source](std::error::Error::source) as `cause` if it is an `Error` or points to one, and with its fields if serde can
/// serialise it. It runs on a Rayon thread, so it may use
/// `par_iter`, `join` and `scope`, and it may panic: that rejects its job alone.
///
/// An exception of JavaScript that it lets through (an import that throws, `throw_str`) rejects its job as `TaskFailed`. Such
/// an exception drops little on its way: a lock that was held stays held. So the generation is renewed, in good time and
/// without harm to its other jobs. Inside `par_iter`, `join` or `scope` it takes the generation, and so do a panic in a
/// detached `rayon::spawn` and a stack that overflows. So mark an import that may throw
/// `#[wasm_bindgen(catch)]`; use `rayon::scope`, or `catch_unwind` inside the closure; raise the option `stackSize`.
///
/// That it crosses Rayon is seen before it leaves, by Rayon's frames on the thread's stack. None of them is missed; at times one is
/// seen that is there no more, and the generation is lost for it.
///
/// A task that needs another one calls its function. There is no way to run a task by its name from Rust, and `Pool` throws
/// `NotHere` in a task: its promise could not settle there. Where code runs, and what becomes of a `static`: [`role`].
///
/// ```
/// use perennial::task;
/// use rayon::prelude::*;
///
/// #[task]
/// fn sum_of_roots(numbers: Vec<f64>) -> f64 {
///     numbers.par_iter().map(|x| x.sqrt()).sum()
/// }
///
/// assert_eq!(sum_of_roots(vec![1.0, 4.0]), 3.0);
/// ```
pub use perennial_macros::task;

/// Makes a type known in TypeScript. See [the trait](trait@TypeScript).
pub use perennial_macros::TypeScript;

pub use task::{Context, Stopped};
pub use typescript::{Description, Text, TypeScript};
