//! Options of `Pool.start` and of `run`.

use perennial::coordinator::{BadConfig, Config, Overlap, RunOptions};
use proptest::prelude::*;
use serde_json::Value;

use crate::harness::fuzz;
use crate::json::any_value;

const MIB: u64 = 1 << 20;
const YEAR_MS: f64 = 31_536_000_000.0;

/// Names that are known, mistyped, or of the other section.
fn names(known: &'static [&'static str]) -> impl Strategy<Value = String> {
    let known = || prop::sample::select(known).prop_map(String::from);
    prop_oneof![
        6 => known(),
        1 => (known(), any::<prop::sample::Index>(), "[a-zA-Z]?").prop_map(|(mut name, at, letter)| {
            name.replace_range(at.index(name.len()).., &letter);
            name
        }),
        1 => known().prop_map(|name| name.to_uppercase()),
    ]
}

fn is_told(error: &BadConfig, options: &Value) -> Result<(), TestCaseError> {
    prop_assert!(!error.value.is_empty() && !error.accepted.is_empty(), "{error:?}");
    prop_assert!(error.value.chars().count() <= 42 * 10, "{}", error.value);
    let found = error.field.split('.').try_fold(options, |at, key| at.get(key)).is_some();
    prop_assert!(found || error.field == "options" || is_odd(options), "{error:?}");
    Ok(())
}

/// A key with a dot in it makes a path ambiguous.
fn is_odd(options: &Value) -> bool {
    options
        .as_object()
        .is_some_and(|fields| fields.iter().any(|(key, value)| key.is_empty() || key.contains('.') || is_odd(value)))
}

#[test]
fn options_of_a_pool() {
    const KNOWN: &[&str] = &[
        "threads",
        "stackSize",
        "memory",
        "limit",
        "budget",
        "recycleAt",
        "criticalAt",
        "recycle",
        "maxAge",
        "maxJobs",
        "share",
        "overlap",
        "restart",
        "max",
        "within",
        "input",
        "maxQueue",
        "reportInterval",
        "startTimeout",
        "exitTimeout",
    ];
    fuzz("options_of_a_pool", (any_value(names(KNOWN)), any::<u32>()), |(options, cores)| {
        match Config::from_options(&options, cores) {
            Ok(config) => {
                prop_assert!((1..=256).contains(&config.threads));
                prop_assert!(config.limit >= MIB && config.limit <= 4096 * MIB && config.limit.is_multiple_of(1 << 16));
                prop_assert!(config.budget >= config.limit);
                prop_assert!(config.overlap == Overlap::DrainFirst || config.budget >= 2 * config.limit);
                prop_assert!((1..=1 << 24).contains(&config.max_queue));
                let times = [
                    config.report_interval_ms,
                    config.start_timeout_ms,
                    config.exit_timeout_ms,
                    config.restart.within_ms,
                ];
                prop_assert!(times.iter().all(|ms| (0.0..=YEAR_MS).contains(ms)), "{times:?}");
            }
            Err(error) => is_told(&error, &options)?,
        }
        Ok(())
    });
}

#[test]
fn options_of_a_run() {
    const KNOWN: &[&str] =
        &["signal", "timeout", "queueTimeout", "priority", "idempotent", "memory", "transfer", "onProgress"];
    fuzz("options_of_a_run", any_value(names(KNOWN)), |options| {
        match RunOptions::from_options(&options) {
            Ok(run) => {
                let times = [run.timeout_ms, run.queue_timeout_ms];
                prop_assert!(times.iter().flatten().all(|ms| (0.0..=YEAR_MS).contains(ms)), "{times:?}");
                prop_assert!(run.priority.abs() <= 1_000_000);
            }
            Err(error) => is_told(&error, &options)?,
        }
        Ok(())
    });
}
