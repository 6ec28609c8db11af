//! Every message of the attribute, as the compiler shows it.

#[test]
fn mistakes_are_reported_at_their_tokens() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
