//! `llmock verify`, with commands that leave the log of a test run.

use crate::command::Desk;

const SAME: &str = r#"{"run":"1","test":"api::greets","fixture":"tests/fixtures/greets.json","verified":[{"interaction":1,"provider":"openai","method":"POST","path":"/v1/chat/completions","result":"same","changes":[]}]}"#;
const DRIFT: &str = r#"{"run":"1","test":"api::sums","fixture":"tests/fixtures/sums.json","verified":[{"interaction":1,"provider":"openai","method":"POST","path":"/v1/responses","result":"drift","changes":[{"code":"drift_removed","path":"$.usage","message":"removed"},{"code":"drift_status","path":"","message":"the status was 200, and is 404"}]},{"interaction":2,"provider":"openai","method":"DELETE","path":"/v1/responses/resp_1","result":"skipped","changes":[],"why":"it quotes \u001b[31m a | thing"}]}"#;
const FAILED: &str = r#"{"run":"1","test":"api::sums","fixture":"tests/fixtures/sums.json","verified":[{"interaction":1,"provider":"openai","method":"POST","path":"/v1/responses","result":"failed","changes":[],"why":"https://api.openai.com/v1 does not respond: connection refused"}]}"#;

/// Runs `llmock verify` on a command that logs these lines and ends with this code.
fn verify(arguments: &[&str], lines: &[&str], code: i32) -> (i32, String, String) {
    let desk = Desk::with(&[]);
    desk.write("lines", &lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    let script = format!(
        "test \"$LLMOCK_MODE\" = verify || exit 99; echo of the tests; cat lines >> \"$LLMOCK_RUN_LOG\"; exit {code}"
    );
    let words: Vec<&str> =
        ["verify"].iter().chain(arguments).copied().chain(["--", "sh", "-c", &script]).collect();
    let ran = desk.run(&words);
    (ran.code, ran.out, ran.err)
}

#[test]
#[cfg(unix)]
fn a_table_has_what_drifted_and_the_exit_code_says_so() {
    let (code, out, err) = verify(&[], &[SAME, DRIFT], 101);
    assert_eq!((code, err.as_str()), (1, "of the tests\n"), "{out}");
    let expected = "\
api::sums  tests/fixtures/sums.json
  drift    #1 POST /v1/responses
           drift_removed: $.usage: removed
           drift_status: the status was 200, and is 404
  skipped  #2 DELETE /v1/responses/resp_1
           it quotes /u{1b}[31m a | thing
3 recordings of 2 tests: 1 same, 1 drift, 1 skipped
";
    assert_eq!(out, expected);
    let (code, out, _) = verify(&[], &[SAME], 0);
    assert_eq!((code, out.as_str()), (0, "1 recording of 1 test: 1 same\n"));
    let (_, out, _) = verify(&["--all"], &[SAME], 0);
    assert!(out.contains("  same     #1 POST /v1/chat/completions\n"), "{out}");
    // A provider that is down is no drift.
    let (code, out, _) = verify(&[], &[SAME, FAILED], 101);
    assert_eq!(code, 3, "{out}");
    assert!(
        out.contains(
            "failed   #1 POST /v1/responses\n           https://api.openai.com/v1 does not respond"
        ),
        "{out}"
    );
    // A test that fails by itself.
    assert_eq!(verify(&[], &[SAME], 101).0, 1);
}

#[test]
#[cfg(unix)]
fn tables_have_forms_for_programs_and_pages() {
    let (code, out, _) = verify(&["--json"], &[SAME, DRIFT], 101);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, found.as_array().unwrap().len()), (1, 3));
    assert_eq!(found[1]["test"], "api::sums");
    assert_eq!(found[1]["changes"][0]["code"], "drift_removed");
    let (_, out, _) = verify(&["--format", "markdown"], &[SAME, DRIFT], 101);
    // The helper turns backslashes of Windows.
    let row = "| `api::sums` | `#2 DELETE /v1/responses/resp_1` | skipped | `it quotes /u{1b}[31m a /| thing` |";
    assert!(out.contains("| test | request | result | what |") && out.contains(row), "{out}");
}

#[test]
#[cfg(unix)]
fn a_suite_that_does_not_build_is_no_success() {
    let (code, out, err) = verify(&[], &[], 101);
    assert_eq!(code, 101, "{out}");
    assert!(
        err.contains("error: no test with a fixture ran: the command ended with exit status: 101"),
        "{err}"
    );
    let ran = Desk::with(&[]).run(&["verify", "--", "no-such-program"]);
    assert_eq!(ran.code, 101);
    assert!(ran.err.contains("error: failed to run `no-such-program`"), "{}", ran.err);
    let ran = Desk::with(&[]).run(&["verify", "--format", "yaml"]);
    assert_eq!(ran.code, 2);
}
