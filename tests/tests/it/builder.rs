//! Sessions without the attribute: what opens one, what ends one, and what each error says.

use std::error::Error as _;
use std::path::{Path, PathBuf};

use llmock::{FinishError, LlmMock, LoadError, MockSession, Mode, Provider, StartError};
use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::alone;
use serde_json::json;
use tempfile::TempDir;

/// `answers.json` in a folder of its own, with an answer to each of these prompts.
fn fixture(prompts: &[&str]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.json");
    let answer = |text: &&str| {
        let body: serde_json::Value = serde_json::from_str(&prompt(text)).unwrap();
        json!({
            "provider": "openai",
            "request": { "path": "/v1/chat/completions", "body": body },
            "response": { "text": format!("recorded {text}") },
        })
    };
    let interactions: Vec<_> = prompts.iter().map(answer).collect();
    std::fs::write(&file, json!({ "llmock": 1, "interactions": interactions }).to_string())
        .unwrap();
    (folder, file)
}

fn start(file: &Path) -> MockSession {
    LlmMock::builder().fixture(file).start().unwrap()
}

fn failure(mock: MockSession) -> FinishError {
    mock.finish().unwrap_err()
}

/// Cases with an environment of their own run in a process each, which knows its case by this variable.
const CASE: &str = "TEST_CASE";

fn is_of_another_process(case: usize) -> bool {
    std::env::var(CASE).is_ok_and(|own| own != case.to_string())
}

/// The folder of the test is another one each time.
fn without(folder: &TempDir, text: &str) -> String {
    text.replace(&folder.path().display().to_string(), "FOLDER").replace("FOLDER\\", "FOLDER/")
}

#[test]
fn missing_fixtures_say_how_to_record_them() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().unwrap();
        let error =
            LlmMock::builder().fixture(folder.path().join("v1.2.none")).start().unwrap_err();
        let StartError::Missing { cause: LoadError::Missing { path }, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(*path, folder.path().join("v1.2.none.json"));
        assert!(error.source().is_none(), "its text has the cause already");
        assert_eq!(
            without(&folder, &error.to_string()),
            "there is no fixture `FOLDER/v1.2.none.json`\n\
             hint: record it by running LLMOCK_MODE=record cargo test -p llmock-tests --test it -- \
             builder::missing_fixtures_say_how_to_record_them --exact"
        );
    });
}

#[test]
fn a_fixture_with_a_similar_name_is_offered() {
    let (folder, file) = fixture(&["a"]);
    let missing = file.with_file_name("anwsers");
    let error = LlmMock::builder().fixture(missing).mode(Mode::Replay).start().unwrap_err();
    let text = without(&folder, &error.to_string());
    let expected = "there is no fixture `FOLDER/anwsers.json`\n\
                    hint: did you mean `FOLDER/answers.json`? If the fixture is new, record it by ";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn programs_outside_tests_get_their_own_command() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("none");
        let started = std::thread::spawn(|| LlmMock::builder().fixture(file).start());
        let error = started.join().unwrap().unwrap_err();
        assert_eq!(
            without(&folder, &error.to_string()),
            "there is no fixture `FOLDER/none.json`\n\
             hint: record it by running the same program with LLMOCK_MODE=record"
        );
    });
}

#[test]
fn unreadable_fixtures_say_how_to_record_them_again() {
    alone(&[], |_| {
        let hint = "\nhint: to record it again, delete it and run LLMOCK_MODE=record cargo test \
                    -p llmock-tests --test it -- builder::unreadable_fixtures_say_how_to_record_them_again --exact";
        for (text, expected) in [
            (
                "{\"llmock\": 1,\n \"interactions\": 7}",
                "failed to load fixture `FOLDER/answers.json`: line 2, column 2: expected an array for `interactions`, found `7`",
            ),
            (
                "",
                "failed to load fixture `FOLDER/answers.json`: line 1, column 1: the file is empty\n\
                 hint: restore it from version control",
            ),
        ] {
            let (folder, file) = fixture(&[]);
            std::fs::write(&file, text).unwrap();
            for mode in [Mode::Replay, Mode::Record, Mode::Auto] {
                let error = LlmMock::builder().fixture(&file).mode(mode).start().unwrap_err();
                assert!(matches!(
                    &error,
                    StartError::Unreadable { cause: LoadError::Format { .. }, .. }
                ));
                assert_eq!(without(&folder, &error.to_string()), format!("{expected}{hint}"));
                assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "it stays as it was");
            }
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("answers.json")).unwrap();
        let error = LlmMock::builder().fixture(folder.path().join("answers")).start().unwrap_err();
        assert!(matches!(&error, StartError::Unreadable { cause: LoadError::Io { .. }, .. }));
        let text = without(&folder, &error.to_string());
        assert!(text.starts_with("failed to read fixture `FOLDER/answers.json`: "), "{text}");
        assert!(text.ends_with(hint), "{text}");
    });
}

#[test]
fn missing_interactions_are_errors_with_a_report() {
    alone(&[], |_| {
        let (folder, file) = fixture(&["Name a colour."]);
        let mock = start(&file);
        assert_eq!(chat(&mock, &prompt("Name a number.")).status, 418);
        let error = failure(mock);
        assert!(matches!(error, FinishError::Missed { requests: 1, .. }), "{error:?}");
        assert_eq!(
            without(&folder, &error.to_string()),
            "llmock: 1 request is not in FOLDER/answers.json

  × POST /v1/chat/completions   openai m · 1st request of this test
    last user message: \"Name a number.\"
    no recorded request matches this body; the closest is #1 in the file
    - recorded, + sent; JSON paths count from 0

      $.messages[0].content   user message, turn 1 of 1
    -   \"Name a colour.\"
                ^^^^^^
    +   \"Name a number.\"
                ^^^^^^

  If it changes on every run, recording again does not help: make it constant, or `normalize` what varies.
  Recording removes #1 of FOLDER/answers.json: no test owns them, and this run did not request them.
  If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
      LLMOCK_MODE=record cargo test -p llmock-tests --test it -- builder::missing_interactions_are_errors_with_a_report --exact"
        );
    });
}

#[test]
fn sessions_without_requests_fail_unless_declared() {
    alone(&[], |_| {
        let (_folder, file) = fixture(&["a"]);
        let error = failure(start(&file));
        assert!(matches!(error, FinishError::NoRequests { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with("llmock: no request reached llmock"), "{text}");
        assert!(text.contains("mock.base_url(..)"), "{text}");
        LlmMock::builder().fixture(&file).calls(0).start().unwrap().finish().unwrap();
    });
}

#[test]
fn invalid_values_are_named_in_errors() {
    let cases =
        [("LLMOCK_MODE", "banana"), ("LLMOCK_DISABLED", "perhaps"), ("LLMOCK_MAX_BODY", "much")];
    for (case, (name, value)) in cases.into_iter().enumerate() {
        if is_of_another_process(case) {
            continue;
        }
        alone(&[(name, value), (CASE, &case.to_string())], |_| {
            let (_folder, file) = fixture(&["a"]);
            let error = LlmMock::builder().fixture(file).start().unwrap_err();
            assert!(matches!(error, StartError::InvalidSettings { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.contains(name) && text.contains(value), "{text}");
        });
    }
}

#[test]
fn refusing_to_record_in_ci_is_an_error_of_its_own() {
    alone(&[("CI", "true"), ("LLMOCK_ALLOW_CI_RECORD", ""), ("LLMOCK_MODE", "")], |_| {
        let (_folder, file) = fixture(&["a"]);
        let error = LlmMock::builder().fixture(file).mode(Mode::Record).start().unwrap_err();
        assert!(matches!(error, StartError::RecordRefused { .. }), "{error:?}");
        assert!(error.to_string().contains("LLMOCK_ALLOW_CI_RECORD"), "{error}");
    });
}

#[test]
fn invalid_rules_are_named_in_errors() {
    let (_folder, file) = fixture(&["a"]);
    let builder = || LlmMock::builder().fixture(&file);
    for (builder, part) in [
        (builder().ignore("$.["), "$.["),
        (builder().normalize("$.a", "(", "x"), "("),
        (builder().side("models"), "models"),
    ] {
        let error = builder.start().unwrap_err();
        assert!(matches!(error, StartError::InvalidSettings { .. }), "{error:?}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn builders_apply_every_rule() {
    let (_folder, file) = fixture(&["a", "b"]);
    let builder = || LlmMock::builder().fixture(&file);
    let with = |extra: &str| prompt("a").replacen('{', &format!("{{{extra},"), 1);
    let seed = with("\"seed\":7");
    let today = prompt("a").replace("\"a\"", "\"a 2026-11-21\"");
    for (name, rules, sent, passes) in [
        ("none", builder(), &seed, false),
        ("ignore", builder().ignore("$.seed"), &seed, true),
        ("match_on", builder().match_on(["model", "messages"]), &seed, true),
        ("normalize", builder().normalize("$.messages[*].content", " [0-9-]+", ""), &today, true),
        ("order", builder().strict_order(), &prompt("b"), false),
        ("any order", builder(), &prompt("b"), true),
        ("unused", builder().fail_on_unused(), &prompt("a"), false),
        ("ignored", builder().fail_on_unused().ignore_unused(), &prompt("a"), true),
        ("calls", builder().calls(1), &prompt("a"), true),
        ("other calls", builder().calls(2), &prompt("a"), false),
    ] {
        let mock = rules.start().unwrap();
        let _ = chat(&mock, sent).text();
        let ended = mock.finish();
        assert_eq!(ended.is_ok(), passes, "{name}: {ended:?}");
    }
    for builder in [
        builder().fail_on_unused().note_unused(),
        builder().strict_order().any_order(),
        builder().allow_all_errors().allow_no_errors(),
    ] {
        let mock = builder.start().unwrap();
        let _ = chat(&mock, &prompt("b")).text();
        mock.finish().unwrap();
    }
}

#[test]
fn owners_use_their_own_interactions_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shared.json");
    let body: serde_json::Value = serde_json::from_str(&prompt("a")).unwrap();
    let answer = |owner: &str| {
        json!({
            "provider": "openai", "test": owner,
            "request": { "path": "/v1/chat/completions", "body": body },
            "response": { "text": owner },
        })
    };
    let fixture = json!({ "llmock": 1, "interactions": [answer("one"), answer("two")] });
    std::fs::write(&file, fixture.to_string()).unwrap();
    for owner in ["two", "one"] {
        let mock = LlmMock::builder().fixture(&file).test(owner).start().unwrap();
        assert_eq!(chat(&mock, &prompt("a")).text(), owner);
        mock.finish().unwrap();
    }
}

#[test]
fn sessions_change_no_variables() {
    alone(&[("OPENAI_API_KEY", "")], |_| {
        let (_folder, file) = fixture(&["a"]);
        let before: Vec<_> = std::env::vars_os().collect();
        let mock = start(&file);
        assert_eq!(std::env::vars_os().collect::<Vec<_>>(), before);
        chat(&mock, &prompt("a")).text();
        mock.finish().unwrap();
        assert_eq!(std::env::vars_os().collect::<Vec<_>>(), before);
    });
}

#[test]
fn handles_stop_working_after_their_session() {
    let (_folder, file) = fixture(&["a"]);
    let mock = start(&file);
    let handle = LlmMock::clone(&mock);
    assert_eq!(chat(&handle, &prompt("a")).text(), "recorded a");
    assert_eq!(handle.requests().len(), 1);
    mock.finish().unwrap();
    let reply = chat(&handle, &prompt("a"));
    assert_eq!((reply.status, reply.header("x-should-retry")), (418, Some("false")));
    let text = reply.text();
    assert!(text.contains("the test that this address belonged to has ended"), "{text}");
    assert!(handle.requests().is_empty());
}

#[test]
fn mode_off_handles_point_to_real_providers() {
    const OPENAI: &str = "https://api.openai.com/v1";
    let (own, none) = (("OPENAI_BASE_URL", "http://gateway.example/v1/"), ("UNUSED", ""));
    let cases = [
        (("LLMOCK_MODE", "off"), none, OPENAI),
        (("LLMOCK_DISABLED", "1"), none, OPENAI),
        (("LLM_MOCK_DISABLED", "true"), none, OPENAI),
        (("LLMOCK_DISABLED", "yes"), ("LLMOCK_MODE", "record"), OPENAI),
        (("LLMOCK_MODE", "off"), own, "http://gateway.example/v1"),
    ];
    for (case, (switch, other, openai)) in cases.into_iter().enumerate() {
        if is_of_another_process(case) {
            continue;
        }
        alone(&[switch, other, (CASE, &case.to_string())], |_| {
            // Nothing is looked at, so that nothing has to be there.
            let mock = LlmMock::builder().fixture("no/such/fixture").start().unwrap();
            assert_eq!(mock.base_url(Provider::OpenAI), openai);
            assert_eq!(mock.base_url(Provider::Anthropic), "https://api.anthropic.com");
            assert_eq!((mock.url(), mock.envs(), mock.requests().len()), (None, vec![], 0));
            mock.finish().unwrap();
        });
    }
}

#[test]
fn false_switches_do_not_disable_llmock() {
    let cases = [("LLMOCK_DISABLED", "0"), ("LLM_MOCK_DISABLED", "false"), ("LLMOCK_DISABLED", "")];
    for (case, switch) in cases.into_iter().enumerate() {
        if is_of_another_process(case) {
            continue;
        }
        alone(&[switch, (CASE, &case.to_string())], |_| {
            let (_folder, file) = fixture(&["a"]);
            let mock = start(&file);
            assert_eq!(chat(&mock, &prompt("a")).text(), "recorded a");
            mock.finish().unwrap();
        });
    }
}

#[test]
fn builders_can_set_mode_off() {
    alone(&[], |_| {
        let mock = LlmMock::builder().mode(Mode::Off).start().unwrap();
        assert_eq!(mock.base_url(Provider::Anthropic), "https://api.anthropic.com");
        mock.finish().unwrap();
    });
}

#[test]
fn match_on_takes_fields_that_requests_have() {
    alone(&[], |_| {
        let (_folder, file) = fixture(&["a"]);
        let builder = || LlmMock::builder().fixture(&file);
        let error = builder().match_on(["$.messages"]).start().unwrap_err().to_string();
        assert!(error.contains("`match_on`: invalid field name `$.messages`"), "{error}");

        let mock = builder().match_on(["mesages"]).start().unwrap();
        assert_eq!(chat(&mock, &prompt("b")).text(), "recorded a");
        let report = failure(mock).to_string();
        let field = "no request and no recording has the field `mesages` of `match_on`";
        let suggestion = format!("{field}; did you mean `messages`?");
        assert!(report.contains(&suggestion), "{report}");

        let mock = builder().match_on(["messages"]).start().unwrap();
        assert_eq!(chat(&mock, &prompt("a")).text(), "recorded a");
        mock.finish().unwrap();
    });
}
