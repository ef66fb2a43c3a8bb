//! What the build script says of a build for the browser that lacks flags. The script runs as cargo runs it: by its
//! environment alone.
#![cfg(not(target_arch = "wasm32"))]

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The script, built once.
fn script() -> &'static PathBuf {
    static SCRIPT: OnceLock<PathBuf> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("flags-build-script");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/build.rs");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let status = Command::new(rustc).args(["--edition", "2024", source, "-o"]).arg(&program).status().unwrap();
        assert!(status.success());
        program
    })
}

/// The flags of this repository's own `.cargo/config.toml`.
fn own_flags() -> Vec<String> {
    let config = include_str!("../.cargo/config.toml");
    let lines = config.lines().map(str::trim).filter(|line| line.starts_with("\"-C"));
    let flags: Vec<_> = lines.map(|line| line.trim_matches(['"', ',']).to_string()).collect();
    assert_eq!(flags.len(), 11, "{flags:?}");
    flags
}

struct Build {
    flags: Vec<String>,
    features: &'static str,
    panic: &'static str,
    more: Vec<(&'static str, &'static str)>,
}

impl Build {
    fn whole() -> Self {
        Build { flags: own_flags(), features: "atomics,bulk-memory,mutable-globals", panic: "unwind", more: vec![] }
    }

    /// The lines that it is refused with.
    fn errors(&self) -> Vec<String> {
        let mut command = Command::new(script());
        command
            .env_remove("DOCS_RS")
            .env_remove("PERENNIAL_LINK_ARGS")
            .env("CARGO_CFG_TARGET_ARCH", "wasm32")
            .env("TARGET", "wasm32-unknown-unknown")
            .env("CARGO_CFG_TARGET_FEATURE", self.features)
            .env("CARGO_CFG_PANIC", self.panic)
            .env("CARGO_ENCODED_RUSTFLAGS", self.flags.join("\u{1f}"))
            .envs(self.more.iter().copied());
        let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
        output.lines().filter_map(|line| line.strip_prefix("cargo::error=")).map(String::from).collect()
    }
}

#[test]
fn this_repository_lacks_nothing() {
    assert_eq!(Build::whole().errors(), [""; 0]);
}

#[test]
fn a_missing_flag_is_named_with_its_line_and_place() {
    for flag in own_flags().into_iter().filter(|flag| flag.starts_with("-Clink-arg")) {
        let mut build = Build::whole();
        build.flags.retain(|other| *other != flag);
        let errors = build.errors();
        assert!(errors[0].contains(".cargo/config.toml"), "{errors:?}");
        assert_eq!(errors[1], "[target.wasm32-unknown-unknown]");
        let missing: Vec<_> = errors.iter().filter(|line| line.contains("\"-C")).collect();
        assert_eq!(missing, [&format!("  \"{flag}\",")]);
    }
}

#[test]
fn missing_atomics_and_panics_that_abort_are_named() {
    let atomics = Build { features: "bulk-memory,mutable-globals", ..Build::whole() }.errors();
    assert!(atomics.contains(&"  \"-Ctarget-feature=+atomics,+bulk-memory,+mutable-globals\",".into()), "{atomics:?}");
    let abort = Build { panic: "abort", ..Build::whole() }.errors();
    assert!(abort.contains(&"  \"-Cpanic=unwind\",".into()), "{abort:?}");
}

#[test]
fn all_that_is_missing_is_what_this_repository_has() {
    let nothing = Build { flags: vec![], features: "", panic: "abort", more: vec![] };
    let errors = nothing.errors();
    let lines: Vec<_> = errors.iter().filter(|line| line.contains("\"-C")).map(|line| line.trim()).collect();
    let own: Vec<_> = own_flags().iter().map(|flag| format!("\"{flag}\",")).collect();
    assert_eq!(lines, own);
    assert!(errors.iter().any(|line| line.contains("RUSTFLAGS")), "what may hide the file's flags is named too");
}

#[test]
fn other_spellings_and_other_ways_are_taken() {
    let mut build = Build::whole();
    build.flags = ["-C", "link-arg=--shared-memory", "-Clink-args=--import-memory --max-memory=1073741824"]
        .into_iter()
        .chain(["-C", "link-arg=--export=__wasm_init_tls", "-Clink-arg=--export=__tls_size"])
        .chain(["-Clink-arg=--export=__tls_align", "-Clink-arg=--export=__tls_base", "-Clink-arg=--export=__heap_base"])
        .map(String::from)
        .collect();
    assert_eq!(build.errors(), [""; 0]);
    build.flags.clear();
    build.more = vec![("PERENNIAL_LINK_ARGS", "elsewhere")];
    assert_eq!(build.errors(), [""; 0]);
}

#[test]
fn a_build_for_the_host_needs_nothing() {
    let build = Build { flags: vec![], more: vec![("CARGO_CFG_TARGET_ARCH", "x86_64")], ..Build::whole() };
    assert_eq!(build.errors(), [""; 0]);
}
