//! What happened last, for the reader of a failure.

use std::collections::VecDeque;

use crate::plan::Micros;

/// The last lines, or none where nobody will read them: words cost more than the life itself.
#[derive(Debug)]
pub struct Trace {
    lines: VecDeque<String>,
    max: usize,
}

impl Trace {
    pub fn none() -> Self {
        Trace::last(0)
    }

    pub fn last(max: usize) -> Self {
        Trace { lines: VecDeque::new(), max }
    }

    pub fn note(&mut self, now: Micros, words: impl FnOnce() -> String) {
        if self.max == 0 {
            return;
        }
        if self.lines.len() == self.max {
            self.lines.pop_front();
        }
        self.lines.push_back(format!("{:>12.3} {}", now as f64 / 1000.0, words()));
    }

    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}
