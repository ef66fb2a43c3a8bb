//! How much of the coordinator its own tests and the simulator run: by line, without the lines of tests.

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::llvm::Llvm;
use crate::process::Run;
use crate::project::Project;
use crate::ui::say;

const CORE: &str = "src/coordinator";
/// Of the lines, in percent.
const LEAST: f64 = 95.0;

pub fn measure(project: &Project, native: &Environment, llvm: &Llvm) -> Result<(), String> {
    let folder = project.target_folder().join("coverage");
    let raw = folder.join("raw");
    // What an earlier run measured is not this one's.
    if raw.exists() {
        std::fs::remove_dir_all(&raw).map_err(|error| format!("{}: {error}", raw.display()))?;
    }
    let programs = [
        test(project, native, &folder, &["--package", "perennial", "--lib", "coordinator::"])?,
        test(project, native, &folder, &["--package", "perennial-sim", "--test", "canaries"])?,
    ];
    let merged = folder.join("all.profdata");
    llvm.run("llvm-profdata", "coverage").args(["merge", "--sparse", "-o"]).args([&merged, &raw]).succeed()?;
    let mut profile = std::ffi::OsString::from("--instr-profile=");
    profile.push(&merged);
    let [tests, simulator] = &programs;
    let records = llvm
        .run("llvm-cov", "coverage")
        .args(["export", "--format=lcov"])
        .args([profile])
        .args([tests.as_os_str(), "--object".as_ref(), simulator.as_os_str(), "--sources".as_ref()])
        .args([project.root.join(CORE)])
        .minutes(5)
        .succeed()?;
    let files = covered(&records, |file| std::fs::read_to_string(file).unwrap_or_default());
    let (hit, all) = files.iter().fold((0, 0), |(hit, all), file| (hit + file.hit, all + file.all));
    if all == 0 {
        return Err(format!("nothing of {CORE} was measured"));
    }
    for file in &files {
        let name = Path::new(&file.name).strip_prefix(&project.root).unwrap_or(Path::new(&file.name));
        println!(
            "{:<36}{:>6} of {:>5} lines  {:>5.1} %",
            name.display(),
            file.hit,
            file.all,
            percent(file.hit, file.all)
        );
    }
    let total = percent(hit, all);
    say("coverage", format!("{hit} of {all} lines of {CORE}: {total:.1} %"));
    if total >= LEAST { Ok(()) } else { Err(format!("{total:.1} % of {CORE} is covered, and {LEAST} % is the least")) }
}

/// Builds with counters, runs, and names the program.
fn test(project: &Project, native: &Environment, folder: &Path, arguments: &[&str]) -> Result<PathBuf, String> {
    let run = || {
        Run::new(native, "cargo", "coverage", "cargo test with counters")
            .args(["test"])
            .cwd(&project.root)
            .env("CARGO_TARGET_DIR", folder)
            .env("RUSTFLAGS", "-Cinstrument-coverage")
            .env("LLVM_PROFILE_FILE", folder.join("raw/%p-%m.profraw"))
            .minutes(20)
            .log(project.log("coverage"))
    };
    let built = run().args(["--no-run", "--message-format=json"]).args(arguments).succeed()?;
    let program = executable(&built).ok_or("cargo names no program that it built")?;
    run().args(arguments).succeed()?;
    Ok(program)
}

fn executable(messages: &str) -> Option<PathBuf> {
    let (_, rest) = messages.rsplit_once("\"executable\":\"")?;
    Some(PathBuf::from(&rest[..rest.find('"')?]))
}

#[derive(Debug, PartialEq)]
struct Covered {
    name: String,
    hit: usize,
    all: usize,
}

/// Reads llvm-cov's lcov records. `text` gives a source file, whose lines from its tests on do not count.
fn covered(records: &str, text: impl Fn(&str) -> String) -> Vec<Covered> {
    let mut files = Vec::new();
    let mut end = usize::MAX;
    for record in records.lines() {
        if let Some(name) = record.strip_prefix("SF:") {
            end = first_line_of_tests(&text(name));
            files.push(Covered { name: name.into(), hit: 0, all: 0 });
        } else if let Some((line, count)) = record.strip_prefix("DA:").and_then(|data| data.split_once(','))
            && let (Ok(line), Some(file)) = (line.parse::<usize>(), files.last_mut())
            && line < end
        {
            file.all += 1;
            file.hit += usize::from(count != "0");
        }
    }
    files.retain(|file| file.all > 0 && !file.name.contains("/tests/"));
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

fn first_line_of_tests(text: &str) -> usize {
    text.lines().position(|line| line == "mod tests {").map_or(usize::MAX, |at| at + 1)
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_tests_do_not_count() {
        let records =
            "SF:/p/a.rs\nFN:1,f\nDA:1,5\nDA:2,0\nDA:4,7\nend_of_record\nSF:/p/tests/b.rs\nDA:1,1\nend_of_record\n";
        let text = |_: &str| "fn f() {\n}\nmod tests {\n    #[test]\n".to_string();
        assert_eq!(covered(records, text), [Covered { name: "/p/a.rs".into(), hit: 1, all: 2 }]);
        assert_eq!(covered(records, |_| String::new())[0].all, 3);
    }

    #[test]
    fn cargo_names_the_program() {
        let messages =
            "{\"executable\":null}\n{\"executable\":\"/t/a-1\",\"fresh\":false}\n{\"reason\":\"build-finished\"}\n";
        assert_eq!(executable(messages), Some("/t/a-1".into()));
        assert_eq!(executable("{\"executable\":null}"), None);
    }
}
