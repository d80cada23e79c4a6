//! What the macros accept, and what they say about everything else.
//!
//! `TRYBUILD=overwrite cargo test -p cofferdam-sdk-macros` writes the expected messages anew.

#[test]
fn ui() {
    let tests = trybuild::TestCases::new();
    tests.pass("tests/ui/pass/*.rs");
    tests.compile_fail("tests/ui/fail/*.rs");
}
