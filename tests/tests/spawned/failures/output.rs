//! Where the report goes, in which colours, and whether its command is true.

use llmock_testkit::scratch::{App, Ran, has_nextest};
use llmock_testkit::upstream::Upstream;

use super::app::app;

#[test]
fn colours_are_for_terminals_or_forced() {
    let app = app();
    let plain = app.failure("a_swallowed_miss");
    assert!(!plain.contains('\x1b'), "{plain}");
    let failure = |pairs: &[(&str, &str)]| {
        let run = app.one("a_swallowed_miss");
        let run = pairs.iter().fold(run, |run, (name, value)| run.env(name, value));
        run.output().failure("a_swallowed_miss")
    };
    for forced in [("CLICOLOR_FORCE", "1"), ("CARGO_TERM_COLOR", "always")] {
        let coloured = failure(&[forced]);
        assert!(coloured.contains("\x1b["), "{forced:?}: {coloured}");
        assert_eq!(without_colours(&coloured), without_marks(&plain), "colour adds no word");
        assert_eq!(failure(&[forced, ("NO_COLOR", "1")]), plain, "`NO_COLOR` wins");
    }
}

/// Every test of the application, one after the other in one process.
fn all(app: &App, colours: bool, words: &[&str]) -> Ran {
    // For those that ask another server than llmock.
    let elsewhere = Upstream::chat("from the provider itself");
    let run = app.scratch().test(app.program("api"), ["--test-threads=1"].iter().chain(words));
    let run = run.env("SOMEWHERE_ELSE", elsewhere.openai_url());
    let run = if colours { run.env("CLICOLOR_FORCE", "1") } else { run };
    run.output()
}

#[test]
fn output_is_equal_with_and_without_capture() {
    let app = app();
    let plain = all(&app, false, &[]);
    let (failed, passed) = (plain.failed(), plain.passed());
    assert!(failed.len() > 20 && passed.len() > 5, "{}", plain.everything());
    for (colours, words) in [(true, &[][..]), (false, &["--nocapture"]), (true, &["--nocapture"])] {
        let ran = all(&app, colours, words);
        let shown = ran.everything();
        assert_eq!((ran.failed(), ran.passed()), (failed.clone(), passed.clone()), "{shown}");
        assert_eq!(shown.contains('\x1b'), colours, "{shown}");
        let shown = without_colours(&shown);
        // Whether its request was in time differs from run to run, and with it a line.
        for test in failed.iter().filter(|test| *test != "a_panic_under_a_paused_clock") {
            let expected = plain.failure(test);
            // What libtest itself has to say about a panic that it expected comes later.
            let expected = expected.split("\nnote: ").next().unwrap_or_default().trim_end();
            assert!(expected.contains("llmock: "), "{expected}");
            let marked = if colours { without_marks(expected) } else { expected.to_owned() };
            assert!(shown.contains(&marked), "{test}, {colours}, {words:?}: {shown}");
            if colours && words.is_empty() {
                let coloured = ran.failure(test);
                assert!(coloured.contains('\x1b'), "{coloured}");
                assert!(without_colours(&coloured).starts_with(&marked), "{coloured}");
            }
        }
        // Notes go past the capture.
        for note in plain.stderr().lines() {
            assert!(shown.contains(note), "{note}: {shown}");
        }
    }
}

/// Without the lines that mark what has changed where there are no colours.
fn without_marks(text: &str) -> String {
    let is_mark = |line: &&str| line.contains('^') && line.trim_matches([' ', '^']).is_empty();
    text.lines().filter(|line| !is_mark(line)).collect::<Vec<_>>().join("\n")
}

fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

#[test]
fn printed_command_records_the_test_again() {
    let app = app();
    let upstream = Upstream::chat("recorded again");
    let command = "cargo test --test api -- no_fixture_yet --exact";
    let failure = app.failure("no_fixture_yet");
    assert!(failure.contains(&format!("LLMOCK_MODE=record {command}")), "{failure}");

    let words = command.split(' ').skip(1);
    let ran = app
        .scratch()
        .cargo(".", words)
        .env("LLMOCK_MODE", "record")
        .env("CARGO_NET_OFFLINE", "true")
        .env("OPENAI_BASE_URL", upstream.openai_url())
        .output();
    assert!(ran.success, "{}", ran.everything());
    assert_eq!(ran.passed(), ["no_fixture_yet"]);
    assert_eq!(app.note("no_fixture_yet"), "");

    // Once more with everything that it asked: nothing is left to record.
    let again = app.scratch().read("tests/fixtures/not/yet.json");
    assert!(again.contains("recorded again") && again.contains("\"hash\": \"2:"), "{again}");
}

#[test]
fn nextest_output_names_the_nextest_command() {
    if !has_nextest() {
        return;
    }
    let app = app();
    let words = ["nextest", "run", "--offline", "a_swallowed_miss"];
    let ran = app.scratch().cargo(".", words).output();
    assert!(!ran.success, "{}", ran.everything());
    let command = "LLMOCK_MODE=record cargo nextest run --test api -E 'test(=a_swallowed_miss)'";
    assert!(ran.stderr().contains(command), "{}", ran.everything());
}

#[test]
fn ledger_lists_the_events_of_the_last_run() {
    let app = app();
    let api = app.alone("api", "ledger");
    app.scratch().test(&api, ["all_matched", "a_swallowed_miss", "--exact"]).output();
    let text = app.scratch().read("ledger/llmock/last-run.jsonl");
    let lines =
        || text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let of = |test: &str| lines().find(|line| line["test"] == test).expect(&text);
    let line = of("api::all_matched");
    assert_eq!(line["verdict"], "passed", "{text}");
    assert_eq!(line["mode"], "replay", "{text}");
    // A miss has what `llmock dashboard` needs to accept it.
    let miss = &of("api::a_swallowed_miss")["misses"][0];
    assert_eq!(
        (&miss["reason"], &miss["interaction"]),
        (&"body_differs".into(), &1.into()),
        "{text}"
    );
    let sent = miss["sent"].as_str().expect(&text);
    let sent: serde_json::Value = serde_json::from_str(sent).unwrap();
    assert_eq!(sent["messages"][0]["content"], "Summarise: the quick brown foxes", "{text}");
}
