//! Says what a build for the browser lacks, before the compiler or the browser would in their own words.

use std::env;

/// What has to stand in `rustflags`, all of it for memory that threads share and panics that unwind.
const FEATURES: &str = "-Ctarget-feature=+atomics,+bulk-memory,+mutable-globals";
const UNWIND: [&str; 2] = ["-Cpanic=unwind", "-Cllvm-args=-wasm-use-legacy-eh"];
const LINK_ARGS: [&str; 8] = [
    "--shared-memory",
    "--import-memory",
    "--max-memory=4294967296",
    "--export=__wasm_init_tls",
    "--export=__tls_size",
    "--export=__tls_align",
    "--export=__tls_base",
    "--export=__heap_base",
];

/// Set to `elsewhere` by those who hand the link arguments over in another way, such as a build script of theirs.
const LINK_ARGS_VARIABLE: &str = "PERENNIAL_LINK_ARGS";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={LINK_ARGS_VARIABLE}");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    // Documentation is built anywhere.
    if variable("CARGO_CFG_TARGET_ARCH") != "wasm32" || env::var_os("DOCS_RS").is_some() {
        return;
    }
    let mut missing = Vec::new();
    if !variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "atomics") {
        missing.push(FEATURES.to_string());
    }
    if variable("CARGO_CFG_PANIC") != "unwind" {
        missing.extend(UNWIND.map(String::from));
    }
    if variable(LINK_ARGS_VARIABLE) != "elsewhere" {
        let flags = variable("CARGO_ENCODED_RUSTFLAGS");
        let has = |argument: &&str| {
            // Its value is the user's.
            let name = if argument.starts_with("--max-memory") { "--max-memory=" } else { argument };
            flags.split('\u{1f}').flat_map(|flag| flag.split([' ', ','])).any(|word| match name.ends_with('=') {
                true => word.contains(name),
                false => word.ends_with(name),
            })
        };
        missing.extend(
            LINK_ARGS.iter().filter(|argument| !has(argument)).map(|argument| format!("-Clink-arg={argument}")),
        );
    }
    if !missing.is_empty() {
        explain(&missing);
    }
}

fn explain(missing: &[String]) {
    let target = env::var("TARGET").unwrap_or_default();
    let say = |line: &str| println!("cargo::error={line}");
    say(
        "perennial needs flags that this build lacks. Add the lines below to `.cargo/config.toml` of your crate or workspace:",
    );
    say(&format!("[target.{target}]"));
    say("rustflags = [");
    say("  # ... what stands there already");
    for flag in missing {
        say(&format!("  \"{flag}\","));
    }
    say("]");
    // Cargo does not let a build script see whether it is.
    say(
        "If they stand there: the variable RUSTFLAGS, where it is set, takes the place of what that file says. Unset it.",
    );
    if missing.iter().any(|flag| flag.starts_with("-Clink-arg")) {
        say(&format!("If they reach the linker in another way, set {LINK_ARGS_VARIABLE}=elsewhere."));
    }
}
