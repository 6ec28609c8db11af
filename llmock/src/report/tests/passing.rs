//! What a passing test leaves: one line of notes, and one line of the ledger.

use super::*;
use crate::report::{
    Answered, Note, Outcome, RedactedPlace, RedactedSecret, Sign, Source, ledger, notes, sentences,
};

fn line(notes: Vec<Note>) -> String {
    let mut report = report();
    report.notes = notes;
    notes::line(&report).expect("there are notes")
}

#[test]
fn a_replay_without_events_is_silent() {
    assert_eq!(notes::line(&report()), None);
    assert_eq!(block(&report(), Style::default()), None);
    assert_eq!(report().verdict(), "passed");
}

#[test]
fn a_recording_says_what_it_wrote_and_where_from() {
    let recorded = Note::Recorded {
        count: 3,
        replaced: 2,
        dropped: 1,
        kept: 4,
        sources: vec![Source {
            provider: "openai",
            upstream: "https://api.openai.com/v1".into(),
            key: Some("OPENAI_API_KEY".into()),
        }],
    };
    insta::assert_snapshot!(line(vec![recorded]), @"llmock: api::summarize: recorded 3 interactions from https://api.openai.com/v1 (key from OPENAI_API_KEY) → tests/fixtures/summarize.json (2 replaced, 1 dropped, 4 of other tests kept)");
    let plainly =
        Note::Recorded { count: 1, replaced: 0, dropped: 0, kept: 0, sources: Vec::new() };
    insta::assert_snapshot!(line(vec![plainly]), @"llmock: api::summarize: recorded 1 interaction → tests/fixtures/summarize.json");
}

fn secret(name: &str, in_response: bool, more: usize) -> RedactedSecret {
    let place = "$.messages[0].content".to_owned();
    let first = RedactedPlace { interaction: 1, in_response, place };
    RedactedSecret { name: name.to_owned(), first, more }
}

#[test]
fn every_note_is_a_clause_of_one_line() {
    let all = vec![
        Note::NothingRecorded,
        Note::Unused { interactions: vec![1, 2, 3, 4, 5, 6, 7] },
        Note::Borrowed { interactions: vec![2], owner: "api::other".into() },
        Note::Repeated { interaction: 3, prompt: Some("Say hi".into()), times: 2 },
        Note::Stray {
            method: "POST".into(),
            path: "/v1/messages".into(),
            test: Some("api::earlier".into()),
        },
        Note::LeftBehind { request: 2, sign: Sign::Connection { test: None } },
        Note::LeftBehind { request: 2, sign: Sign::Recording { test: "api::earlier".into() } },
        Note::Refused {
            method: "POST".into(),
            path: "/v1/chat/completions".into(),
            message: "llmock: no test is running".into(),
        },
        Note::PausedClock,
        Note::Retried { status: 429, inside: false, times: 1 },
        Note::Retried { status: 529, inside: true, times: 2 },
        Note::ErrorInside { request: 2, status: 404, message: Some("No endpoints found".into()) },
        Note::Redacted {
            secrets: vec![secret("GATEWAY_TOKEN", false, 2), secret("OPENAI_KEY", true, 0)],
        },
        Note::Cut { interaction: 2 },
        Note::HeadersNotStored { names: vec!["x-cost".into(), "x-id".into()] },
        Note::NothingReached {
            proxies: vec![("HTTP_PROXY".into(), "127.0.0.1:9".into())],
            distrusted: Vec::new(),
        },
        Note::LeadsElsewhere { server: "https://cdn.example.com".into() },
        Note::AttemptKept { path: "tests/fixtures/a.json.failed".into(), count: 2 },
        Note::OnlyReplayedInCi { mode: "auto" },
    ];
    let text = line(all);
    assert!(!text.contains('\n'));
    insta::assert_snapshot!(text.replace("; ", "\n"), @r#"
    llmock: api::summarize: no request was forwarded, so tests/fixtures/summarize.json is unchanged
    7 interactions not used (#1, #2, #3, #4, #5, and 2 more)
    #2 was recorded by another test, `api::other`
    #3 ("Say hi") was requested 2 more times than it was recorded, so its response was repeated
    POST /v1/messages started while test `api::earlier` was running, so llmock refused it and did not count it
    the 2nd request used a connection that was opened before this test, so another test may have sent it
    the 2nd request is recorded for test `api::earlier`, which ran before and did not send it, so that test may have sent it late
    POST /v1/chat/completions was refused while this test ran: no test is running
    the tokio clock of this test is paused, so client timeouts expire at once: call `tokio::time::pause()` after the requests, or `tokio::time::resume()` before them
    1 response with status 429 was not recorded: a retry succeeded
    2 responses with error 529 were not recorded: a retry succeeded
    the successful response to the 2nd request reports error 404 ("No endpoints found")
    redacted GATEWAY_TOKEN in the request of #1 ($.messages[0].content) and 2 more places and OPENAI_KEY in the response of #1 ($.messages[0].content)
    the response of #2 was cut off by the provider and replays that way: record again, unless the test needs it
    response headers that are not stored: x-cost, x-id
    no request reached llmock before the test failed: `HTTP_PROXY` sends clients to 127.0.0.1:9
    set NO_PROXY=127.0.0.1,localhost
    a recorded redirection sends the client to https://cdn.example.com, past llmock
    kept 2 interactions in tests/fixtures/a.json.failed
    `auto` only replays in CI
    "#);
}

#[test]
fn what_the_process_says_in_passing() {
    insta::assert_snapshot!(
        sentences::recording_from("openai", "https://api.openai.com/v1", Some("OPENAI_API_KEY")), @"llmock: recording openai from https://api.openai.com/v1, key from OPENAI_API_KEY");
    insta::assert_snapshot!(sentences::recording_from("ollama", "http://localhost:11434", None), @"llmock: recording ollama from http://localhost:11434, no key variable set");
    insta::assert_snapshot!(sentences::waiting_for_guard("api::slow", 60), @"llmock: waiting for the environment guard, held by test `api::slow` for 60 s; if both tests use #[serial], put #[llm_replay] above it");
    insta::assert_snapshot!(sentences::dropped_unfinished("api::a", Some("a.json.failed")), @"llmock: `api::a` was dropped before `finish()`, so nothing was checked or written; its recording is kept in `a.json.failed`");
    insta::assert_snapshot!(sentences::belongs_to_llmock("OPENAI_BASE_URL"), @"OPENAI_BASE_URL of this process points to llmock; annotate the test with #[llm_replay] or set LLMOCK_MODE=off");
    insta::assert_snapshot!(sentences::dropped_unfinished("api::a", None), @"llmock: `api::a` was dropped before `finish()`, so nothing was checked or written");
}

#[test]
fn the_ledger_keeps_one_object_a_test() {
    insta::assert_snapshot!(ledger::line(&report()), @r##"{"test":"api::summarize","fixture":"tests/fixtures/summarize.json","mode":"replay","verdict":"passed","interactions":{"used":2,"total":3},"answered_by":{"fixture":2,"mock":0,"upstream":0,"nothing":0},"misses":[],"failures":[],"notes":[]}"##);
    insta::assert_snapshot!(ledger::refused_line(Some("openai"), "POST", "/v1/models", "llmock: no test is running"), @r#"{"refused":{"provider":"openai","method":"POST","path":"/v1/models","sentence":"no test is running"}}"#);
    let mut report = with_misses([miss(body_differs(vec![difference("$.seed", Some("1"), None)]))]);
    report.answered = Answered { fixture: 2, mock: 1, upstream: 0, nothing: 1 };
    report.notes.push(Note::Repeated { interaction: 1, prompt: None, times: 1 });
    insta::assert_snapshot!(ledger::line(&report), @r##"{"test":"api::summarize","fixture":"tests/fixtures/summarize.json","mode":"replay","verdict":"failed","interactions":{"used":2,"total":3},"answered_by":{"fixture":2,"mock":1,"upstream":0,"nothing":1},"misses":[{"request":3,"provider":"openai","method":"POST","path":"/v1/chat/completions","reason":"body_differs","sentence":"no recording matches this body; the closest is interaction #3 (91% similar, recorded 2026-05-02)","differs_at":["$.seed"]}],"failures":[],"notes":[{"name":"repeated","sentence":"#1 was requested 1 more time than it was recorded, so its response was repeated"}],"record":"LLMOCK_MODE=record cargo test --test api -- summarize --exact"}"##);
}

#[test]
fn a_body_that_fails_by_itself_is_told_apart() {
    let mut report = report();
    report.outcome = Outcome::ReturnedErr;
    assert_eq!(report.verdict(), "failed_itself");
    report.misses.push(miss(MissReason::Empty));
    assert_eq!(report.verdict(), "failed");
}
