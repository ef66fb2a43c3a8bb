//! Every version that set-up pins, in one place. Two live elsewhere because Cargo needs them there: the crates' own, in
//! `Cargo.lock` (`wasm-bindgen-cli` follows the `wasm-bindgen` of that file), and the channel that starts
//! `cargo xtask` itself, in `rust-toolchain.toml`.

/// The toolchain that rustup installs. The file `rust-toolchain.toml` cannot name it: where it is missing and cannot be
/// fetched, every plain `cargo` call would fail.
pub const NIGHTLY: &str = "nightly-2026-05-20";

/// An undated `nightly` is taken in its place if its rustc lies in this range, both ends included.
pub const RUSTC_TESTED: [(u32, u32); 2] = [(1, 96), (1, 97)];

pub const RUSTUP_COMPONENTS: [&str; 4] = ["rust-src", "clippy", "rustfmt", "llvm-tools"];
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Where rustup can fetch nothing, Debian's build of this Rust is unpacked into the cache.
pub const DEBIAN_RUST: &str = "1.96";
pub const DEBIAN_RUST_PACKAGES: [&str; 6] =
    ["rustc-web", "rust-web-src", "libstd-rust-web-dev", "libstd-rust-web-1.96", "libllvm22", "lld-22"];
/// The folder of the LLVM above, which holds `lld`.
pub const DEBIAN_LLVM: &str = "llvm-22";
/// What reads coverage, where rustup has brought no `llvm-tools`.
pub const DEBIAN_LLVM_PACKAGES: [&str; 2] = ["llvm-22", "libllvm22"];

pub const DEBIAN_CHROMIUM_PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];
pub const DEBIAN_FIREFOX_PACKAGES: [&str; 1] = ["firefox-esr"];
pub const DEBIAN_WEBKIT_PACKAGES: [&str; 3] = ["webkit2gtk-driver", "xvfb", "xauth"];
pub const DEBIAN_NODE_PACKAGES: [&str; 2] = ["nodejs", "npm"];

pub const WASM_PACK: &str = "0.15.1";

/// Firefox's WebDriver, built only where none is installed.
pub const GECKODRIVER: &str = "0.37.1";

/// The first that waits asynchronously for a shared memory, and the oldest that is still mended by then.
pub const FIREFOX_OLDEST: (u32, u32) = (145, 0);

/// Older ones lack `--test-concurrency`. Debian 12's own Node is just new enough.
pub const NODE_OLDEST: (u32, u32) = (18, 19);

/// What Vite 7 needs. The bundlers' own versions are in `tests/apps/package-lock.json`.
pub const NODE_OLDEST_OF_BUNDLERS: (u32, u32) = (20, 19);

/// It drives Chromium and Firefox as Debian packages them. The 24 line is the last that runs on Node 18.
pub const PUPPETEER: &str = "24.43.1";

/// Its `wasm-opt` is the one that this wasm-pack downloads.
pub const BINARYEN: &str = "130.0.0";
/// It checks the declarations that the package gives, and the scripts. The last line that is JavaScript alone.
pub const TYPESCRIPT: &str = "5.9.3";

/// It draws the demo's plots: 50 kB, and quick enough beside threads that work.
pub const UPLOT: &str = "1.6.32";

/// It looks at the demo as assistive technology does, in the tests.
pub const AXE: &str = "4.14.1";

/// The other worker pools that a job is measured beside.
pub const PEERS: [(&str, &str); 3] =
    [("comlink", "4.4.2"), ("poolifier-web-worker", "0.5.15"), ("workerpool", "10.0.3")];
