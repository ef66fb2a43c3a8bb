//! The command line.

use std::ffi::OsString;

use crate::browser::Engine;

pub const HELP: &str = "\
cargo xtask: sets this machine up, then builds, shows, tests and measures the project

  cargo xtask demo [--port N] [--no-serve]    build the demo, serve it, print its address
  cargo xtask test [--only STAGE] [NAME]      run every test; STAGE is native, sim, coverage, web,
                                              e2e, chaos, apps, types or readme, NAME picks tests
                                              by name
             [--engines LIST]                 the engines of web, e2e and chaos: chromium,firefox
                                              unless named; webkit, or `all` of them
  cargo xtask fuzz [--inputs N] [--seed S] [NAME]
                                              try a million inputs from outside, or N; the same
                                              ones for the same seed; NAME picks properties
  cargo xtask sim [ARGUMENTS]                 the simulator of the coordinator; `sim --help`
  cargo xtask check                           format, lints, docs, packages, licences, links
  cargo xtask picture                         take the README's picture of the demo page
  cargo xtask bench [NAME] [-- ARGUMENTS]     benchmarks, native and in the browser
             [--engines LIST]                 the engines of `deaths`, as of `test`; the others are
                                              timed in Chromium
  cargo xtask soak [--minutes N] [--seed N]   mixed load for an hour, checked all along
  cargo xtask soak chaos [--jobs N] [--seed N]
                                              100 000 jobs, or N, that behave and misbehave, while
                                              workers are killed; the same plan for the same seed
             [--engines LIST]                 the engines of `chaos`: chromium unless named

Whatever is missing is installed first, into a cache outside this folder: $PERENNIAL_CACHE,
else $XDG_CACHE_HOME/perennial, else ~/.cache/perennial.
";

#[derive(Debug, PartialEq)]
pub enum Command {
    Help,
    Demo { port: Option<u16>, serve: bool },
    Test { only: Option<Stage>, name: Option<String>, engines: Option<Vec<Engine>> },
    Fuzz { inputs: u32, seed: Option<u64>, name: Option<String> },
    Sim { rest: Vec<OsString> },
    Check,
    Picture,
    Bench { name: Option<String>, rest: Vec<OsString> },
    Soak { load: Load, seed: u32, engines: Option<Vec<Engine>> },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    Mixed { minutes: u32 },
    Chaos { jobs: u32 },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    Native,
    Sim,
    Coverage,
    Web,
    EndToEnd,
    Chaos,
    Apps,
    Readme,
    Types,
}

pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    use lexopt::prelude::*;

    let mut parser = lexopt::Parser::from_args(arguments);
    let word = match parser.next().map_err(in_words)? {
        None | Some(Short('h') | Long("help")) => return Ok(Command::Help),
        Some(Value(word)) => word.string().map_err(in_words)?,
        Some(other) => return Err(unknown(&other, "before the command")),
    };
    let mut command = match word.as_str() {
        "help" => return Ok(Command::Help),
        "demo" => Command::Demo { port: None, serve: true },
        "test" => Command::Test { only: None, name: None, engines: None },
        "fuzz" => Command::Fuzz { inputs: 1_000_000, seed: None, name: None },
        // All that follows is the simulator's own, `--help` included.
        "sim" => {
            return Ok(Command::Sim { rest: parser.raw_args().map_err(in_words)?.collect() });
        }
        "check" => Command::Check,
        "picture" => Command::Picture,
        "bench" => Command::Bench { name: None, rest: Vec::new() },
        "soak" => Command::Soak { load: Load::Mixed { minutes: 60 }, seed: 1, engines: None },
        _ => {
            return Err(format!(
                "there is no command `{word}`; there are demo, test, fuzz, sim, check, picture, bench and soak"
            ));
        }
    };
    while let Some(argument) = parser.next().map_err(in_words)? {
        match (&mut command, argument) {
            (_, Short('h') | Long("help")) => return Ok(Command::Help),
            (Command::Demo { port, .. }, Long("port")) => {
                *port = Some(number_of(&mut parser, "--port", 1, 65535)? as u16);
            }
            (Command::Demo { serve, .. }, Long("no-serve")) => *serve = false,
            (Command::Test { only, .. }, Long("only")) => {
                let value = parser.value().map_err(in_words)?.string().map_err(in_words)?;
                *only = Some(match value.as_str() {
                    "native" => Stage::Native,
                    "sim" => Stage::Sim,
                    "coverage" => Stage::Coverage,
                    "web" => Stage::Web,
                    "e2e" => Stage::EndToEnd,
                    "chaos" => Stage::Chaos,
                    "apps" => Stage::Apps,
                    "readme" => Stage::Readme,
                    "types" => Stage::Types,
                    _ => {
                        let stages = "native, sim, coverage, web, e2e, chaos, apps, types or readme";
                        return Err(format!("--only takes {stages}, not `{value}`"));
                    }
                });
            }
            (
                Command::Test { engines, .. } | Command::Soak { load: Load::Chaos { .. }, engines, .. },
                Long("engines"),
            ) => {
                let value = parser.value().map_err(in_words)?.string().map_err(in_words)?;
                *engines = Some(engines_in(&value)?);
            }
            (Command::Test { name: name @ None, .. }, Value(value)) => {
                *name = Some(value.string().map_err(in_words)?);
            }
            (Command::Fuzz { inputs, .. }, Long("inputs")) => *inputs = number(&mut parser, "--inputs")?,
            (Command::Fuzz { seed, .. }, Long("seed")) => *seed = Some(number(&mut parser, "--seed")?),
            (Command::Fuzz { name: name @ None, .. }, Value(value)) => {
                *name = Some(value.string().map_err(in_words)?);
            }
            (Command::Soak { load: load @ Load::Mixed { .. }, .. }, Value(value)) if value == "chaos" => {
                *load = Load::Chaos { jobs: 100_000 };
            }
            (Command::Soak { load: Load::Mixed { minutes }, .. }, Long("minutes")) => {
                *minutes = number_of(&mut parser, "--minutes", 1, 10_000)?
            }
            (Command::Soak { load: Load::Chaos { jobs }, .. }, Long("jobs")) => {
                *jobs = number_of(&mut parser, "--jobs", 1, 1_000_000)?
            }
            (Command::Soak { seed, .. }, Long("seed")) => *seed = number_of(&mut parser, "--seed", 0, u32::MAX)?,
            (Command::Bench { name, rest }, Value(value)) => {
                // What follows the name, or a `--`, is the benchmark's own, options included.
                if value.to_string_lossy().starts_with('-') {
                    rest.push(value);
                } else {
                    *name = Some(value.string().map_err(in_words)?);
                }
                rest.extend(parser.raw_args().map_err(in_words)?.skip_while(|word| word == "--"));
            }
            (_, argument) => return Err(unknown(&argument, &format!("for `{word}`"))),
        }
    }
    Ok(command)
}

fn number<T: std::str::FromStr>(parser: &mut lexopt::Parser, option: &str) -> Result<T, String> {
    use lexopt::ValueExt;

    let value = parser.value().map_err(in_words)?.string().map_err(in_words)?;
    value.parse().map_err(|_| format!("{option} takes a whole number, not `{value}`"))
}

fn number_of(parser: &mut lexopt::Parser, option: &str, min: u32, max: u32) -> Result<u32, String> {
    use lexopt::ValueExt;

    let value = parser.value().map_err(in_words)?.string().map_err(in_words)?;
    match value.parse() {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(format!("{option} takes a number from {min} to {max}, not `{value}`")),
    }
}

/// In the order in which they are run, each once.
pub fn engines_in(list: &str) -> Result<Vec<Engine>, String> {
    let names: Vec<_> = list.split(',').map(str::trim).collect();
    let all = Engine::ALL.map(Engine::name);
    if let Some(wrong) = names.iter().find(|name| **name != "all" && !all.contains(name)) {
        return Err(format!("--engines takes {} or all, with commas between, not `{wrong}`", all.join(", ")));
    }
    let named = |engine: &Engine| names.contains(&"all") || names.contains(&engine.name());
    Ok(Engine::ALL.into_iter().filter(named).collect())
}

fn unknown(argument: &lexopt::Arg, place: &str) -> String {
    let shown = match argument {
        lexopt::Arg::Short(letter) => format!("-{letter}"),
        lexopt::Arg::Long(name) => format!("--{name}"),
        lexopt::Arg::Value(value) => value.to_string_lossy().into_owned(),
    };
    format!("`{shown}` is not understood {place}; `cargo xtask --help` lists what is")
}

fn in_words(error: lexopt::Error) -> String {
    format!("{error}; `cargo xtask --help` lists what is understood")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn commands_and_their_options() {
        assert_eq!(parsed(""), Ok(Command::Help));
        assert_eq!(parsed("test --help"), Ok(Command::Help));
        assert_eq!(parsed("demo"), Ok(Command::Demo { port: None, serve: true }));
        assert_eq!(parsed("demo --port 99 --no-serve"), Ok(Command::Demo { port: Some(99), serve: false }));
        assert_eq!(
            parsed("test --only e2e recycle"),
            Ok(Command::Test { only: Some(Stage::EndToEnd), name: Some("recycle".into()), engines: None })
        );
        let apps = Command::Test { only: Some(Stage::Apps), name: None, engines: None };
        assert_eq!(parsed("test --only apps"), Ok(apps));
        let in_engines = |engines| Ok(Command::Test { only: None, name: None, engines: Some(engines) });
        assert_eq!(parsed("test --engines all"), in_engines(Engine::ALL.to_vec()));
        let two = vec![Engine::Chromium, Engine::Firefox];
        assert_eq!(parsed("test --engines firefox,chromium,firefox"), in_engines(two));
        assert_eq!(
            parsed("sim --seed 1 --help"),
            Ok(Command::Sim { rest: vec!["--seed".into(), "1".into(), "--help".into()] })
        );
        assert_eq!(parsed("check"), Ok(Command::Check));
        assert_eq!(parsed("fuzz"), Ok(Command::Fuzz { inputs: 1_000_000, seed: None, name: None }));
        assert_eq!(
            parsed("fuzz --inputs 50 --seed 7 options"),
            Ok(Command::Fuzz { inputs: 50, seed: Some(7), name: Some("options".into()) })
        );
        let soak = |load, seed, engines| Ok(Command::Soak { load, seed, engines });
        assert_eq!(parsed("soak"), soak(Load::Mixed { minutes: 60 }, 1, None));
        assert_eq!(parsed("soak --minutes 5 --seed 7"), soak(Load::Mixed { minutes: 5 }, 7, None));
        assert_eq!(parsed("soak chaos"), soak(Load::Chaos { jobs: 100_000 }, 1, None));
        assert_eq!(parsed("soak chaos --jobs 3000 --seed 7"), soak(Load::Chaos { jobs: 3000 }, 7, None));
        let in_firefox = soak(Load::Chaos { jobs: 100_000 }, 1, Some(vec![Engine::Firefox]));
        assert_eq!(parsed("soak chaos --engines firefox"), in_firefox);
    }

    #[test]
    fn a_benchmark_keeps_what_is_its_own() {
        let rest = vec!["--runs".into(), "3".into()];
        assert_eq!(
            parsed("bench start -- --runs 3"),
            Ok(Command::Bench { name: Some("start".into()), rest: rest.clone() })
        );
        assert_eq!(parsed("bench start --runs 3"), Ok(Command::Bench { name: Some("start".into()), rest }));
        let alone = parsed("bench -- --runs 3");
        assert_eq!(alone, Ok(Command::Bench { name: None, rest: vec!["--runs".into(), "3".into()] }));
        assert_eq!(parsed("bench"), Ok(Command::Bench { name: None, rest: vec![] }));
    }

    #[test]
    fn refusals_name_the_word() {
        for (line, word) in [
            ("dmeo", "dmeo"),
            ("demo --prot 1", "--prot"),
            ("demo --port 0", "`0`"),
            ("demo --port 70000", "`70000`"),
            ("soak --minutes none", "`none`"),
            ("soak --jobs 5", "--jobs"),
            ("soak --engines firefox", "--engines"),
            ("soak chaos --engines opera", "`opera`"),
            ("soak chaos --minutes 5", "--minutes"),
            ("soak calm", "`calm`"),
            ("demo --port", "--port"),
            ("test --only unit", "`unit`"),
            ("test one two", "two"),
            ("test --engines firefox,opera", "`opera`"),
            ("test --engines", "--engines"),
            ("check now", "now"),
            ("fuzz --inputs many", "`many`"),
            ("fuzz --seed -1", "`-1`"),
            ("--quick", "--quick"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
