//! What a passing test leaves: one line of notes, and one line of the ledger.

use super::*;
use crate::report::{Answered, Note, Outcome, Sign, Source, Verdict, ledger, notes, sentences};

fn line(notes: Vec<Note>) -> String {
    let mut report = report();
    report.notes = notes;
    notes::line(&report).expect("there are notes")
}

#[test]
fn a_replay_without_events_is_silent() {
    assert_eq!(notes::line(&report()), None);
    assert_eq!(block(&report(), Style::default()), None);
    assert_eq!(report().verdict(), Verdict::Passed);
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

#[test]
fn every_note_is_a_clause_of_one_line() {
    let all = vec![
        Note::NothingRecorded,
        Note::Unused { interactions: vec![1, 2, 3, 4, 5, 6, 7] },
        Note::Borrowed { interactions: vec![2], owner: "api::other".into() },
        Note::Repeated { interaction: 3, times: 2 },
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
            message: "llmock: no test is open".into(),
        },
        Note::PausedClock,
        Note::Retried { status: 429, times: 1 },
        Note::Cut { interaction: 2 },
        Note::AttemptKept { path: "tests/fixtures/a.json.failed".into(), count: 2 },
        Note::OnlyReplayedInCi { mode: "auto" },
    ];
    let text = line(all);
    assert!(!text.contains('\n'));
    insta::assert_snapshot!(text.replace("; ", "\n"), @"
    llmock: api::summarize: no request went to a provider, tests/fixtures/summarize.json is as it was
    7 interactions unused (#1, #2, #3, #4, #5 and 2 more)
    #2 borrowed from `api::other`
    #3 repeated 2 times
    POST /v1/messages began during test `api::earlier`, so it was refused and does not count
    the 2nd request came on a connection that was opened before this test, so it may not be this test's
    test `api::earlier`, which ran before, was recorded with the 2nd request and has not sent it: it may have left it behind
    meanwhile POST /v1/chat/completions was refused: no test is open
    the clock of this test's runtime is paused, so a request that is sent now runs into its client's timeout: call `tokio::time::pause()` after the requests, or `tokio::time::resume()` before them
    1 answer with status 429 not recorded, a retry succeeded
    the provider cut the answer of #2, which replays cut: record again, unless the test is about that
    2 interactions kept in tests/fixtures/a.json.failed
    `auto` only replays in CI
    ");
}

#[test]
fn what_the_process_says_in_passing() {
    insta::assert_snapshot!(
        sentences::recording_from("openai", "https://api.openai.com/v1", Some("OPENAI_API_KEY")), @"llmock: recording openai from https://api.openai.com/v1, key from OPENAI_API_KEY");
    insta::assert_snapshot!(sentences::recording_from("ollama", "http://localhost:11434", None), @"llmock: recording ollama from http://localhost:11434, no key variable set");
    insta::assert_snapshot!(sentences::waiting_for_turn("api::slow", 60), @"llmock: waiting for the turn held by test `api::slow` for 60 s; if both use #[serial], put #[llm_replay] above it");
    insta::assert_snapshot!(sentences::dropped_unfinished("api::a", Some("a.json.failed")), @"llmock: `api::a` was dropped before `finish()`, so nothing was checked or written; its recording is kept in `a.json.failed`");
    insta::assert_snapshot!(sentences::belongs_to_llmock("OPENAI_BASE_URL"), @"this process's OPENAI_BASE_URL belongs to llmock; annotate the test with #[llm_replay] or set LLMOCK_MODE=off");
    insta::assert_snapshot!(sentences::dropped_unfinished("api::a", None), @"llmock: `api::a` was dropped before `finish()`, so nothing was checked or written");
}

#[test]
fn the_ledger_keeps_one_object_a_test() {
    insta::assert_snapshot!(ledger::line(&report()), @r##"{"test":"api::summarize","fixture":"tests/fixtures/summarize.json","mode":"replay","verdict":"passed","interactions":{"used":2,"total":3},"answered_by":{"fixture":2,"mock":0,"upstream":0,"nothing":0},"misses":[],"failures":[],"notes":[]}"##);
    insta::assert_snapshot!(ledger::refused_line(Some("openai"), "POST", "/v1/models", "llmock: no test is open"), @r#"{"refused":{"provider":"openai","method":"POST","path":"/v1/models","sentence":"no test is open"}}"#);
    let mut report = with_misses([miss(body_differs(vec![difference("$.seed", Some("1"), None)]))]);
    report.answered = Answered { fixture: 2, mock: 1, upstream: 0, nothing: 1 };
    report.notes.push(Note::Repeated { interaction: 1, times: 1 });
    insta::assert_snapshot!(ledger::line(&report), @r##"{"test":"api::summarize","fixture":"tests/fixtures/summarize.json","mode":"replay","verdict":"failed","interactions":{"used":2,"total":3},"answered_by":{"fixture":2,"mock":1,"upstream":0,"nothing":1},"misses":[{"request":3,"provider":"openai","method":"POST","path":"/v1/chat/completions","reason":"body_differs","sentence":"no recording has this body; closest is interaction #3 (91 % alike, recorded 2026-05-02)","differs_at":["$.seed"]}],"failures":[],"notes":[{"name":"repeated","sentence":"#1 repeated 1 time"}],"record":"LLMOCK_MODE=record cargo test --test api -- summarize --exact"}"##);
}

#[test]
fn a_body_that_fails_by_itself_is_told_apart() {
    let mut report = report();
    report.outcome = Outcome::ReturnedErr;
    assert_eq!(report.verdict(), Verdict::FailedItself);
    report.misses.push(miss(MissReason::Empty));
    assert_eq!(report.verdict(), Verdict::Failed);
}
