//! What was run and how it ended, as one table.

use std::time::{Duration, Instant};

use crate::process::Outcome;
use crate::ui::{say, seconds};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

enum Verdict {
    Passed,
    Failed,
    NotRun,
}

struct Row {
    stage: String,
    verdict: Verdict,
    counts: Option<Counts>,
    time: Duration,
    note: String,
}

#[derive(Default)]
pub struct Summary {
    rows: Vec<Row>,
}

impl Summary {
    /// A stage without tests to count. Says whether it passed.
    pub fn step<T>(&mut self, stage: &str, run: impl FnOnce() -> Result<T, String>) -> bool {
        say(stage, "begins");
        let started = Instant::now();
        let note = run().err();
        if let Some(note) = &note {
            say(stage, note);
        }
        let verdict = if note.is_none() { Verdict::Passed } else { Verdict::Failed };
        let passed = note.is_none();
        let note = note.as_deref().and_then(|note| note.lines().next()).unwrap_or("");
        let note = note.trim_end_matches("; its last lines:").to_string();
        self.rows.push(Row { stage: stage.into(), verdict, counts: None, time: started.elapsed(), note });
        passed
    }

    /// A stage whose output says how many tests passed.
    pub fn tests(&mut self, stage: &str, run: impl FnOnce() -> Result<Outcome, String>) {
        let mut counts = None;
        self.step(stage, || {
            let outcome = run()?;
            counts = counts_in(&outcome.output);
            if outcome.status.success() { Ok(()) } else { Err(format!("ended with {}", outcome.status)) }
        });
        self.rows.last_mut().expect("a step adds a row").counts = counts;
    }

    pub fn not_run(&mut self, stage: &str, reason: &str) {
        say(stage, format!("not run: {reason}"));
        let row = Row {
            stage: stage.into(),
            verdict: Verdict::NotRun,
            counts: None,
            time: Duration::ZERO,
            note: reason.lines().next().unwrap_or("").into(),
        };
        self.rows.push(row);
    }

    pub fn has_failed(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.verdict, Verdict::Failed))
    }

    /// Tests counted; a stage that failed without a failed test counts as one.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for row in &self.rows {
            let counts = row.counts.unwrap_or_default();
            total.passed += counts.passed;
            total.skipped += counts.skipped;
            total.failed += if matches!(row.verdict, Verdict::Failed) { counts.failed.max(1) } else { counts.failed };
        }
        total
    }

    pub fn table(&self) -> String {
        let mut table =
            format!("\n{:<18}{:<9}{:>8}{:>8}{:>9}{:>14}\n", "stage", "result", "passed", "failed", "skipped", "time");
        for row in &self.rows {
            let verdict = match row.verdict {
                Verdict::Passed => "passed",
                Verdict::Failed => "FAILED",
                Verdict::NotRun => "not run",
            };
            let number = |get: fn(Counts) -> u64| row.counts.map_or("-".into(), |counts| get(counts).to_string());
            let line = format!(
                "{:<18}{verdict:<9}{:>8}{:>8}{:>9}{:>14}  {}",
                row.stage,
                number(|counts| counts.passed),
                number(|counts| counts.failed),
                number(|counts| counts.skipped),
                seconds(row.time),
                row.note
            );
            table.push_str(line.trim_end());
            table.push('\n');
        }
        table
    }
}

/// Reads the closing lines of cargo's tests, of wasm-bindgen's runner, which prints the same, and of Node's.
fn counts_in(output: &str) -> Option<Counts> {
    let mut total: Option<Counts> = None;
    for line in output.lines().map(without_colours) {
        if let Some(result) = line.trim().strip_prefix("test result: ") {
            let sum = total.get_or_insert_default();
            let text = result.split_once(". ").map_or("", |(_, text)| text);
            for (number, word) in text.split(';').filter_map(|part| part.trim().split_once(' ')) {
                let Ok(number) = number.parse::<u64>() else {
                    continue;
                };
                match word {
                    "passed" => sum.passed += number,
                    "failed" => sum.failed += number,
                    "ignored" => sum.skipped += number,
                    _ => {}
                }
            }
        } else if let Some((word, number)) =
            line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")).and_then(|text| text.split_once(' '))
            && let Ok(number) = number.trim().parse::<u64>()
        {
            match word {
                "pass" => total.get_or_insert_default().passed += number,
                "fail" | "cancelled" => total.get_or_insert_default().failed += number,
                "skipped" | "todo" => total.get_or_insert_default().skipped += number,
                _ => {}
            }
        }
    }
    total
}

fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut plain = parts.next().unwrap_or("").to_string();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, text)| text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn outcome(code: i32, output: &str) -> Outcome {
        Outcome { status: std::process::ExitStatus::from_raw(code << 8), output: output.into() }
    }

    #[test]
    fn counts_of_each_runner() {
        let cargo = "test a ... ok\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s\n\
            test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(counts_in(cargo), Some(Counts { passed: 4, failed: 2, skipped: 1 }));
        let runner =
            "test result: \u{1b}[32mok\u{1b}[0m. 5 passed; 0 failed; 0 ignored; 0 filtered out; finished in 1.2s";
        assert_eq!(counts_in(runner), Some(Counts { passed: 5, failed: 0, skipped: 0 }));
        let node = "\u{1b}[34mℹ tests 4\u{1b}[39m\nℹ pass 2\nℹ fail 1\nℹ cancelled 1\nℹ skipped 0\n";
        assert_eq!(counts_in(node), Some(Counts { passed: 2, failed: 2, skipped: 0 }));
        assert_eq!(counts_in("# pass 7\n# fail 0\n").unwrap().passed, 7);
        assert_eq!(counts_in("nothing"), None);
    }

    #[test]
    fn the_table_and_the_total() {
        let mut summary = Summary::default();
        summary.tests("native", || Ok(outcome(0, "test result: ok. 3 passed; 0 failed; 0 ignored")));
        assert!(!summary.has_failed());
        summary.tests("e2e", || Ok(outcome(1, "no tests at all")));
        summary.step("build", || Err::<(), _>("it broke\nin the middle".into()));
        summary.not_run("web", "there is nothing to run\nat all");
        assert!(summary.has_failed());
        assert_eq!(summary.total(), Counts { passed: 3, failed: 2, skipped: 0 });
        let table = summary.table();
        assert!(
            table.contains("it broke")
                && !table.contains("middle")
                && !table.contains("at all")
                && table.contains("not run"),
            "{table}"
        );
    }
}
