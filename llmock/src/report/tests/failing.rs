//! One snapshot for every failure that is not a miss.

use super::*;
use crate::report::Silence;
use crate::report::render::opening;
use crate::report::{
    ChangedResponse, Failure, Handle, IdleInteraction, Note, Through, Unfaithful, Unreached,
};

fn failing(failure: Failure) -> String {
    let mut report = report();
    let recording = matches!(
        failure,
        Failure::UpstreamError { .. }
            | Failure::Unwritable { .. }
            | Failure::SelfCheck { .. }
            | Failure::TruncatedReplacement { .. }
            | Failure::DrainTimeout { .. }
    );
    report.mode = if recording { "record" } else { "replay" };
    report.failures.push(failure);
    plain(&report)
}

fn refused(status: u16, message: Option<&str>, key: Option<&str>) -> Failure {
    Failure::UpstreamError {
        provider: "openai",
        method: "POST".into(),
        path: "/v1/chat/completions".into(),
        status,
        inside: false,
        message: message.map(Into::into),
        key: key.map(Into::into),
    }
}

fn no_requests(unreached: Unreached) -> Failure {
    Failure::NoRequests(Box::new(unreached))
}

#[test]
fn no_request_at_all_is_a_failure_with_remedies() {
    let failure = no_requests(Unreached {
        variables: vec!["OPENAI_BASE_URL".into(), "OPENAI_API_BASE".into()],
        proxies: vec![("HTTPS_PROXY".into(), "127.0.0.1:9".into())],
        ..Unreached::default()
    });
    insta::assert_snapshot!(failing(failure), @r#"
    llmock: no request reached llmock, so this test has replayed nothing

      `HTTPS_PROXY` sends clients to 127.0.0.1:9: set NO_PROXY=127.0.0.1,localhost
      your client probably ignores `OPENAI_BASE_URL` and `OPENAI_API_BASE`; ways to reach llmock:
        · if it takes a URL: add the parameter `mock: LlmMock` and pass `mock.base_url(..)`
        · if it reads another variable: env(MY_LLM_URL = "{base}/openai/v1")
        · if it is built before the first test: `llmock::preload!()` in the test crate
        · if its address is fixed: proxy = true (plain http), intercept = true (https)
        · if the test calls no model: calls = 0
    "#);
    let handle = no_requests(Unreached { handle: Handle::Used, ..Unreached::default() });
    insta::assert_snapshot!(failing(handle), @"
    llmock: no request reached llmock, so this test has replayed nothing

      your client probably uses another server; ways to reach llmock:
        · pass `mock.base_url(..)` to the client: a test with an `LlmMock` sets no variables
        · if the test calls no model: calls = 0
    ");
}

#[test]
fn connections_without_a_request_are_explained() {
    let failure = no_requests(Unreached {
        variables: vec!["OPENAI_BASE_URL".into()],
        silences: vec![Silence::Tls, Silence::HeadTooLarge, Silence::Incomplete, Silence::NotHttp],
        ..Unreached::default()
    });
    insta::assert_snapshot!(failing(failure), @"
    llmock: no request reached llmock, so this test has replayed nothing

      a client began TLS on llmock's port, which speaks plain HTTP: its base URL must begin with http://
      a client sent a request with more than 100 headers, or with a head that is too large: llmock refused it
      a client connected to llmock and sent only the beginning of a request
      a client connected to llmock and sent something other than HTTP
    ");
}

#[test]
fn a_client_that_was_built_before_the_proxy_variables_is_suspected() {
    let cases = [
        (true, false, "if it was built before this test set HTTP_PROXY (a `static`?)"),
        (false, true, "if it was built before this test set HTTPS_PROXY and SSL_CERT_FILE (a"),
        (
            true,
            true,
            "if it was built before this test set HTTP_PROXY, HTTPS_PROXY and SSL_CERT_FILE",
        ),
    ];
    for (proxy, intercept, expected) in cases {
        let failure = no_requests(Unreached {
            through: Through { proxy, intercept },
            distrusted: vec!["llm.acme.dev".into()],
            ..Unreached::default()
        });
        let text = failing(failure);
        assert!(text.contains(expected) && !text.contains("proxy = true"), "{text}");
        assert!(
            text.contains("the client for `llm.acme.dev` rejected llmock's certificate"),
            "{text}"
        );
    }
}

#[test]
fn calls_are_counted() {
    insta::assert_snapshot!(failing(Failure::Calls { expected: 2, got: 1 }), @"
    llmock: 1 request reached llmock, expected 2 (`calls = 2`)

      if the new number is right, set `calls = 1`
    ");
    insta::assert_snapshot!(failing(Failure::Calls { expected: 0, got: 2 }), @"
    llmock: 2 requests reached llmock, expected 0 (`calls = 0`)

      `calls = 0` declares that a test calls no model; remove it if this one does
    ");
}

#[test]
fn unknown_fields_of_match_on_are_named() {
    let known = || vec!["messages".to_owned(), "model".to_owned()];
    let field = |field: &str| Failure::UnknownField { field: field.to_owned(), known: known() };
    insta::assert_snapshot!(failing(field("mesages")), @"llmock: no request and no recording has the field `mesages` of `match_on`; did you mean `messages`?");
    insta::assert_snapshot!(failing(field("input")), @"llmock: no request and no recording has the field `input` of `match_on`: expected `messages` or `model`");
}

#[test]
fn unused_interactions_are_listed() {
    let idle = |interaction, prompt: Option<&str>| IdleInteraction {
        lane: None,
        interaction,
        method: "POST".into(),
        path: "/v1/chat/completions".into(),
        prompt: prompt.map(Into::into),
    };
    let interactions = vec![idle(2, Some("What is \"new\"?")), idle(3, None)];
    insta::assert_snapshot!(failing(Failure::Unused { interactions }), @r#"
    llmock: 2 interactions of this test were not used (`unused = "fail"`): tests/fixtures/summarize.json

      #2 POST /v1/chat/completions  "What is \"new\"?"
      #3 POST /v1/chat/completions

      if the test no longer needs them, record it again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn mocks_speak_in_wiremocks_words() {
    let text = "Verifications failed:\n\n- Mock #0.\n\tExpected range of matching incoming requests: == 1\n\tNumber of matched incoming requests: 0\n";
    let sent = vec![("POST".into(), "/v1/chat/completions".into(), 2)];
    insta::assert_snapshot!(failing(Failure::MockExpectations { text: text.into(), sent }), @r#"
    llmock: unmet `Mock` expectations

      Verifications failed:
      - Mock #0.
        Expected range of matching incoming requests: == 1
        Number of matched incoming requests: 0
      requests that arrived: POST /v1/chat/completions (2 times)
      the `Mock`s count from 0 in the order of `mount`; to see a name here, give it one with `.named("...")`
    "#);
}

#[test]
fn a_provider_that_refuses_is_quoted() {
    let mut report = report();
    report.mode = "record";
    report.failures =
        vec![refused(401, Some("Incorrect API key provided"), Some("OPENAI_API_KEY"))];
    report.notes =
        vec![Note::AttemptKept { path: "tests/fixtures/summarize.json.failed".into(), count: 2 }];
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: openai responded with 401 to POST /v1/chat/completions, so it was not recorded

      its message: "Incorrect API key provided"
      the provider does not accept the key that the client sent

      if the test is about this error, record it: allow_errors(401)

      kept 2 interactions in tests/fixtures/summarize.json.failed, in the format of fixtures

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
    insta::assert_snapshot!(failing(refused(403, None, None)), @"
    llmock: openai responded with 403 to POST /v1/chat/completions, so it was not recorded

      the key that the client sent may not use this model or endpoint

      if the test is about this error, record it: allow_errors(403)
      no response was recorded, so nothing is lost

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
    insta::assert_snapshot!(failing(refused(429, None, Some("OPENAI_API_KEY"))), @"
    llmock: openai responded with 429 to POST /v1/chat/completions, so it was not recorded

      the rate limit was exceeded, or the account has no credit left

      if the test is about this error, record it: allow_errors(429)
      no response was recorded, so nothing is lost

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
    insta::assert_snapshot!(failing(refused(503, None, None)), @"
    llmock: openai responded with 503 to POST /v1/chat/completions, so it was not recorded

      the provider failed

      if the test is about this error, record it: allow_errors(503)
      no response was recorded, so nothing is lost

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
}

#[test]
fn a_file_that_cannot_be_written_or_read_is_named() {
    let unwritable = Failure::Unwritable {
        path: "tests/fixtures/summarize.json".into(),
        why: "permission denied".into(),
    };
    insta::assert_snapshot!(failing(unwritable), @"
    llmock: failed to write `tests/fixtures/summarize.json`: permission denied

      nothing was written

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
    let unreadable = Failure::FixtureUnreadable {
        error: "failed to load fixture `tests/fixtures/summarize.json`: line 14: unknown field `respone`, did you mean `response`?".into(),
        command: None,
    };
    insta::assert_snapshot!(failing(unreadable), @"
    llmock: failed to load fixture `tests/fixtures/summarize.json`: line 14: unknown field `respone`, did you mean `response`?

      repair it, or delete it and record the test again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
}

#[test]
fn what_went_wrong_while_closing_is_said() {
    let unfaithful = |interaction, prompt: Option<&str>| Unfaithful {
        interaction,
        method: "POST".into(),
        path: "/v1/chat/completions".into(),
        prompt: prompt.map(str::to_owned),
        why: "no recording matches the request that the client sent".into(),
    };
    let interactions = vec![unfaithful(1, Some("Hello")), unfaithful(4, None)];
    insta::assert_snapshot!(failing(Failure::SelfCheck { interactions }), @r#"
    llmock: interactions #1 and #4 would not replay as recorded

      #1 POST /v1/chat/completions  "Hello": no recording matches the request that the client sent
      #4 POST /v1/chat/completions: no recording matches the request that the client sent
      the fixture is unchanged
    "#);
    let responses = vec![ChangedResponse {
        interaction: 2,
        method: "POST".to_owned(),
        path: "/v1/chat/completions".to_owned(),
        secrets: vec![("GATEWAY_TOKEN".to_owned(), "$.choices[0].text".to_owned())],
    }];
    insta::assert_snapshot!(failing(Failure::ResponsesRedacted { responses }), @r#"
    llmock: redaction changed 1 response that this test received, so nothing was recorded

      #2 POST /v1/chat/completions: `GATEWAY_TOKEN` at $.choices[0].text
      in replay the test would receive placeholders in their place
      if it may: allow_redacted("GATEWAY_TOKEN")
    "#);
    insta::assert_snapshot!(failing(Failure::TruncatedReplacement { interactions: vec![2] }), @"
    llmock: the new recording of #2 was cut off; the complete one was kept

      the fixture is unchanged
      to record a response that is cut off, remove it from the file and record again

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
    insta::assert_snapshot!(failing(Failure::DrainTimeout { seconds: 30, streams: 1 }), @"
    llmock: 1 stream from the provider was still open 30 s after the test

      the fixture is unchanged; to wait longer, set LLMOCK_DRAIN_TIMEOUT=120

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
}

#[test]
fn a_session_that_cannot_open_says_why() {
    let cases = [
        Failure::Settings { error: "`LLMOCK_MODE` is `recrod`, expected `replay`, `record`, `auto`, `refresh`, `verify`, or `off`; did you mean `record`?".into() },
        Failure::CiRecord { mode: crate::mode::Mode::Record, set_by: "`LLMOCK_MODE`".into() },
        Failure::NestedSession { outer: "api::outer".into(), inner: "api::inner".into() },
        Failure::TurnTimeout { holder: "api::slow".into(), seconds: 300 },
        Failure::UnknownCase { function: "api::cases".into() },
        Failure::NoPlace { tried: vec!["/a/tests/fixtures".into(), "/b/tests/fixtures".into()] },
        Failure::ServerFailed { why: "address in use".into() },
    ];
    let text: Vec<String> =
        cases.iter().map(|failure| opening(failure, Style::default())).collect();
    insta::assert_snapshot!(text.join("\n\n"), @"
    llmock: `LLMOCK_MODE` is `recrod`, expected `replay`, `record`, `auto`, `refresh`, `verify`, or `off`; did you mean `record`?

    llmock: mode `record` (from `LLMOCK_MODE`) is refused in CI (`CI` is set)

      record on your machine and commit the fixture, or set LLMOCK_ALLOW_CI_RECORD=1

    llmock: `api::inner` has #[llm_replay], and it was called by a test that has it too, `api::outer`

      remove #[llm_replay] from `api::inner`; the attribute of the test covers what it calls

    llmock: waited 300 s for the environment guard, held by test `api::slow`

      two locks taken in different orders deadlock: put #[llm_replay] above #[serial]
      in every test, or take a handle, which needs no guard: `mock: LlmMock`
      if that test is only slow: LLMOCK_TURN_TIMEOUT=600

    llmock: cannot tell the cases of `api::cases` apart: its thread has no name

      run the body on the test's own thread, or make each case a test function

    llmock: no folder for the fixture was found

      tried, in this order:
        /a/tests/fixtures
        /b/tests/fixtures
      set LLMOCK_WORKSPACE_ROOT to the root of the workspace; with Bazel, declare fixtures as data

    llmock: the local server failed to start: address in use
    ");
}

#[test]
fn several_failures_share_one_block() {
    let mut report = with_misses([miss(MissReason::NoFixtureFile)]);
    report.failures.push(Failure::MockExpectations { text: "- Mock #0.".into(), sent: Vec::new() });
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 1 request had no response: there is no tests/fixtures/summarize.json yet

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"

      × unmet `Mock` expectations
        - Mock #0.
        the `Mock`s count from 0 in the order of `mount`; to see a name here, give it one with `.named("...")`

      Record the test once (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
    report.misses.clear();
    report.failures.extend(report.failures.clone());
    report.failures.push(Failure::Calls { expected: 2, got: 1 });
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 2 problems with tests/fixtures/summarize.json

      × unmet `Mock` expectations
        - Mock #0.
        the `Mock`s count from 0 in the order of `mount`; to see a name here, give it one with `.named("...")`

      × 1 request reached llmock, expected 2 (`calls = 2`)
        if the new number is right, set `calls = 1`
    "#);
}
