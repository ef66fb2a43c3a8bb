use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const KIB: f64 = 1024.0;

fn read(options: Value) -> Result<Config, BadConfig> {
    Config::from_options(&options, 8)
}

#[test]
fn nothing_given_is_the_documented_defaults() {
    let config = read(Value::Null).unwrap();
    assert_eq!(config, read(json!({})).unwrap());
    assert_eq!(config.threads, 8);
    assert_eq!((config.limit, u64::from(config.stack_size)), (GIB, 2 * MIB));
    assert_eq!(config.budget, 2 * GIB);
    assert_eq!(config.overlap, Overlap::BlueGreen);
    assert_eq!((config.recycle_at.bytes(1000), config.critical_at.bytes(1000)), (750, 900));
    assert_eq!(config.recycle, RecyclePolicy { max_age_ms: None, max_jobs: None, share: 0.2 });
    assert_eq!(config.max_queue, 1024);
    assert_eq!((config.start_timeout_ms, config.exit_timeout_ms), (10_000.0, 20_000.0));
}

#[test]
fn sizes_are_numbers_or_words() {
    assert_eq!(read(json!({"memory": {"limit": "512MiB"}})).unwrap().limit, 512 * MIB);
    assert_eq!(read(json!({"memory": {"limit": "1.5 GiB"}})).unwrap().limit, 1536 * MIB);
    assert_eq!(read(json!({"memory": {"limit": 67_108_864}})).unwrap().limit, 64 * MIB);
}

#[test]
fn overlap_follows_the_budget() {
    let one_and_a_half = json!({"memory": {"limit": "512MiB", "budget": "768MiB"}});
    assert_eq!(read(one_and_a_half).unwrap().overlap, Overlap::DrainFirst);
    let error = read(json!({"memory": {"limit": "512MiB", "budget": "768MiB", "overlap": "blue-green"}}));
    assert_eq!(error.unwrap_err().field, "memory.overlap");
}

#[test]
fn sizes_are_read_as_the_standard_library_reads_numbers() {
    for text in ["0", "1", "1.5", ".5", "3.", "0.1", "1234567.875", "00012.50", "4294967296", "0.333333333333333"] {
        assert_eq!(parse_bytes(text), text.parse().ok().map(f64::floor), "{text}");
        assert_eq!(
            parse_bytes(&format!("{text} MiB")),
            text.parse().ok().map(|n: f64| (n * KIB * KIB).floor()),
            "{text}"
        );
    }
    for bad in ["", ".", "1.2.3", "-1", "1e3", "1000000000000000000", "one"] {
        assert_eq!(parse_bytes(bad), None, "{bad}");
    }
    assert_eq!(parse_bytes("0.3333333333333333333333 GiB"), Some(357_913_941.0));
}

#[test]
fn lines_are_parts_or_bytes_and_one_moves_the_others_default() {
    let lines = |recycle_at: Value, critical_at: Value| {
        let memory = json!({"limit": "100MiB", "recycleAt": recycle_at, "criticalAt": critical_at});
        let config = read(json!({ "memory": memory }))?;
        Ok((config.recycle_at.bytes(config.limit), config.critical_at.bytes(config.limit)))
    };
    assert_eq!(lines(json!(0.5), Value::Null), Ok((50 * MIB, 90 * MIB)));
    assert_eq!(lines(json!("40MiB"), json!(0.5)), Ok((40 * MIB, 50 * MIB)));
    assert_eq!(lines(json!(0.95), Value::Null), Ok((95 * MIB, 95 * MIB)));
    assert_eq!(lines(Value::Null, json!(0.5)), Ok((50 * MIB, 50 * MIB)));
    let crossed: BadConfig = lines(json!(0.8), json!(0.5)).unwrap_err();
    assert_eq!((crossed.field.as_str(), crossed.value.as_str()), ("memory.criticalAt", "0.5"));
    for bad in [json!(0), json!(1.5), json!(-0.5), json!("1GiB"), json!("half"), json!(true)] {
        assert_eq!(lines(bad, Value::Null).unwrap_err().field, "memory.recycleAt");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_value_and_what_would_do() {
    for (options, field, value) in [
        (json!(7), "options", "7"),
        (json!({"thread": 2}), "thread", "unknown"),
        (json!({"threads": 0}), "threads", "0"),
        (json!({"threads": 1.5}), "threads", "1.5"),
        (json!({"threads": "two"}), "threads", "\"two\""),
        (json!({"stackSize": 65_536}), "stackSize", "65536"),
        (json!({"stackSize": "2.01MiB"}), "stackSize", "\"2.01MiB\""),
        (json!({"stackSize": "2GiB"}), "stackSize", "\"2GiB\""),
        (json!({"memory": []}), "memory", "an array"),
        (json!({"memory": {"limit": "1 GB"}}), "memory.limit", "\"1 GB\""),
        (json!({"memory": {"limit": "5GiB"}}), "memory.limit", "\"5GiB\""),
        (json!({"memory": {"limit": "1GiB", "budget": "1MiB"}}), "memory.budget", "\"1MiB\""),
        (json!({"restart": {"within": -1}}), "restart.within", "-1"),
        (json!({"startTimeout": 0}), "startTimeout", "0"),
        (json!({"maxQueue": 1e300}), "maxQueue", "1e300"),
        (json!({"recycle": {"share": 0}}), "recycle.share", "0"),
        (json!({"recycle": {"share": 1.1}}), "recycle.share", "1.1"),
        (json!({"recycle": {"maxJobs": 0}}), "recycle.maxJobs", "0"),
        (json!({"recycle": {"maxAge": "1h"}}), "recycle.maxAge", "\"1h\""),
    ] {
        let error = read(options).unwrap_err();
        assert_eq!((error.field.as_str(), error.value.as_str()), (field, value));
        assert!(!error.accepted.is_empty());
    }
}

#[test]
fn run_options() {
    let options = RunOptions::from_options(&json!({"timeout": 5, "priority": -2, "idempotent": true})).unwrap();
    assert_eq!(
        options,
        RunOptions { priority: -2, timeout_ms: Some(5.0), queue_timeout_ms: None, idempotent: true, memory: None }
    );
    let memory = RunOptions::from_options(&json!({"memory": "200MiB"})).unwrap().memory;
    assert_eq!(memory, Some(200 * MIB));
    assert_eq!(RunOptions::from_options(&json!({"timeOut": 5})).unwrap_err().field, "timeOut");
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[0-9.]{0,5} ?(B|KiB|MiB|GiB|TB)?".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let name = prop::sample::select(vec![
            "threads",
            "stackSize",
            "memory",
            "limit",
            "budget",
            "overlap",
            "restart",
            "max",
            "x",
            "recycleAt",
            "criticalAt",
            "recycle",
            "share",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.prop_map(String::from), inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_options_give_a_config_within_bounds_or_an_error(options in any_value()) {
        if let Ok(config) = read(options) {
            prop_assert!((1..=256).contains(&config.threads));
            prop_assert!(config.limit >= MIB && config.limit <= 4 * GIB && config.limit % PAGE == 0);
            prop_assert!(config.stack_size > 0 && u64::from(config.stack_size) % PAGE == 0);
            prop_assert!(config.budget >= config.limit);
            let (recycle_at, critical_at) = (config.recycle_at.bytes(config.limit), config.critical_at.bytes(config.limit));
            prop_assert!(recycle_at <= critical_at && critical_at <= config.limit);
            prop_assert!(config.recycle.share > 0.0 && config.recycle.share <= 1.0);
            prop_assert!(config.overlap == Overlap::DrainFirst || config.budget >= 2 * config.limit);
        }
    }

    #[test]
    fn any_text_is_bytes_or_nothing(text in "\\PC{0,12}") {
        let _ = parse_bytes(&text);
    }
}
