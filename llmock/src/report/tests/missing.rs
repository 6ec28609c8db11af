//! One snapshot for every other reason of a miss.

use super::*;
use crate::report::{Rule, answer};

#[test]
fn a_fixture_that_does_not_exist_is_recorded_once() {
    let mut report = with_misses([Miss { request: 1, ..miss(MissReason::NoFixtureFile) }]);
    report.tally = Tally::default();
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 1 request had no response: there is no tests/fixtures/summarize.json yet

      × POST /v1/chat/completions   openai gpt-4o · 1st request of this test
        prompt: "Summarise: The quick brown foxes"

      Record the test once (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn an_empty_fixture_says_so() {
    let mut report = with_misses([Miss { request: 1, prompt: None, ..miss(MissReason::Empty) }]);
    report.tally = Tally::default();
    insta::assert_snapshot!(plain(&report), @"
    llmock: 1 request had no response: tests/fixtures/summarize.json has no interactions

      × POST /v1/chat/completions   openai gpt-4o · 1st request of this test

      Record the test once (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
}

#[test]
fn an_unknown_endpoint_is_answered_with_the_known_ones() {
    let recorded =
        vec![endpoint("POST", "/v1/chat/completions", 2), endpoint("POST", "/v1/embeddings", 1)];
    let reason = MissReason::EndpointUnknown { recorded };
    let report = with_misses([Miss {
        method: "GET".into(),
        path: "/v1/models".into(),
        prompt: None,
        model: None,
        ..miss(reason)
    }]);
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 1 request is not in tests/fixtures/summarize.json

      × GET /v1/models   openai · 3rd request of this test
        the fixture has no recording of this endpoint, only of:
          POST /v1/chat/completions  openai, 2 times
          POST /v1/embeddings  openai

      If it is a background call that the test does not need, declare it, in #[llm_replay(..)]:
          side("GET /v1/models")
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn many_endpoints_are_counted() {
    let recorded = (0..9).map(|n| endpoint("GET", &format!("/v1/files/{n}"), 1)).collect();
    let report = with_misses([miss(MissReason::EndpointUnknown { recorded })]);
    assert!(plain(&report).contains("      and 4 more endpoints\n"));
}

#[test]
fn strict_order_names_what_was_used_and_what_comes_next() {
    let used = MissReason::AlreadyUsed { interaction: 2, by_request: 1 };
    let order = MissReason::WrongOrder {
        interaction: Some(3),
        expected: 2,
        endpoint: endpoint("POST", "/v1/embeddings", 1),
        prompt: None,
        differences: Vec::new(),
    };
    let mut report = with_misses([
        Miss { request: 2, ..miss(used) },
        miss(order),
        Miss {
            request: 4,
            ..miss(MissReason::WrongOrder {
                interaction: None,
                expected: 2,
                endpoint: endpoint("POST", "/v1/chat/completions", 1),
                prompt: None,
                differences: vec![difference("$.seed", Some("1"), Some("2"))],
            })
        },
    ]);
    report.rules = vec![Rule { rule: "order = \"strict\"".into(), origin: "attribute".into() }];
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 3 requests had no response from tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 2nd request of this test
        prompt: "Summarise: The quick brown foxes"
        #2 in the file matches, but the 1st request of this test already used it (`order = "strict"`)

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        it matches #3 in the file, but #2 comes next (POST /v1/embeddings, `order = "strict"`)

      × POST /v1/chat/completions   openai gpt-4o · 4th request of this test
        prompt: "Summarise: The quick brown foxes"
        no recorded request matches it, and #2 comes next (POST /v1/chat/completions, `order = "strict"`)
        - recorded, + sent

          $.seed
        -   1
        +   2

      rules in force: order = "strict" (attribute)

      If the order of the requests changes on every run, take `order = "strict"` off.
      If the change is on purpose, record the test again (this calls openai and needs OPENAI_API_KEY):
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn a_host_that_is_no_providers_is_named_with_two_ways_out() {
    let host = "http://llm.acme.dev:8080".to_owned();
    let missed = Miss { provider: "", model: None, ..miss(MissReason::UnknownHost { host }) };
    let text = plain(&with_misses([missed]));
    let sentence = "`http://llm.acme.dev:8080` is not the host of a provider that llmock knows; declare it: \
                    providers(name = \"http://llm.acme.dev:8080\"), or exclude it from the proxy: \
                    env(NO_PROXY = \"llm.acme.dev:8080\")";
    assert!(text.contains(sentence), "{text}");
}

#[test]
fn a_provider_without_an_address_is_declared() {
    let mut report = with_misses([miss(MissReason::NoUpstream { variables: Vec::new() })]);
    report.mode = "record";
    let sentence =
        "no upstream is configured for this provider; declare one: providers(name = \"https://";
    assert!(plain(&report).contains(sentence), "{}", plain(&report));
}

#[test]
fn strays_name_the_test_they_belong_to() {
    let mut report = with_misses([
        Miss { request: 1, ..miss(MissReason::Early { test: Some("api::before".into()) }) },
        Miss { request: 2, ..miss(MissReason::Late { test: "api::earlier".into() }) },
        Miss {
            provider: "",
            path: "/foo".into(),
            model: None,
            prompt: None,
            ..miss(MissReason::NoProvider)
        },
    ]);
    report.tally = Tally { used: 0, total: 1 };
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 3 requests had no response from tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 1st request of this test
        prompt: "Summarise: The quick brown foxes"
        the request started while test `api::before` was running

      × POST /v1/chat/completions   openai gpt-4o · 2nd request of this test
        prompt: "Summarise: The quick brown foxes"
        it belongs to test `api::earlier`, which has already ended

      × POST /foo   3rd request of this test
        its address does not name a provider that llmock knows
    "#);
}

#[test]
fn bodies_that_cannot_be_taken_say_why() {
    let report = with_misses([
        miss(MissReason::BodyTooLarge { limit: 16 * 1024 * 1024 }),
        miss(MissReason::BodyUnreadable { why: "`gzip` data ends too early".into() }),
    ]);
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 2 requests had no response from tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        its body is larger than 16 MiB; to raise the limit, set LLMOCK_MAX_BODY=64M

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        failed to read its body: `gzip` data ends too early
    "#);
}

#[test]
fn a_provider_that_cannot_be_reached_is_named() {
    let mut report = with_misses([
        Miss {
            request: 1,
            ..miss(MissReason::UpstreamFailed {
                upstream: "https://api.openai.com/v1".into(),
                why: "connection refused".into(),
            })
        },
        Miss {
            provider: "azure",
            request: 2,
            ..miss(MissReason::NoUpstream {
                variables: vec!["AZURE_OPENAI_ENDPOINT".into(), "AZURE_API_BASE".into()],
            })
        },
        miss(MissReason::RecordRefused { why: "the feature `record` of llmock is off".into() }),
    ]);
    report.mode = "record";
    insta::assert_snapshot!(plain(&report), @r#"
    llmock: 3 requests could not be recorded into tests/fixtures/summarize.json

      × POST /v1/chat/completions   openai gpt-4o · 1st request of this test
        prompt: "Summarise: The quick brown foxes"
        https://api.openai.com/v1 could not be reached: connection refused

      × POST /v1/chat/completions   azure gpt-4o · 2nd request of this test
        prompt: "Summarise: The quick brown foxes"
        no upstream is configured for this provider; set `AZURE_OPENAI_ENDPOINT` or `AZURE_API_BASE` before the test starts

      × POST /v1/chat/completions   openai gpt-4o · 3rd request of this test
        prompt: "Summarise: The quick brown foxes"
        it cannot be recorded: the feature `record` of llmock is off

      no response was recorded, so nothing is lost

      when the cause is fixed, run it again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}

#[test]
fn windows_learns_how_to_set_a_variable() {
    let report = with_misses([miss(MissReason::NoFixtureFile)]);
    let text = block(&report, Style { windows: true, ..Style::default() }).expect("it fails");
    assert!(
        text.ends_with("(in PowerShell: $env:LLMOCK_MODE = \"record\", then the command)"),
        "{text}"
    );
}

#[test]
fn the_client_reads_one_line_that_points_to_the_report() {
    let report = report();
    let message = |reason| answer::message(&miss(reason), &report.fixture);
    insta::assert_snapshot!(message(body_differs(prompt_and_knob())), @"llmock: no response for POST /v1/chat/completions: this request is not in tests/fixtures/summarize.json; the report at the end of this test has the details");
    insta::assert_snapshot!(message(MissReason::NoFixtureFile), @"llmock: no response for POST /v1/chat/completions: there is no tests/fixtures/summarize.json yet; the report at the end of this test has the details");
    insta::assert_snapshot!(message(MissReason::Late { test: "api::earlier".into() }), @"llmock: no response for POST /v1/chat/completions: it belongs to test `api::earlier`, which has already ended");
    insta::assert_snapshot!(message(MissReason::Early { test: None }), @"llmock: no response for POST /v1/chat/completions: the request started before this test");
    insta::assert_snapshot!(message(MissReason::BodyTooLarge { limit: 1000 }), @"llmock: no response for POST /v1/chat/completions: its body is larger than 1000 bytes; to raise the limit, set LLMOCK_MAX_BODY=64M");
}
