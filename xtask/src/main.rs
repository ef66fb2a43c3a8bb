//! Sets a machine up, and builds, shows, tests and measures the project. `cargo xtask --help` lists the commands.

mod apt;
mod args;
mod browser;
mod bundlers;
mod cache;
mod cmd_bench;
mod cmd_check;
mod cmd_demo;
mod cmd_fuzz;
mod cmd_picture;
mod cmd_sim;
mod cmd_soak;
mod cmd_test;
mod coverage;
mod environment;
mod groups;
mod licences;
mod llvm;
mod lockfile;
mod markdown;
mod node;
mod npm_package;
mod package;
mod page;
mod process;
mod project;
mod readme;
mod results;
mod serve;
mod setup;
mod summary;
mod tidy;
mod toolchain;
mod tools;
mod types;
mod ui;
mod versions;
mod wasm;

use std::process::ExitCode;
use std::time::Instant;

use args::Command;
use browser::Engine;
use project::Project;

fn main() -> ExitCode {
    let started = Instant::now();
    let command = match args::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(refusal) => {
            eprintln!("{refusal}");
            return ExitCode::from(2);
        }
    };
    groups::hand_interrupts_on();
    let result = run(command, started);
    // After an error other parts of the set-up may still be at work.
    groups::end_all();
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nerror: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, started: Instant) -> Result<bool, String> {
    match command {
        Command::Help => {
            print!("{}", args::HELP);
            Ok(true)
        }
        Command::Demo { port, serve } => cmd_demo::run(&Project::open()?, port, serve, started).map(|()| true),
        Command::Test { only, name, engines } => {
            let wish = cmd_test::Wish { only, name: name.as_deref(), engines: engines.as_deref() };
            cmd_test::run(&Project::open()?, wish, started)
        }
        Command::Fuzz { inputs, seed, name } => {
            cmd_fuzz::run(&Project::open()?, inputs, seed, name.as_deref(), started)
        }
        Command::Sim { rest } => cmd_sim::run(&Project::open()?, &rest),
        Command::Picture => cmd_picture::run(&Project::open()?),
        Command::Check => cmd_check::run(&Project::open()?, started),
        Command::Soak { load, seed, engines } => {
            cmd_soak::run(&Project::open()?, load, seed, engines.as_deref().unwrap_or(&[Engine::Chromium]))
        }
        Command::Bench { name, rest } => cmd_bench::run(&Project::open()?, name.as_deref(), &rest, started),
    }
}
