//! What became of each end-to-end test in each engine, as one table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::browser::Engine;
use crate::project::Project;

/// What a test came to in an engine.
struct End {
    engine: Engine,
    /// `ok`, `failed` or `skipped`.
    result: String,
    /// Why it was skipped.
    words: String,
}

/// The engines whose tests were run, and what each test came to there.
#[derive(Default)]
pub struct Results {
    engines: Vec<Engine>,
    /// By file and name.
    tests: BTreeMap<(String, String), Vec<End>>,
}

/// Where `tests/e2e/results.mjs` writes the lines of an engine.
pub fn file(project: &Project, engine: Engine) -> PathBuf {
    project.target_folder().join("xtask").join(format!("e2e-{}.jsonl", engine.name()))
}

impl Results {
    /// Reads the lines of an engine that was run. None were written if its run was ended.
    pub fn read(&mut self, engine: Engine, file: &Path) {
        self.add(engine, &std::fs::read_to_string(file).unwrap_or_default());
    }

    fn add(&mut self, engine: Engine, lines: &str) {
        self.engines.push(engine);
        for line in lines.lines() {
            let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            let text = |name: &str| line[name].as_str().unwrap_or_default().to_string();
            let test = self.tests.entry((text("file"), text("test"))).or_default();
            test.push(End { engine, result: text("result"), words: text("words") });
        }
    }

    /// All tests, or those alone that did not end well in every engine.
    pub fn table(&self, all: bool) -> String {
        let mut table = String::new();
        let mut words = Vec::new();
        for ((file, test), ends) in &self.tests {
            let of = |engine| ends.iter().rfind(|end| end.engine == engine);
            let ends_in = |engine: &Engine| of(*engine).map_or("not run", |end| end.result.as_str());
            if !all && self.engines.iter().all(|engine| ends_in(engine) == "ok") {
                continue;
            }
            for engine in &self.engines {
                table.push_str(&format!("{:<10}", ends_in(engine)));
            }
            table.push_str(&format!("{}: {test}\n", file.trim_end_matches(".test.mjs")));
            words.extend(self.engines.iter().filter_map(|engine| {
                let words = &of(*engine).filter(|end| !end.words.is_empty())?.words;
                Some(format!("  in {}, {test}: {words}\n", engine.name()))
            }));
        }
        if table.is_empty() {
            return table;
        }
        let head: String = self.engines.iter().map(|engine| format!("{:<10}", engine.name())).collect();
        let why = if words.is_empty() { String::new() } else { format!("\nskipped because\n{}", words.concat()) };
        format!("{head}test\n{table}{why}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_and_what_is_well_everywhere_is_not() {
        let line = |test: &str, result: &str, words: &str| {
            format!(
                "{{\"file\":\"pool.test.mjs\",\"test\":\"{test}\",\"result\":\"{result}\",\"words\":\"{words}\"}}\n"
            )
        };
        let mut results = Results::default();
        results.add(Engine::Chromium, &[line("a", "ok", ""), line("b", "ok", ""), line("c", "ok", "")].concat());
        results
            .add(Engine::Firefox, &[line("a", "ok", ""), line("b", "skipped", "it has none"), "{half".into()].concat());
        let some = results.table(false);
        let rows: Vec<Vec<_>> = some.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["chromium", "firefox", "test"]);
        assert_eq!(rows[1], ["ok", "skipped", "pool:", "b"]);
        assert_eq!(rows[2], ["ok", "not", "run", "pool:", "c"]);
        assert!(some.contains("in firefox, b: it has none"), "{some}");
        assert_eq!(results.table(true).lines().filter(|line| line.contains("pool: ")).count(), 3);
        assert_eq!(Results::default().table(true), "");
    }
}
