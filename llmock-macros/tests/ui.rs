//! Every message of the attribute, as the compiler shows it.

#[test]
fn every_mistake_is_shown_at_its_own_token() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
