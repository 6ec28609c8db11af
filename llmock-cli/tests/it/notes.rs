//! `llmock notes`, as a shell runs it.

use crate::command::Desk;

const LAST_RUN: &str = concat!(
    r#"{"run":"1","test":"tickets::opens","fixture":"tests/fixtures/open.json","notes":[{"name":"repeated","sentence":"the test sent \"Hi\" 1 more time","remedy":"record again"},{"name":"cut","sentence":"\u001b[31mred"}]}"#,
    "\n",
    r#"{"run":"1","refused":{"provider":"openai","method":"GET","path":"/v1/models","sentence":"no test is running"}}"#,
    "\n",
    r#"{"run":"1","test":"tickets::closes","fixture":"tests/fixtures/close.json","notes":[]}"#,
    "\n",
);

fn desk() -> Desk {
    let desk = Desk::with(&[]);
    desk.write("target/llmock/last-run.jsonl", LAST_RUN);
    desk
}

/// Without the build directory of the tests themselves.
fn prints(desk: &Desk, arguments: &[&str]) -> String {
    let mut command = desk.command(arguments);
    command.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn notes_are_grouped_by_test() {
    let desk = desk();
    let expected = "tickets::opens  tests/fixtures/open.json\n  \
                    repeated: the test sent \"Hi\" 1 more time\n    record again\n  \
                    cut: \\u{1b}[31mred\n";
    assert_eq!(prints(&desk, &["notes"]), expected);
    assert_eq!(prints(&desk, &["notes", "target/llmock/last-run.jsonl"]), expected);
}

#[test]
fn notes_are_printed_as_json() {
    let text = prints(&desk(), &["notes", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    let expected = serde_json::json!([{
        "test": "tickets::opens",
        "fixture": "tests/fixtures/open.json",
        "notes": [
            { "name": "repeated", "sentence": "the test sent \"Hi\" 1 more time", "remedy": "record again" },
            { "name": "cut", "sentence": "\u{1b}[31mred" },
        ],
    }]);
    assert_eq!(found, expected);
}

#[test]
fn a_folder_below_finds_the_run_of_its_workspace() {
    let desk = desk();
    desk.write("member/src/lib.rs", "");
    let mut command = desk.command(&["notes"]);
    command.current_dir(desk.path("member/src")).env_remove("CARGO_TARGET_DIR");
    let output = command.output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("tickets::opens"));
}

#[test]
fn a_run_without_notes_says_so() {
    let desk = Desk::with(&[]);
    let quiet = LAST_RUN.lines().last().unwrap();
    desk.write("target/llmock/last-run.jsonl", quiet);
    assert_eq!(prints(&desk, &["notes"]), "no notes in the last run (1 test with llmock)\n");
    assert_eq!(prints(&desk, &["notes", "--json"]), "[]\n");
}

#[test]
fn a_folder_without_a_run_is_an_error() {
    let desk = Desk::with(&[]);
    let mut command = desk.command(&["notes"]);
    command.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: no test has run here"), "{error}");
    let ran = desk.run(&["notes", "none.jsonl"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("error: failed to read `none.jsonl`"), "{}", ran.err);
}
