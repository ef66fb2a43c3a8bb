//! What a caller reads.

use super::*;

#[test]
fn every_rejection_has_its_code_and_says_what_to_do() {
    let cause = || "unreachable".to_string();
    let generation = GenerationId(3);
    for (settlement, code, words) in [
        (Settlement::Cancelled, "Cancelled", "signal"),
        (Settlement::TimedOut { after_ms: 50.0 }, "TimedOut", "50 ms"),
        (Settlement::QueueTimedOut { after_ms: 20.4 }, "QueueTimedOut", "20 ms"),
        (Settlement::QueueFull { max_queue: 7 }, "QueueFull", "raise maxQueue"),
        (
            Settlement::GenerationLost { generation, cause: cause(), runs: None },
            "GenerationLost",
            "generation 3 was lost",
        ),
        (
            Settlement::GenerationLost { generation, cause: cause(), runs: None },
            "GenerationLost",
            "With idempotent: true",
        ),
        (Settlement::GenerationLost { generation, cause: cause(), runs: Some(3) }, "GenerationLost", "run 3 times"),
        (Settlement::StartFailed { cause: cause() }, "StartFailed", "unreachable"),
        (Settlement::PoolExited, "PoolExited", "init() starts it again"),
    ] {
        assert_eq!(settlement.code(), code);
        assert!(settlement.to_string().contains(words), "{settlement}");
    }
    assert_eq!(Settlement::AsSaid.code(), "", "no rejection of the coordinator's");
    assert_eq!(Settlement::AsSaid.to_string(), "as its generation said");
}

#[test]
fn every_reason_has_its_name() {
    assert_eq!((Reason::Requested.name(), Reason::Hang.name()), ("requested", "hang"));
}
