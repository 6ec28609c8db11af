//! `llmock adopt`, of tests and of imported fixtures.

use crate::command::Desk;

#[test]
fn adopts_tests_and_imported_fixtures() {
    let desk = Desk::with(&["shop.json"]);
    desk.write("Cargo.toml", "[package]\nname = \"app\"\n");
    desk.write(
        "tests/api.rs",
        "#[test]\nfn a() {}\n\nmod inner {\n    #[tokio::test]\n    async fn b() {}\n}\n",
    );
    assert_eq!(
        desk.prints(&["adopt", "tests/api.rs"]),
        "added the attribute to 2 tests of tests/api.rs\n"
    );
    assert_eq!(
        desk.read("tests/api.rs"),
        "#[llmock::llm_replay]\n#[test]\nfn a() {}\n\nmod inner {\n    #[llmock::llm_replay]\n    #[tokio::test]\n    async fn b() {}\n}\n"
    );
    assert_eq!(
        desk.prints(&["adopt", "tests/api.rs"]),
        "tests/api.rs: no test lacks the attribute\n"
    );
    desk.write("cassettes/chat/shop.json", &desk.read("shop.json"));
    assert_eq!(
        desk.prints(&["adopt", "cassettes", "--owner", "api::{dir}::{name}"]),
        "cassettes/chat/shop.json: 4 interactions belong to api::chat::shop\n"
    );
    let wrong = desk.fails(&["adopt", "cassettes", "--owner", "{nonsense}"]);
    assert!(wrong.starts_with("error: invalid owner `{nonsense}`"), "{wrong}");
}
