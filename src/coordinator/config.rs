//! What a pool may use and how long things may take, checked.

use std::fmt;

use serde_json::{Map, Value};

use crate::nearest::nearest;

const KIB: f64 = 1024.0;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// What wasm-bindgen gives a thread of its own accord.
const STACK_SIZE: u64 = 2 * MIB;
/// A WebAssembly page.
const PAGE: u64 = 1 << 16;

/// The options of `Pool.start`, complete and within their bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Rayon threads of a generation.
    pub threads: u32,
    /// Bytes of each thread's stack; a whole number of pages.
    pub stack_size: u32,
    /// Bytes a generation's memory may reach; a whole number of pages.
    pub limit: u64,
    /// Bytes that all live generations may reserve together.
    pub budget: u64,
    /// Whether two generations may live at a time.
    pub overlap: Overlap,
    /// Where a generation's memory is full enough to be renewed.
    pub recycle_at: Line,
    /// Where no more jobs are started in it.
    pub critical_at: Line,
    /// When and how often generations are replaced.
    pub recycle: RecyclePolicy,
    /// How many deaths are borne.
    pub restart: RestartIntensity,
    /// Jobs that may wait.
    pub max_queue: usize,
    /// How often a busy thread's health is told, in milliseconds.
    pub report_interval_ms: f64,
    /// How long a generation may take to be up, from its leader's first message.
    pub start_timeout_ms: f64,
    /// How long `exit`, and the drain of a recycle, may take before what is left is ended by force.
    pub exit_timeout_ms: f64,
    /// Whether the crate has a `#[snapshot]` function. Not an option of the user's.
    pub snapshots: bool,
}

/// A line in a generation's memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Line {
    /// A part of the limit, from 0 to 1.
    Part(f64),
    /// From the beginning.
    Bytes(u64),
}

impl Line {
    /// Where it is in a memory of this limit.
    pub fn bytes(self, limit: u64) -> u64 {
        match self {
            Line::Part(part) => (limit as f64 * part) as u64,
            Line::Bytes(bytes) => bytes.min(limit),
        }
    }
}

/// When a generation is replaced for other reasons than its memory, and how much of the time that may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecyclePolicy {
    /// How old a generation may get, in milliseconds.
    pub max_age_ms: Option<f64>,
    /// How many jobs a generation may be given.
    pub max_jobs: Option<u64>,
    /// The part of the time that planned recycles may take, above 0 and up to 1.
    pub share: f64,
}

/// Whether the new generation starts beside the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// The new one is up before the old one stops taking jobs: no pause, two memories.
    BlueGreen,
    /// The old one ends before the new one starts: a pause, one memory.
    DrainFirst,
}

/// How many deaths and failed starts are borne.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RestartIntensity {
    /// So many failures
    pub max: u32,
    /// within so many milliseconds.
    pub within_ms: f64,
}

/// An option that cannot be taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the option `{field}` is {value}; accepted: {accepted}")]
pub struct BadConfig {
    /// Its path, as `memory.limit`.
    pub field: String,
    /// What was given.
    pub value: String,
    /// What would do.
    pub accepted: String,
}

impl Config {
    /// Reads the options of `Pool.start`, but `input`, `workerUrl` and `userTiming`, which are the driver's own. `cores` is used where
    /// `threads` is not given.
    pub fn from_options(options: &Value, cores: u32) -> Result<Config, BadConfig> {
        let root = Section::root(options)?;
        root.only(&[
            "threads",
            "stackSize",
            "memory",
            "recycle",
            "restart",
            "input",
            "maxQueue",
            "reportInterval",
            "startTimeout",
            "exitTimeout",
            "workerUrl",
            "userTiming",
        ])?;
        let memory = root.section("memory")?;
        memory.only(&["limit", "budget", "recycleAt", "criticalAt", "overlap"])?;
        let recycle = root.section("recycle")?;
        recycle.only(&["maxAge", "maxJobs", "share"])?;
        let restart = root.section("restart")?;
        restart.only(&["max", "within"])?;

        let limit = memory.bytes("limit", MIB, 4 * GIB)?.unwrap_or(GIB) / PAGE * PAGE;
        let budget = memory.bytes("budget", limit, u64::MAX >> 12)?.unwrap_or(limit.saturating_mul(2));
        let overlap = match memory.word("overlap", &["auto", "blue-green", "drain-first"])? {
            Some("blue-green") if budget < limit * 2 => {
                return Err(BadConfig {
                    field: "memory.overlap".into(),
                    value: "\"blue-green\"".into(),
                    accepted: format!(
                        "\"auto\" or \"drain-first\" with this budget: two memories of {limit} bytes do not fit {budget}"
                    ),
                });
            }
            Some("blue-green") => Overlap::BlueGreen,
            Some("drain-first") => Overlap::DrainFirst,
            _ if budget >= limit * 2 => Overlap::BlueGreen,
            _ => Overlap::DrainFirst,
        };
        let recycle_at = memory.line("recycleAt", limit)?;
        let critical_at = memory.line("criticalAt", limit)?;
        // One that is given moves the other's default, never past it.
        let (recycle_at, critical_at) = match (recycle_at, critical_at) {
            (Some(recycle_at), Some(critical_at)) if recycle_at.bytes(limit) > critical_at.bytes(limit) => {
                let accepted = format!("a line at or above memory.recycleAt, {} bytes", recycle_at.bytes(limit));
                return Err(memory.refused("criticalAt", accepted));
            }
            (recycle_at, critical_at) => {
                let recycle_at = recycle_at.unwrap_or(Line::Part(0.75));
                let critical_at = critical_at.unwrap_or(Line::Part(0.9));
                match recycle_at.bytes(limit) > critical_at.bytes(limit) {
                    true if memory.get("recycleAt").is_some() => (recycle_at, recycle_at),
                    true => (critical_at, critical_at),
                    false => (recycle_at, critical_at),
                }
            }
        };
        Ok(Config {
            threads: root.whole("threads", 1, 256)?.unwrap_or(cores.clamp(1, 256).into()) as u32,
            stack_size: root.pages("stackSize", 2 * PAGE, GIB)?.unwrap_or(STACK_SIZE) as u32,
            limit,
            budget,
            overlap,
            recycle_at,
            critical_at,
            recycle: RecyclePolicy {
                max_age_ms: recycle.ms("maxAge", 1.0)?,
                max_jobs: recycle.whole("maxJobs", 1, 1 << 52)?.map(|max| max as u64),
                share: recycle.number("share", 0.001, 1.0)?.unwrap_or(0.2),
            },
            restart: RestartIntensity {
                max: restart.whole("max", 0, 1000)?.unwrap_or(5) as u32,
                within_ms: restart.ms("within", 1.0)?.unwrap_or(30_000.0),
            },
            max_queue: root.whole("maxQueue", 1, 1 << 24)?.unwrap_or(1024) as usize,
            report_interval_ms: root.ms("reportInterval", 10.0)?.unwrap_or(250.0),
            start_timeout_ms: root.ms("startTimeout", 1.0)?.unwrap_or(10_000.0),
            exit_timeout_ms: root.ms("exitTimeout", 0.0)?.unwrap_or(20_000.0),
            snapshots: false,
        })
    }

    /// Jobs a generation has at a time: one a thread, and one more so that no thread waits for the next.
    pub fn credits(&self) -> usize {
        self.threads as usize + 1
    }
}

/// The options of one `run`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RunOptions {
    /// As in [`Call`](super::Call).
    pub priority: i32,
    /// As in [`Call`](super::Call).
    pub timeout_ms: Option<f64>,
    /// As in [`Call`](super::Call).
    pub queue_timeout_ms: Option<f64>,
    /// As in [`Call`](super::Call).
    pub idempotent: bool,
    /// As in [`Call`](super::Call).
    pub memory: Option<u64>,
}

impl RunOptions {
    /// Reads what of `run`'s options is not the driver's own (`signal`, `transfer`, `onProgress`).
    pub fn from_options(options: &Value) -> Result<RunOptions, BadConfig> {
        let root = Section::root(options)?;
        root.only(&[
            "signal",
            "timeout",
            "queueTimeout",
            "priority",
            "idempotent",
            "memory",
            "transfer",
            "onProgress",
        ])?;
        Ok(RunOptions {
            priority: root.whole("priority", -1_000_000, 1_000_000)?.unwrap_or(0) as i32,
            timeout_ms: root.ms("timeout", 0.0)?,
            queue_timeout_ms: root.ms("queueTimeout", 0.0)?,
            idempotent: root.flag("idempotent")?.unwrap_or(false),
            memory: root.bytes("memory", 0, 4 * GIB)?,
        })
    }
}

/// A year: longer than any page lives, short enough for every sum of times.
const MS_MAX: f64 = 31_536_000_000.0;

/// One object of options, with its path for the errors. `undefined` and `null` count as not given.
struct Section<'a> {
    path: &'a str,
    fields: Option<&'a Map<String, Value>>,
}

impl<'a> Section<'a> {
    fn root(value: &'a Value) -> Result<Self, BadConfig> {
        Self::of("", value)
    }

    fn of(path: &'a str, value: &'a Value) -> Result<Self, BadConfig> {
        match value {
            Value::Null => Ok(Section { path, fields: None }),
            Value::Object(fields) => Ok(Section { path, fields: Some(fields) }),
            other => Err(BadConfig {
                field: if path.is_empty() { "options".into() } else { path.into() },
                value: Shown(other).to_string(),
                accepted: "an object".into(),
            }),
        }
    }

    fn section(&self, name: &'a str) -> Result<Section<'a>, BadConfig> {
        match self.fields.and_then(|fields| fields.get(name)) {
            Some(value) => Self::of(name, value),
            None => Ok(Section { path: name, fields: None }),
        }
    }

    fn only(&self, names: &[&str]) -> Result<(), BadConfig> {
        match self.fields.and_then(|fields| fields.keys().find(|key| !names.contains(&key.as_str()))) {
            None => Ok(()),
            Some(unknown) => {
                let mut accepted = format!("one of {}", names.join(", "));
                if let Some(name) = nearest(unknown, names.iter().copied()) {
                    accepted += &format!("; did you mean `{name}`?");
                }
                Err(BadConfig { field: self.field(unknown), value: "unknown".into(), accepted })
            }
        }
    }

    fn field(&self, name: &str) -> String {
        if self.path.is_empty() { name.into() } else { format!("{}.{name}", self.path) }
    }

    fn bad(&self, name: &str, value: &Value, accepted: impl Into<String>) -> BadConfig {
        BadConfig { field: self.field(name), value: Shown(value).to_string(), accepted: accepted.into() }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields?.get(name).filter(|value| !value.is_null())
    }

    fn whole(&self, name: &str, min: i64, max: i64) -> Result<Option<i64>, BadConfig> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(n) if n.fract() == 0.0 && n >= min as f64 && n <= max as f64 => Ok(Some(n as i64)),
            _ => Err(self.bad(name, value, format!("a whole number from {min} to {max}"))),
        }
    }

    fn number(&self, name: &str, min: f64, max: f64) -> Result<Option<f64>, BadConfig> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(n) if (min..=max).contains(&n) => Ok(Some(n)),
            _ => Err(self.bad(name, value, format!("a number from {min} to {max}"))),
        }
    }

    fn ms(&self, name: &str, min: f64) -> Result<Option<f64>, BadConfig> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(n) if (min..=MS_MAX).contains(&n) => Ok(Some(n)),
            _ => Err(self.bad(name, value, format!("milliseconds from {min} to {MS_MAX}"))),
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, BadConfig> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        value.as_bool().map(Some).ok_or_else(|| self.bad(name, value, "true or false"))
    }

    fn word(&self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, BadConfig> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let found = value.as_str().and_then(|given| words.iter().find(|word| **word == given));
        found.copied().map(Some).ok_or_else(|| {
            let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            self.bad(name, value, quoted.join(", "))
        })
    }

    fn bytes(&self, name: &str, min: u64, max: u64) -> Result<Option<u64>, BadConfig> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let bytes = match value {
            Value::Number(n) => n.as_f64(),
            Value::String(text) => parse_bytes(text),
            _ => None,
        };
        match bytes {
            Some(n) if n >= min as f64 && n <= max as f64 => Ok(Some(n as u64)),
            _ => Err(self.not_bytes(name, value, min, max)),
        }
    }

    fn not_bytes(&self, name: &str, value: &Value, min: u64, max: u64) -> BadConfig {
        let accepted = format!("bytes as a number, or as \"512MiB\" (B, KiB, MiB, GiB), from {min} to {max}");
        self.bad(name, value, accepted)
    }
}

impl Section<'_> {
    /// A part of the limit, or bytes up to it.
    fn line(&self, name: &str, limit: u64) -> Result<Option<Line>, BadConfig> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value {
            Value::Number(n) if n.as_f64().is_some_and(|n| n > 0.0 && n <= 1.0) => Ok(n.as_f64().map(Line::Part)),
            _ => match self.bytes(name, PAGE, limit) {
                Ok(bytes) => Ok(bytes.map(Line::Bytes)),
                Err(error) => Err(BadConfig {
                    accepted: format!("a part of the limit above 0 and up to 1, or {}", error.accepted),
                    ..error
                }),
            },
        }
    }

    /// Bytes that are whole pages.
    fn pages(&self, name: &str, min: u64, max: u64) -> Result<Option<u64>, BadConfig> {
        let whole =
            |error: BadConfig| BadConfig { accepted: format!("a multiple of {PAGE}: {}", error.accepted), ..error };
        match self.bytes(name, min, max).map_err(whole)? {
            Some(bytes) if bytes % PAGE != 0 => {
                // For its words.
                let value = self.get(name).unwrap_or(&Value::Null);
                Err(whole(self.not_bytes(name, value, min, max)))
            }
            bytes => Ok(bytes),
        }
    }

    /// Right by itself, not beside the others.
    fn refused(&self, name: &str, accepted: String) -> BadConfig {
        self.bad(name, self.get(name).unwrap_or(&Value::Null), accepted)
    }
}

/// `"512MiB"` to bytes.
pub fn parse_bytes(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "" | "B" => 1.0,
        "KiB" => KIB,
        "MiB" => KIB * KIB,
        "GiB" => KIB * KIB * KIB,
        _ => return None,
    };
    decimal(number).map(|n| (n * unit).floor())
}

/// `"1.5"` to a number: digits, and perhaps a point among them. The standard library's way for any number has 10 kB of
/// tables, which each page would load.
fn decimal(text: &str) -> Option<f64> {
    // Up to here both whole numbers below are exact, so their quotient is the nearest number there is.
    const DIGITS_MAX: usize = 15;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_decimal = whole.len() + fraction.len() > 0 && all_digits(whole) && all_digits(fraction);
    let fraction = fraction.get(..DIGITS_MAX.checked_sub(whole.len())?).unwrap_or(fraction);
    let digits = whole.bytes().chain(fraction.bytes());
    let number = is_decimal.then(|| digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))?;
    Some(number as f64 / 10_u64.pow(fraction.len() as u32) as f64)
}

/// A value as an error shows it: short.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // The driver's words for a value that JSON has not.
            Value::String(text) if text.starts_with('\0') => f.write_str(&text[1..]),
            Value::Array(_) => f.write_str("an array"),
            Value::Object(_) => f.write_str("an object"),
            Value::String(text) if text.chars().count() > 40 => {
                write!(f, "{:?}…", text.chars().take(40).collect::<String>())
            }
            // Not as JSON does it: numbers would come with 10 kB of tables, which each page would load.
            Value::String(text) => write!(f, "{text:?}"),
            Value::Number(n) => match (n.as_i64(), n.as_u64(), n.as_f64()) {
                (Some(n), ..) => n.fmt(f),
                (_, Some(n), _) => n.fmt(f),
                (.., Some(n)) if n.abs() >= 1e21 => write!(f, "{n:e}"),
                (.., Some(n)) => n.fmt(f),
                _ => f.write_str("a number"),
            },
            Value::Bool(flag) => flag.fmt(f),
            Value::Null => f.write_str("null"),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

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
}
