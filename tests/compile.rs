//! What the macros accept, and what they say of what they refuse. `TRYBUILD=overwrite` writes the words anew.
#![cfg(not(target_arch = "wasm32"))]

#[test]
fn macros() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile/pass/*.rs");
    cases.compile_fail("tests/compile/fail/*.rs");
}
