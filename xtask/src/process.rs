//! Runs a child with a time limit, its output in a log and, where wanted, on the screen.

use std::fs::File;
use std::io::{BufRead, BufReader, PipeReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::environment::Environment;
use crate::groups::{self, Group};
use crate::ui::{say, seconds};

/// How long a child that was asked to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(5);
const PROGRESS_EVERY: Duration = Duration::from_secs(10);
const LINES_SHOWN: usize = 30;

pub struct Run {
    command: Command,
    topic: String,
    what: String,
    limit: Duration,
    shown: bool,
    log: Option<PathBuf>,
    first_word: Option<(&'static str, Duration)>,
}

#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub output: String,
}

impl Run {
    /// `what` completes a sentence: "wasm-pack failed", "wasm-pack took longer than ...".
    pub fn new(environment: &Environment, program: impl AsRef<Path>, topic: &str, what: &str) -> Self {
        let mut command = Command::new(program.as_ref());
        command.env_clear().envs(environment.all()).stdin(Stdio::null()).process_group(0);
        Run {
            command,
            topic: topic.into(),
            what: what.into(),
            limit: Duration::from_secs(60),
            shown: false,
            log: None,
            first_word: None,
        }
    }

    #[must_use]
    pub fn args<S: AsRef<std::ffi::OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    #[must_use]
    pub fn cwd(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    #[must_use]
    pub fn minutes(mut self, minutes: u64) -> Self {
        self.limit = Duration::from_secs(60 * minutes);
        self
    }

    /// Show the output as it comes.
    #[must_use]
    pub fn shown(mut self) -> Self {
        self.shown = true;
        self
    }

    /// Keep the output in this file, and name it when the child fails.
    #[must_use]
    pub fn log(mut self, file: PathBuf) -> Self {
        self.log = Some(file);
        self
    }

    /// End the child unless its output says this word soon: a network without an answer shows itself so.
    #[must_use]
    pub fn says_within(mut self, word: &'static str, limit: Duration) -> Self {
        self.first_word = Some((word, limit));
        self
    }

    /// An error, with the end of the output, if the child fails.
    pub fn succeed(self) -> Result<String, String> {
        let (what, log, shown) = (self.what.clone(), self.log.clone(), self.shown);
        let outcome = self.finish()?;
        if outcome.status.success() {
            return Ok(outcome.output);
        }
        let mut error = format!("{what} failed ({})", in_words(outcome.status));
        if !shown {
            error.push_str(&format!("; its last lines:\n{}", last_lines(&outcome.output)));
        }
        if let Some(log) = log {
            error.push_str(&format!("\nThe whole output is in {}", log.display()));
        }
        Err(error)
    }

    /// An error only if the child could not be run or took too long.
    pub fn finish(mut self) -> Result<Outcome, String> {
        let program = self.command.get_program().to_string_lossy().into_owned();
        let (reader, writer) = std::io::pipe().map_err(|error| format!("no pipe for {program}: {error}"))?;
        let twin = writer.try_clone().map_err(|error| format!("no pipe for {program}: {error}"))?;
        let started = Instant::now();
        let mut child = self
            .command
            .stdout(writer)
            .stderr(twin)
            .spawn()
            .map_err(|error| format!("{} cannot be started: `{program}`: {error}", self.what))?;
        // The command keeps the writing ends; the reader would wait for them.
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        let group = Group::of(child.id());

        let log = self.log.as_deref().map(open_log).transpose()?;
        let text = Arc::new(Mutex::new(String::new()));
        let read = read_lines(reader, log, self.shown, Arc::clone(&text));
        let (sender, ended) = mpsc::channel();
        std::thread::spawn(move || sender.send(child.wait()));

        let status = match self.wait(&ended, started, &text) {
            Ok(status) => status,
            Err(complaint) => {
                groups::end(&group, || ended.recv_timeout(GRACE).is_ok());
                let _ = read.recv_timeout(GRACE);
                let output = text.lock().expect("no reader panics").clone();
                let tail = if self.shown || output.is_empty() {
                    String::new()
                } else {
                    format!("; its last lines:\n{}", last_lines(&output))
                };
                return Err(format!("{complaint}{tail}"));
            }
        };
        // A grandchild that stayed behind may still hold the pipe.
        let _ = read.recv_timeout(GRACE);
        drop(group);
        let output = text.lock().expect("no reader panics").clone();
        Ok(Outcome { status, output })
    }

    fn wait(
        &self,
        ended: &Receiver<std::io::Result<ExitStatus>>,
        started: Instant,
        text: &Mutex<String>,
    ) -> Result<ExitStatus, String> {
        let mut silent = self.first_word;
        loop {
            let limit = silent.map_or(self.limit, |(_, limit)| limit.min(self.limit));
            let left = limit.saturating_sub(started.elapsed());
            match ended.recv_timeout(left.min(PROGRESS_EVERY)) {
                Ok(status) => {
                    return status.map_err(|error| format!("{} was lost: {error}", self.what));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(format!("{} was lost", self.what));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let text = text.lock().expect("no reader panics");
            if silent.is_some_and(|(word, _)| text.contains(word)) {
                silent = None;
            } else if started.elapsed() >= limit {
                return Err(match silent {
                    Some(_) => format!("{} had no answer for {}", self.what, seconds(limit)),
                    None => format!("{} was ended: it took longer than {}", self.what, seconds(limit)),
                });
            }
            if !self.shown {
                let last = text.lines().next_back().unwrap_or("").trim();
                let last: String = last.chars().take(70).collect();
                say(&self.topic, format!("... {}: {} {last}", self.what, seconds(started.elapsed())));
            }
        }
    }
}

fn open_log(file: &Path) -> Result<File, String> {
    let made = file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| File::create(file));
    made.map_err(|error| format!("the log {} cannot be written: {error}", file.display()))
}

fn read_lines(reader: PipeReader, mut log: Option<File>, shown: bool, text: Arc<Mutex<String>>) -> Receiver<()> {
    let (sender, done) = mpsc::channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            if let Some(log) = &mut log {
                let _ = log.write_all(&line);
            }
            if shown {
                let _ = std::io::stdout().lock().write_all(&line);
            }
            text.lock().expect("no one panics with it").push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
        let _ = sender.send(());
    });
    done
}

fn last_lines(output: &str) -> String {
    let lines: Vec<_> = output.trim_end().lines().collect();
    let first = lines.len().saturating_sub(LINES_SHOWN);
    lines[first..].iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (_, Some(signal)) => format!("ended by signal {signal}"),
        _ => "no exit code".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Run {
        let environment = Environment::cleaned(std::env::vars_os());
        Run::new(&environment, "/bin/sh", "test", "the script").args(["-c", script])
    }

    #[test]
    fn both_streams_are_read() {
        assert_eq!(shell("echo one; echo two >&2").succeed().unwrap(), "one\ntwo\n");
    }

    #[test]
    fn a_failure_shows_the_last_lines() {
        let error = shell("echo why; exit 3").succeed().unwrap_err();
        assert!(error.contains("exit code 3") && error.contains("    why"), "{error}");
    }

    #[test]
    fn the_limit_ends_the_child_and_its_children() {
        let mut run = shell("sleep 60 & echo $!; wait");
        run.limit = Duration::from_millis(300);
        let error = run.finish().unwrap_err();
        assert!(error.contains("took longer than 0.3 s"), "{error}");
        let child: u32 = error.lines().last().unwrap().trim().parse().unwrap();
        // It was told to end; the kernel takes its time.
        let begun = Instant::now();
        while groups::is_running(child) {
            assert!(begun.elapsed() < Duration::from_secs(20), "the child {child} is still there");
            std::thread::yield_now();
        }
    }

    #[test]
    fn silence_is_told_apart() {
        let run = shell("sleep 60").says_within("hello", Duration::from_millis(200));
        let error = run.finish().unwrap_err();
        assert!(error.contains("had no answer"), "{error}");
    }
}
