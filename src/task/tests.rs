use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::registry::Task;
use super::*;
use crate::value::{Encoded, decode, encode};

#[derive(Serialize, Deserialize)]
struct Range {
    from: u32,
    to: u32,
}

#[crate::task]
fn sum(range: Range) -> u64 {
    (range.from..range.to).into_par_iter().map(u64::from).sum()
}

#[crate::task(name = "half")]
fn halve(cx: &Context, number: u32) -> Result<u32, String> {
    cx.checkpoint(0.5).map_err(|stopped| stopped.to_string())?;
    if number.is_multiple_of(2) { Ok(number / 2) } else { Err(format!("{number} is odd")) }
}

#[crate::task]
fn panic_deep(depth: u32) {
    fn dive(depth: u32) {
        match depth {
            0 => panic!("at the bottom of {depth}"),
            _ => drop(rayon::join(|| (), || [depth - 1].par_iter().for_each(|&depth| dive(depth)))),
        }
    }
    dive(depth);
}

#[crate::task]
fn nothing() {}

#[crate::task]
fn r#match(number: u32) -> u32 {
    number
}

#[test]
fn a_raw_name_is_called_without_its_mark() {
    assert_eq!(result::<u32>(call("match", 7)), 7);
}

fn call<T: Serialize>(name: &str, argument: T) -> Outcome {
    call_with(&Context::detached(), name, argument)
}

fn call_with<T: Serialize>(cx: &Context, name: &str, argument: T) -> Outcome {
    let task = inventory::iter::<Task>().find(|task| task.name == name).unwrap();
    invoke(task, cx, Encoded { head: encode(&argument).unwrap(), segments: vec![] }, |outcome| outcome)
}

fn result<T: serde::de::DeserializeOwned>(outcome: Outcome) -> T {
    match outcome {
        Outcome::Fulfilled(written) => decode(written.into()).unwrap(),
        Outcome::Rejected(rejection) => panic!("{rejection:?}"),
    }
}

#[crate::task]
fn thread_number(panic_on: Option<usize>) -> (usize, Vec<u32>) {
    let number = rayon::current_thread_index().unwrap();
    assert!(panic_on != Some(number), "told to panic on thread {number}");
    (number, vec![7; 1 << 15])
}

#[test]
fn a_task_runs_once_on_every_thread() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let everywhere = |panic_on: Option<usize>| {
        let task = inventory::iter::<Task>().find(|task| task.name == "thread_number").unwrap();
        let argument = Encoded { head: encode(&panic_on).unwrap(), segments: vec![] };
        pool.install(|| invoke_everywhere(task, &Context::detached(), &argument, |outcome| outcome))
    };
    let list = vec![7; 1 << 15];
    let all: Vec<(usize, Vec<u32>)> = result(everywhere(None));
    assert_eq!(all, [(0, list.clone()), (1, list.clone()), (2, list)]);
    let Outcome::Rejected(Rejection::TaskPanicked { message, .. }) = everywhere(Some(1)) else {
        panic!("thread 1 panics")
    };
    assert_eq!(message, "told to panic on thread 1");
    // Not in the way of what is written after it.
    let beside = pool.broadcast(|_| match call("thread_number", None::<usize>) {
        Outcome::Fulfilled(written) => written.beside.len(),
        Outcome::Rejected(rejection) => panic!("{rejection:?}"),
    });
    assert_eq!(beside, [1, 1, 1]);
}

#[test]
fn tasks_are_called_by_name() {
    assert_eq!(result::<u64>(call("sum", Range { from: 1, to: 5 })), 10);
    assert_eq!(result::<u32>(call("half", 8)), 4);
    result::<()>(call("nothing", ()));
    let names: Vec<_> = Registry::of_this_crate().names().collect();
    assert!(names.is_sorted() && names.contains(&"half") && !names.contains(&"halve"), "{names:?}");
    assert_eq!(Registry::of_this_crate().check(), Ok(()));
}

#[test]
fn an_error_is_told_in_its_words() {
    assert_eq!(call("half", 3), Outcome::Rejected(Rejection::TaskFailed("3 is odd".to_owned().into())));
}

#[test]
fn a_wrong_argument_names_its_field() {
    let Outcome::Rejected(Rejection::BadInput { path, message }) =
        call("sum", serde_json::json!({"from": 1, "to": -2}))
    else {
        panic!("accepted")
    };
    assert_eq!(path, "to");
    assert!(message.contains("-2"), "{message}");
}

#[test]
fn a_panic_is_told_with_its_place_from_whatever_thread() {
    install_panic_hook();
    let Outcome::Rejected(Rejection::TaskPanicked { message, file, line, .. }) = call("panic_deep", 5) else {
        panic!("no panic")
    };
    assert_eq!(message, "at the bottom of 0");
    assert!(file.ends_with("tests.rs") && line > 0, "{file}:{line}");
}

#[test]
fn a_stopped_run_ends_at_its_checkpoint() {
    let control = Arc::new(Control::new(1, |_, _| {}));
    let cx = Context::new(Arc::clone(&control));
    assert_eq!(cx.checkpoint(0.1), Ok(()));
    control.stop();
    assert_eq!(cx.checkpoint(0.2), Err(Stopped));
    assert_eq!(call_with(&cx, "half", 2), Outcome::Rejected(Rejection::Cancelled));
}

#[test]
fn progress_is_throttled_and_the_last_one_told() {
    use std::sync::Mutex;
    static TOLD: Mutex<Vec<f64>> = Mutex::new(Vec::new());
    let control = Arc::new(Control::new(1, |_, progress| TOLD.lock().unwrap().push(progress)));
    let cx = Context::new(Arc::clone(&control));
    control.tell_last();
    assert!(TOLD.lock().unwrap().is_empty());
    let _ = cx.checkpoint(0.1);
    control.tell_last();
    assert_eq!(*TOLD.lock().unwrap(), [0.1], "once");
    for progress in [0.2, f64::NAN, 7.0] {
        let _ = cx.checkpoint(progress);
    }
    control.tell_last();
    let told = TOLD.lock().unwrap();
    assert_eq!((told.first(), told.last()), (Some(&0.1), Some(&1.0)), "{told:?}");
}
