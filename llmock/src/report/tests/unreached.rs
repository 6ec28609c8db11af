//! What is said below the error of a body that failed before any request.

use super::*;
use crate::report::{Handle, Keys, Note, Outcome, Overwritten, Unreached};

#[test]
fn a_body_that_failed_before_any_request_gets_what_is_known() {
    let note = |unreached: Unreached| {
        let mut report = report();
        report.outcome = Outcome::Panicked;
        report.notes = vec![Note::NothingReached(Box::new(unreached))];
        plain(&report)
    };
    let overwritten = |variable: &str, now: Option<&str>| Overwritten {
        variable: variable.into(),
        now: now.map(Into::into),
    };
    insta::assert_snapshot!(note(Unreached {
        overwritten: vec![
            overwritten("OPENAI_BASE_URL", Some("http://127.0.0.1:9")),
            overwritten("OPENAI_API_BASE", None),
        ],
        ..Unreached::default()
    }), @"
    llmock: no request reached llmock before the test failed, so nothing was replayed from tests/fixtures/summarize.json

      `OPENAI_BASE_URL` no longer points to llmock: the program set it to http://127.0.0.1:9
      `OPENAI_API_BASE` no longer points to llmock: the program removed it
      something that runs in the test does that, such as a `.env` file that overrides: leave it out in tests, or pass `mock.base_url(..)` to the client
    ");
    insta::assert_snapshot!(note(Unreached {
        variables: vec!["OPENAI_BASE_URL".into()],
        contacted: Some("https://api.openai.com".into()),
        ..Unreached::default()
    }), @r#"
    llmock: no request reached llmock before the test failed, so nothing was replayed from tests/fixtures/summarize.json

      its error says that the client went to https://api.openai.com, which is not llmock
      its address is in the program or its configuration, or it was built before llmock set `OPENAI_BASE_URL`; ways to reach llmock:
        · if it takes a URL: add the parameter `mock: LlmMock` and pass `mock.base_url(..)`
        · if it reads another variable: env(MY_LLM_URL = "{base}/openai/v1")
        · if it is built before the first test: `llmock::preload!()` in the test crate
        · if its address is fixed: proxy = true (plain http), intercept = true (https)
    "#);
    insta::assert_snapshot!(note(Unreached { handle: Handle::Unused, ..Unreached::default() }), @"
    llmock: no request reached llmock before the test failed, so nothing was replayed from tests/fixtures/summarize.json

      the test takes an `LlmMock` and never asks it for an address: pass `mock.base_url(..)` to the client
    ");
    insta::assert_snapshot!(note(Unreached { is_fixture_missing: true, ..Unreached::default() }), @"
    llmock: there is no tests/fixtures/summarize.json yet, and no request reached llmock before the test failed

      record it; this needs the provider's key:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    ");
    insta::assert_snapshot!(note(Unreached {
        variables: vec!["OPENAI_BASE_URL".into()],
        keys: Keys { are_mentioned: true, providers: Some(vec!["openai".into()]), missing: Vec::new() },
        ..Unreached::default()
    }), @"
    llmock: no request reached llmock before the test failed, so nothing was replayed from tests/fixtures/summarize.json

      only openai has a placeholder key here, as the fixture has no other provider; for a client of another one, name it: providers(openai, anthropic)
    ");
    insta::assert_snapshot!(note(Unreached {
        is_recording: true,
        is_fixture_missing: true,
        keys: Keys { missing: vec!["OPENAI_API_KEY".into()], ..Keys::default() },
        ..Unreached::default()
    }), @r#"
    llmock: no request reached llmock before the test failed, so nothing was recorded into tests/fixtures/summarize.json

      recording needs the provider's key: set `OPENAI_API_KEY`
      your client probably ignores the base-URL variables; ways to reach llmock:
        · if it takes a URL: add the parameter `mock: LlmMock` and pass `mock.base_url(..)`
        · if it reads another variable: env(MY_LLM_URL = "{base}/openai/v1")
        · if it is built before the first test: `llmock::preload!()` in the test crate
        · if its address is fixed: proxy = true (plain http), intercept = true (https)
        · if the test calls no model: calls = 0

      when the cause is fixed, record the test again:
          LLMOCK_MODE=record cargo test --test api -- summarize --exact
    "#);
}
