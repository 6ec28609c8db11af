//! Sweeps of programs that handle failing responses badly, and of programs that handle them well.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use llmock_testkit::scratch::{App, Ran, fixture};

/// A recorded stream of these texts, of a last one, and of the terminator.
fn stream(prompt: &str, texts: &[&str]) -> String {
    let delta = |text: &&str| {
        format!(
            r#"{{"choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]}}"#
        )
    };
    let last = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let ends = [last.to_owned(), "\"[DONE]\"".into()];
    let events: Vec<String> = texts.iter().map(delta).chain(ends).collect();
    let mut text = String::new();
    for (at, event) in events.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{{\"data\":{event}}}");
    }
    let request = format!(
        r#"{{"model":"gpt-5","stream":true,"messages":[{{"role":"user","content":"{prompt}"}}]}}"#
    );
    format!(
        r#"{{"llmock":1,"interactions":[{{"provider":"openai","request":{{"method":"POST","path":"/v1/chat/completions","body":{request}}},"response":{{"status":200,"headers":{{"content-type":"text/event-stream"}},"stream":{{"framing":"sse","events":[{text}]}}}}}}]}}"#
    )
}

fn app() -> App {
    let tests = include_str!("programs/swept.rs");
    let whole = fixture(&[("whole", "good morning")]);
    let two = fixture(&[("whole", "good morning"), ("again", "good evening")]);
    App::open(
        "swept",
        &[
            ("tests/api.rs", tests),
            ("tests/fixtures/stream.json", &stream("stream", &["Good ", "morn", "ing"])),
            ("tests/fixtures/long.json", &stream("long", &["word "; 220])),
            ("tests/fixtures/whole.json", &whole),
            ("tests/fixtures/two.json", &two),
        ],
    )
}

/// The names of findings in the output of a test.
fn found(ran: &Ran) -> Vec<&'static str> {
    const NAMES: [&str; 6] = [
        "sweep_accepted_truncated",
        "sweep_hung",
        "sweep_panicked_elsewhere",
        "sweep_retried_in_vain",
        "sweep_ignored_retry_after",
        "sweep_retry_storm",
    ];
    let text = ran.everything();
    NAMES.into_iter().filter(|name| text.contains(name)).collect()
}

#[test]
fn a_sweep_finds_what_programs_do_wrong() {
    let app = app();
    let mut wrong = String::new();
    for (test, expected) in [
        ("accepts_a_truncated_stream", "sweep_accepted_truncated"),
        ("accepts_a_truncated_body", "sweep_accepted_truncated"),
        ("accepts_an_empty_body", "sweep_accepted_truncated"),
        ("waits_for_ever", "sweep_hung"),
        ("never_gives_up_on_an_error", "sweep_hung"),
        ("panics_in_a_thread", "sweep_panicked_elsewhere"),
        ("retries_a_wrong_key", "sweep_retried_in_vain"),
        ("retries_a_bad_request", "sweep_retried_in_vain"),
        ("does_not_wait_as_long_as_it_is_told", "sweep_ignored_retry_after"),
        ("storms_after_an_error", "sweep_retry_storm"),
    ] {
        let ran = app.run(&format!("bad::{test}"));
        if ran.success || found(&ran) != [expected] {
            let _ = write!(wrong, "=== {test}\n{}\n", ran.everything());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_sweep_of_a_good_program_finds_nothing() {
    let app = app();
    let ran = app.scratch().test(app.program("api"), ["good::"]).output();
    assert!(ran.success, "{}", ran.everything());
    assert_eq!(ran.passed().len(), 10, "{}", ran.everything());
    let lines = ran.everything().lines().filter(|line| line.contains(": swept ")).count();
    assert_eq!(lines, 10, "{}", ran.everything());
}

#[test]
fn a_sweep_that_cannot_be_made_fails_the_test() {
    let app = app();
    let nothing = app.failure("refused::sends_nothing");
    assert!(nothing.contains("the test sends no request"), "{nothing}");
    let program = include_str!("programs/swept.rs");
    let before = program.split("fn sends_nothing").next().unwrap();
    // The attribute is two lines above the function.
    let place = format!("tests/api.rs:{}:", before.lines().count() - 2);
    assert!(nothing.contains(&place), "{place}: {nothing}");
    let once = format!("llmock-once-{}", std::process::id());
    let ran = app.one("refused::works_once").env("ONCE", &once).output();
    let text = ran.only_failure("refused::works_once");
    assert!(text.contains("a swept test must be repeatable"), "{text}");
    let _ = std::fs::remove_dir(std::env::temp_dir().join(once));
}

/// A figure, which `.ci/run control` measures.
#[test]
#[ignore = "measures time, for which the machine must be idle; `.ci/run control` runs it"]
fn two_hundred_cuts_take_a_few_seconds() {
    const MOST: Duration = Duration::from_secs(5);
    const EMPTY: u32 = 20;
    let app = app();
    let begun = Instant::now();
    let ran = app.one("long").env("LLMOCK_SWEEP", "cuts").env("LLMOCK_SWEEP_MAX", "200").output();
    let took = begun.elapsed();
    assert!(ran.success && ran.everything().contains("swept 200 of "), "{}", ran.everything());
    let begun = Instant::now();
    for _ in 0..EMPTY {
        assert!(app.run("empty").success);
    }
    let empty = (begun.elapsed() / EMPTY).as_secs_f64() * 1e3;
    let (cuts, each) = (took.as_secs_f64(), took.as_secs_f64() * 1e3 / 200.0);
    let _ = writeln!(
        std::io::stderr(),
        "200 cuts took {cuts:.1} s, {each:.1} ms each; a process with an empty test takes {empty:.1} ms"
    );
    assert!(took < MOST, "{took:?}");
}

#[test]
fn variables_decide_about_sweeps() {
    let app = app();
    let everything = |run: llmock_testkit::scratch::Run| run.output().everything();
    assert!(!everything(app.one("plain")).contains("swept"));
    let text = everything(app.one("plain").env("LLMOCK_SWEEP", "errors"));
    assert!(text.contains("swept 6 faults"), "{text}");
    let capped = app.one("plain").env("LLMOCK_SWEEP", "errors").env("LLMOCK_SWEEP_MAX", "4");
    let text = everything(capped);
    assert!(text.contains("swept 4 of 6 faults (LLMOCK_SWEEP_MAX)"), "{text}");
    let off = app.one("bad::accepts_a_truncated_stream").env("LLMOCK_SWEEP", "off").output();
    assert!(off.success, "{}", off.everything());
}

#[test]
fn attribute_and_file_have_faults_and_chunks() {
    let app = app();
    assert!(app.run("faulty").success, "{}", app.run("faulty").everything());
    for toml in [
        "stream = { chunks = 'adversarial', seed = 7, pace = 2.0 }",
        "stream = { chunks = [1, 5, 2, 13], pace = 'recorded' }",
        "[[fault]]\nmalformed_event = 1\nmodel = 'other'",
    ] {
        app.scratch().write("llmock.toml", toml);
        assert!(app.run("streamed").success, "{toml}: {}", app.run("streamed").everything());
    }
    for (toml, sentence) in [
        ("fault = { malformed_event = 1 }", "the stream is not whole"),
        ("fault = [{ status = 503 }, { refused = true, model = 'x' }]", "status 503"),
        (
            "stream = { chunk = 'event' }",
            "unknown field `chunk` of `stream`; did you mean `chunks`?",
        ),
        (
            "fault = { status = 200 }",
            "llmock.toml:1:20`: `fault`: invalid `status` `200`: expected",
        ),
        ("stream = 'event'", "`stream`: expected a table, or an array of tables, such as"),
    ] {
        app.scratch().write("llmock.toml", toml);
        let text = app.failure("streamed");
        assert!(text.contains(sentence), "{toml}: {text}");
    }
    app.scratch().write("llmock.toml", "");
}
