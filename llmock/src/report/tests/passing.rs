//! What a passing test leaves: a line for each note, and one line of the ledger.

use super::*;
use crate::audit::Conclusion;
use crate::audit::prices::UsageSummary;
use crate::report::{
    Answered, Note, Outcome, RedactedPlace, RedactedSecret, Sign, Source, Unreached, ledger, notes,
    sentences,
};

fn line(notes: Vec<Note>) -> String {
    let mut report = report();
    report.notes = notes;
    notes::lines(&report).expect("there are notes")
}

#[test]
fn a_replay_without_events_is_silent() {
    assert_eq!(notes::lines(&report()), None);
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
        usage: UsageSummary::default(),
    };
    insta::assert_snapshot!(line(vec![recorded]), @"llmock: api::summarize: recorded 3 interactions from https://api.openai.com/v1 (key from OPENAI_API_KEY) → tests/fixtures/summarize.json (2 replaced, 1 dropped, 4 of other tests kept)");
    let plainly = Note::Recorded {
        count: 1,
        replaced: 0,
        dropped: 0,
        kept: 0,
        sources: Vec::new(),
        usage: UsageSummary::default(),
    };
    insta::assert_snapshot!(line(vec![plainly]), @"llmock: api::summarize: recorded 1 interaction → tests/fixtures/summarize.json");
}

fn secret(name: &str, in_response: bool, more: usize) -> RedactedSecret {
    let place = "$.messages[0].content".to_owned();
    let first = RedactedPlace { interaction: 1, in_response, place };
    RedactedSecret { name: name.to_owned(), first, more }
}

/// One of each kind, some of them twice.
fn every_note() -> Vec<Note> {
    vec![
        Note::Recorded {
            count: 1,
            replaced: 0,
            dropped: 0,
            kept: 0,
            sources: Vec::new(),
            usage: UsageSummary::default(),
        },
        Note::NothingRecorded,
        Note::Mixed { interactions: 2, rules: vec!["order = \"strict\""] },
        Note::Unused {
            interactions: (1..=7).map(|at| (at, None)).collect(),
            why_kept: Some("the test returned before its end"),
        },
        Note::Editing { count: 2, path: "tests/fixtures/summarize.json.pending".into() },
        Note::Removed { count: 2, path: "tests/fixtures/summarize.json.removed".into() },
        Note::Borrowed {
            interactions: vec![(2, Some("Say hi".into()))],
            owner: "api::other".into(),
        },
        Note::Repeated { interaction: 3, prompt: Some("Say hi".into()), times: 2 },
        Note::Skipped { reason: "no key on this machine".into() },
        Note::ReplyUnused { place: "tests/api.rs:12".into() },
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
        Note::Reconnected { times: 1 },
        Note::GivenUp { times: 2 },
        Note::Incomplete { method: "POST".into(), path: "/v1/messages".into(), times: 2 },
        Note::Cut { interaction: 2 },
        Note::ClientLeft { interaction: 3 },
        Note::HeadersNotStored { names: vec!["x-cost".into(), "x-id".into()] },
        Note::NothingReached(Box::new(Unreached {
            proxies: vec![("HTTP_PROXY".into(), "127.0.0.1:9".into())],
            ..Unreached::default()
        })),
        Note::Responses {
            interactions: vec![(1, Some("2026-05-02T10:00:00Z".into())), (2, None)],
            mocks: vec![("POST".into(), "/v1/chat/completions".into(), 2)],
            replies: 1,
            upstream: 0,
        },
        Note::LeadsElsewhere { server: "https://cdn.example.com".into() },
        Note::AttemptLost {
            path: "a.json.failed".into(),
            count: 1,
            why: "the disk is full".into(),
        },
        Note::AttemptKept { path: "tests/fixtures/a.json.failed".into(), count: 2 },
        Note::OnlyReplayedInCi { mode: "auto" },
        Note::MisspeltVariable { name: "LLMOCK_MOD".into(), meant: "LLMOCK_MODE" },
        Note::AdversarialChunks { seed: 7 },
        Note::Similar { interaction: 1, score: "0.96".into(), prompt: Some("Say hi.".into()) },
        Note::NotSimilar { why: "`a.vectors` has no vector of the text that was sent".into() },
        Note::LayersDiffer { layer: "../contracts/fixtures/a.json".into(), requests: 2 },
    ]
    .into_iter()
    .chain(concluded())
    .collect()
}

fn concluded() -> impl Iterator<Item = Note> {
    let codes = [
        "api_version",
        "stale",
        "contract",
        "context_size",
        "retired_model",
        "retired_endpoint",
        "cache_prefix",
        "verified",
        "drift_added",
        "not_verified",
    ];
    codes.into_iter().map(|code| {
        let message = format!("a conclusion about {code}");
        Note::Concluded(Conclusion { code, message, remedy: Some("record again: {record}".into()) })
    })
}

#[test]
fn every_note_is_a_line_of_its_own() {
    let text = line(every_note());
    assert_eq!(text.lines().count(), every_note().len());
    insta::assert_snapshot!(text, @r#"
    llmock: api::summarize: recorded 1 interaction → tests/fixtures/summarize.json
    llmock: api::summarize: no request was forwarded, so tests/fixtures/summarize.json is unchanged; if it should be recorded, look whether the client uses llmock's address
    llmock: api::summarize: 2 interactions of tests/fixtures/summarize.json have no owner beside those of this test, so `order = "strict"` does not hold for them; to give them an owner: llmock adopt tests/fixtures/summarize.json --owner api::summarize
    llmock: api::summarize: #1, #2, #3, #4, #5, and 2 more of tests/fixtures/summarize.json were not requested, and kept because the test returned before its end; if the test no longer needs this, record it again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: 2 requests without a recording got the response at the same place of tests/fixtures/summarize.json, and wait in tests/fixtures/summarize.json.pending; review it with `llmock review`, or record it: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: 2 interactions of tests/fixtures/summarize.json that the test no longer uses moved to tests/fixtures/summarize.json.removed; the next run in which the test passes deletes that file
    llmock: api::summarize: #2 ("Say hi") of tests/fixtures/summarize.json was recorded by test `api::other`; if `api::other` was renamed to this test, or should not share it, record this test: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: the test sent "Say hi" 2 more times than tests/fixtures/summarize.json has it, so the response of #3 was repeated; if each request needs a response of its own, record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact; to forbid it, set order = "strict"
    llmock: api::summarize: skipped: no key on this machine
    llmock: api::summarize: no request got the reply at tests/api.rs:12; if it is no longer needed, remove it
    llmock: api::summarize: POST /v1/messages started while test `api::earlier` was running, so llmock refused it and did not count it; wait for all tasks of a test before it ends
    llmock: api::summarize: the 2nd request used a connection that was opened before this test, so another test may have sent it; wait for all tasks of a test before it ends
    llmock: api::summarize: the 2nd request is recorded for test `api::earlier`, which ran before and did not send it, so that test may have sent it late; wait for all tasks of a test before it ends
    llmock: api::summarize: POST /v1/chat/completions was refused while this test ran: no test is running; wait for all tasks of a test before it ends
    llmock: api::summarize: the tokio clock of this test is paused, so client timeouts expire at once: call `tokio::time::pause()` after the requests, or `tokio::time::resume()` before them
    llmock: api::summarize: 1 response with status 429 was not recorded into tests/fixtures/summarize.json: a retry succeeded, so nothing is missing
    llmock: api::summarize: 2 responses with error 529 were not recorded into tests/fixtures/summarize.json: a retry succeeded, so nothing is missing
    llmock: api::summarize: the successful response to the 2nd request reports error 404 ("No endpoints found") and is recorded in tests/fixtures/summarize.json; unless the test needs the error, record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: redacted GATEWAY_TOKEN in the request of #1 ($.messages[0].content) and 2 more places and OPENAI_KEY in the response of #1 ($.messages[0].content) of tests/fixtures/summarize.json; read the diff before you commit it
    llmock: api::summarize: 1 request met a network fault and was not recorded into tests/fixtures/summarize.json: a retry succeeded, so nothing is missing
    llmock: api::summarize: 2 responses that the client had stopped waiting for were not recorded into tests/fixtures/summarize.json: a retry succeeded, so nothing is missing
    llmock: api::summarize: the client disconnected before it had sent the whole body of POST /v1/messages (2 times), so llmock ignored it
    llmock: api::summarize: the provider cut off the response of #2 of tests/fixtures/summarize.json, which replays that way; unless the test needs the cut, record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: the client disconnected before the response of #3 ended: what had arrived until then is in tests/fixtures/summarize.json and replays
    llmock: api::summarize: response headers that tests/fixtures/summarize.json does not keep: x-cost, x-id; a program that reads one of them finds nothing in replay
    llmock: api::summarize: no request reached llmock before the test failed, so nothing was replayed from tests/fixtures/summarize.json: `HTTP_PROXY` sends clients to 127.0.0.1:9: set NO_PROXY=127.0.0.1,localhost
    llmock: api::summarize: every request of the test had a response, from #1 (recorded 2026-05-02) and #2 in tests/fixtures/summarize.json, a `Mock` for POST /v1/chat/completions (2 times), and the test's own reply
    llmock: api::summarize: a recorded redirection of tests/fixtures/summarize.json sends the client to https://cdn.example.com, past llmock; if the client follows it, record what it finds there by a handle or a proxy
    llmock: api::summarize: 1 interaction could not be kept in a.json.failed: the disk is full
    llmock: api::summarize: kept 2 interactions in tests/fixtures/a.json.failed
    llmock: api::summarize: mode `auto` only replays in CI, so tests/fixtures/summarize.json is unchanged; to record there, set LLMOCK_ALLOW_CI_RECORD=1
    llmock: api::summarize: the variable `LLMOCK_MOD` is set, and nothing reads it: did you mean `LLMOCK_MODE`?
    llmock: api::summarize: streams were cut inside events and characters; `stream(chunks = "adversarial", seed = 7)` cuts them at the same places
    llmock: api::summarize: "Say hi." is not recorded in tests/fixtures/summarize.json: #1, whose request is 0.96 alike, responded; to test what the program sends now, record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: no similar request responded: `a.vectors` has no vector of the text that was sent
    llmock: api::summarize: layer file ../contracts/fixtures/a.json has another response than an earlier layer to 2 requests, and the earlier one is used; `llmock layers` shows which layers have the file; delete one of the two
    llmock: api::summarize: a conclusion about api_version; record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: a conclusion about stale; record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: a conclusion about contract; record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: a conclusion about context_size; record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: a conclusion about retired_model; record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: a conclusion about retired_endpoint; record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: a conclusion about cache_prefix; record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: a conclusion about verified; record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: a conclusion about drift_added; record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    llmock: api::summarize: a conclusion about not_verified; record again: LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn every_note_has_a_section_in_the_documentation() {
    let page = include_str!("../../../../docs/notes.md");
    let sections: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .filter(|name| !name.contains(' '))
        .collect();
    assert_eq!(sections, Note::NAMES);
    let all: std::collections::BTreeSet<_> = every_note().iter().map(Note::name).collect();
    assert_eq!(all, Note::NAMES.iter().copied().collect());
}

#[test]
fn what_the_process_says_in_passing() {
    insta::assert_snapshot!(
        sentences::recording_from("openai", "https://api.openai.com/v1", Some("OPENAI_API_KEY")), @"llmock: recording openai from https://api.openai.com/v1, key from OPENAI_API_KEY");
    insta::assert_snapshot!(sentences::recording_from("ollama", "http://localhost:11434", None), @"llmock: recording ollama from http://localhost:11434");
    insta::assert_snapshot!(sentences::waiting_for_guard("api::slow", 60), @"llmock: waiting for the environment guard, held by test `api::slow` for 60 s; if both tests use #[serial], put #[llm_replay] above it");
    insta::assert_snapshot!(sentences::dropped_unfinished("api::a", Some("a.json.failed")), @"llmock: `api::a` was dropped before `finish()`, so nothing was checked or written; its recording is kept in `a.json.failed`");
    insta::assert_snapshot!(sentences::belongs_to_llmock("OPENAI_BASE_URL"), @"OPENAI_BASE_URL of this process points to llmock; annotate the test with #[llm_replay] or set LLMOCK_MODE=off");
    insta::assert_snapshot!(sentences::dropped_unfinished("api::a", None), @"llmock: `api::a` was dropped before `finish()`, so nothing was checked or written");
}

#[test]
fn the_ledger_keeps_one_object_a_test() {
    insta::assert_snapshot!(ledger::line(&report()), @r#"{"test":"api::summarize","fixture":"tests/fixtures/summarize.json","mode":"replay","verdict":"passed","interactions":{"used":2,"total":3},"answered_by":{"fixture":2,"mock":0,"reply":0,"upstream":0,"nothing":0},"misses":[],"failures":[],"notes":[],"findings":[]}"#);
    insta::assert_snapshot!(ledger::refused_line(Some("openai"), "POST", "/v1/models", "llmock: no test is running"), @r#"{"refused":{"provider":"openai","method":"POST","path":"/v1/models","sentence":"no test is running"}}"#);
    let mut report = with_misses([miss(body_differs(vec![difference("$.seed", Some("1"), None)]))]);
    report.answered = Answered { fixture: 2, mock: 1, reply: 0, upstream: 0, nothing: 1 };
    report.notes.push(Note::Repeated { interaction: 1, prompt: None, times: 1 });
    insta::assert_snapshot!(ledger::line(&report), @r#"{"test":"api::summarize","fixture":"tests/fixtures/summarize.json","mode":"replay","verdict":"failed","interactions":{"used":2,"total":3},"answered_by":{"fixture":2,"mock":1,"reply":0,"upstream":0,"nothing":1},"misses":[{"request":3,"provider":"openai","method":"POST","path":"/v1/chat/completions","reason":"body_differs","sentence":"no recorded request matches this body; the closest is #3 in the file (recorded 2026-05-02)","differs_at":["$.seed"],"interaction":3}],"failures":[],"notes":[{"name":"repeated","sentence":"the test sent a request 1 more time than tests/fixtures/summarize.json has it, so the response of #1 was repeated"}],"findings":[{"code":"repeated","severity":"note","location":"api::summarize","message":"the test sent a request 1 more time than tests/fixtures/summarize.json has it, so the response of #1 was repeated"}],"record":"LLMOCK_MODE=record cargo test --test api -- summarize --exact","rerun":{"run":"cargo test --test api","test":"summarize","exact":true}}"#);
}

#[test]
fn a_body_that_fails_by_itself_is_told_apart() {
    let mut report = report();
    report.outcome = Outcome::ReturnedErr;
    assert_eq!(report.verdict(), "failed_itself");
    report.misses.push(miss(MissReason::Empty));
    assert_eq!(report.verdict(), "failed");
}
