//! `llmock rename`, of tests, modules, and files.

use crate::care::desk;

#[test]
fn renames_tests_modules_and_files_without_overwriting() {
    let desk = desk();
    desk.prints(&["rename", "api::gone", "api::here"]);
    assert!(desk.read("f/a.json").contains("\"test\": \"api::here\""));
    desk.prints(&["rename", "api::here", "web::here"]);
    assert!(desk.read("f/a.json").contains("\"test\": \"web::here\""));
    assert_eq!(
        desk.fails(&["rename", "no::test", "x::y"]),
        "error: no interaction belongs to `no::test`\n"
    );
    assert_eq!(
        desk.fails(&["rename", "f/a", "f/b"]),
        "error: `f/b.json` exists and is not overwritten\n"
    );
    assert_eq!(desk.prints(&["rename", "f/a", "g/c"]), "moved f/a.json to g/c.json\n");
    assert!(desk.path("g/c.json").exists() && !desk.path("f/a.json").exists());
}
