//! Tests that fail in every way that llmock knows; `spawned_failures.rs` runs them one by one.
#![deny(unsafe_code)]

use std::time::Duration;

use client::{ask, ask_at, send, try_ask, try_ask_at};
use llmock::{LlmMock, Provider, llm_replay};

#[llm_replay(fixture = "known", unused = "ignore")]
#[test]
fn all_matched() {
    assert_eq!(ask("Summarise: the quick brown fox"), "A fox.");
}

#[llm_replay(fixture = "known")]
#[test]
fn a_swallowed_miss() {
    let _ = try_ask("Summarise: the quick brown foxes");
}

#[llm_replay(fixture = "known")]
#[tokio::test(flavor = "multi_thread")]
async fn a_swallowed_miss_in_a_task(mock: LlmMock) {
    let base_url = mock.base_url(Provider::OpenAI);
    tokio::spawn(async move { _ = try_ask_at(&base_url, "Translate: cheese") }).await.unwrap();
}

#[llm_replay(fixture = "known")]
#[test]
fn a_panic_after_a_miss() {
    let answer = try_ask("Summarise: the slow fox");
    assert!(answer.is_ok(), "the body's own words");
}

#[llm_replay(fixture = "known")]
#[test]
fn a_panic_without_a_miss() {
    assert_eq!(ask("Summarise: the quick brown fox"), "A dog.");
}

#[llm_replay(fixture = "known")]
#[test]
fn an_error_after_a_miss() -> Result<(), String> {
    try_ask("Summarise: the slow fox").map(|_| ())
}

struct Mute;

impl std::fmt::Debug for Mute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mute")
    }
}

#[llm_replay(fixture = "known")]
#[test]
fn success_after_a_miss() -> Result<(), Mute> {
    let _ = try_ask("Summarise: the slow fox");
    Ok(())
}

#[llm_replay(fixture = "known")]
#[test]
fn an_exit_code_after_a_miss() -> std::process::ExitCode {
    let _ = try_ask("Summarise: the slow fox");
    std::process::ExitCode::SUCCESS
}

#[llm_replay(fixture = "known")]
#[test]
#[should_panic]
fn a_bare_should_panic_after_a_miss() {
    let _ = try_ask("Summarise: the slow fox");
}

#[llm_replay(fixture = "known")]
#[test]
#[should_panic(expected = "the body's own words")]
fn an_expected_panic_after_a_miss() {
    let _ = try_ask("Summarise: the slow fox");
    panic!("the body's own words");
}

#[llm_replay(fixture = "known")]
#[test]
#[should_panic(expected = "the body's own words")]
fn an_expected_panic_that_does_not_come() {
    let _ = try_ask("Summarise: the slow fox");
}

/// What a test harness does that gives up on a body.
async fn give_up<T>(body: impl Future<Output = T>) {
    tokio::select! {
        biased;
        _ = body => unreachable!("it is cancelled"),
        () = std::future::ready(()) => {}
    }
}

#[tokio::test]
async fn a_cancelled_body_gives_its_turn_back() {
    #[llm_replay(fixture = "known")]
    #[job::job]
    async fn cancelled() {
        std::future::pending::<()>().await;
    }
    give_up(cancelled()).await;
    // The same thread takes the turn again, which would be refused as nested otherwise.
    give_up(cancelled()).await;
}

#[tokio::test]
async fn a_timeout_cancels() {
    #[llm_replay(fixture = "known")]
    #[job::job]
    async fn late() {
        ask("Summarise: the quick brown fox");
        std::future::pending::<()>().await;
    }
    tokio::time::timeout(Duration::from_millis(1), late()).await.unwrap_err();
}

#[llm_replay(fixture = "of/left/by_note")]
#[test]
fn one_left() {
    ask("first");
}

#[llm_replay(fixture = "of/left", unused = "fail")]
#[test]
fn one_left_and_that_is_wrong() {
    ask("first");
}

#[llm_replay(fixture = "two", unused = "ignore")]
#[test]
fn one_left_and_nobody_cares() {
    ask("first");
}

#[llm_replay(fixture = "two", calls = 3)]
#[test]
fn too_few_calls() {
    ask("first");
    ask("second");
}

#[llm_replay(fixture = "two", calls = 0)]
#[test]
fn a_call_where_none_is_declared() {
    ask("first");
}

#[llm_replay(fixture = "of/order", order = "strict")]
#[test]
fn the_wrong_order() {
    let _ = try_ask("second");
    let _ = try_ask("first");
}

#[llm_replay(fixture = "of/often", order = "strict")]
#[test]
fn asked_once_too_often() {
    ask("first");
    let _ = try_ask("first");
}

#[llm_replay(fixture = "two")]
#[test]
fn asked_twice() {
    ask("first");
    ask("second");
    ask("second");
}

#[llm_replay(fixture = "two", unused = "ignore", side("GET /v1/models"))]
#[test]
fn a_side_call() {
    let base_url = std::env::var("OPENAI_BASE_URL").unwrap();
    assert_eq!(send(&base_url, "GET", "/models", "").0, 200);
    ask("first");
}

#[llm_replay(fixture = "two", unused = "ignore")]
#[test]
fn a_background_call() {
    let base_url = std::env::var("OPENAI_BASE_URL").unwrap();
    let _ = send(&base_url, "GET", "/models", "");
    ask("first");
}

#[llm_replay(fixture = "two")]
#[test]
fn a_client_with_a_fixed_host() {
    let elsewhere = std::env::var("SOMEWHERE_ELSE").unwrap();
    assert_eq!(ask_at(&elsewhere, "first"), "from the provider itself");
}

#[llm_replay(fixture = "two")]
#[test]
fn a_client_with_a_fixed_host_beside_a_handle(_mock: LlmMock) {
    let elsewhere = std::env::var("SOMEWHERE_ELSE").unwrap();
    assert_eq!(ask_at(&elsewhere, "first"), "from the provider itself");
}

#[llm_replay(fixture = "of/another", unused = "fail")]
#[test]
fn borrows_from_another_test() {
    ask("first");
}

#[llm_replay(fixture = "not/yet")]
#[test]
fn no_fixture_yet() {
    let _ = try_ask("first");
}

#[llm_replay(fixture = "known")]
#[test]
fn many_misses() {
    for number in 0..7 {
        let _ = try_ask(&format!("question {number}"));
    }
}

#[llm_replay(fixture = "known")]
#[test]
fn a_client_that_tries_again() {
    for _ in 0..3 {
        let _ = try_ask("Summarise: the slow fox");
    }
}

#[llm_replay(fixture = "known")]
#[test]
fn a_mock_that_is_not_called(mock: &LlmMock) {
    use llmock::wiremock::{Mock, ResponseTemplate, matchers::path};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = ResponseTemplate::new(200).set_body_string("{}");
    runtime.block_on(
        Mock::given(path("/v1/files")).respond_with(answer).expect(1).mount(mock.wiremock()),
    );
    let base_url = mock.base_url(Provider::OpenAI);
    assert_eq!(ask_at(&base_url, "Summarise: the quick brown fox"), "A fox.");
}

#[llm_replay(fixture = "known")]
#[test]
fn a_session_within_a_session() {
    #[llm_replay(fixture = "two")]
    fn helper() {
        ask("first");
    }
    helper();
}

/// Asks as most clients do: with a timeout on the runtime's clock.
async fn ask_in_time(base_url: &str, prompt: &str) -> Result<String, reqwest::Error> {
    let url = format!("{base_url}/chat/completions");
    let body = format!(r#"{{"model":"gpt-5","messages":[{{"role":"user","content":"{prompt}"}}]}}"#);
    let client = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
    client.post(url).body(body).send().await?.text().await
}

#[llm_replay(fixture = "known")]
#[tokio::test]
async fn a_panic_under_a_paused_clock(mock: &LlmMock) {
    use llmock::wiremock::{Mock, ResponseTemplate, matchers::path};
    // An answer that is there before the runtime has nothing to do would be in time.
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(5));
    Mock::given(path("/v1/chat/completions")).respond_with(late).mount(mock.wiremock()).await;
    tokio::time::pause();
    let base_url = mock.base_url(Provider::OpenAI);
    let answer = ask_in_time(&base_url, "Summarise: the quick brown fox").await;
    assert!(answer.is_ok(), "the body's own words");
}

#[llm_replay(fixture = "known")]
#[tokio::test]
async fn a_miss_under_a_paused_clock() {
    tokio::time::pause();
    let _ = try_ask("Summarise: the slow fox");
}

#[llm_replay(fixture = "known", unused = "ignore")]
#[tokio::test]
async fn a_clock_that_is_paused_after_the_requests() {
    let base_url = std::env::var("OPENAI_BASE_URL").unwrap();
    ask_in_time(&base_url, "Summarise: the quick brown fox").await.unwrap();
    tokio::time::pause();
}

#[llm_replay(fixture = "known")]
#[tokio::test]
async fn a_panic_in_an_async_body() {
    assert_eq!(ask("Summarise: the quick brown fox"), "A dog.");
}

#[llm_replay(fixture = "wanted")]
#[test]
#[should_panic(expected = "it is no dog")]
fn a_panic_that_is_wanted() {
    assert_eq!(ask("Summarise: the quick brown fox"), "A dog.", "it is no dog");
}

#[llm_replay(fixture = "not_wanted")]
#[test]
#[should_panic(expected = "it is no bird")]
fn a_panic_that_is_not_wanted() {
    assert_eq!(ask("Summarise: the quick brown fox"), "A dog.", "it is no dog");
}

#[test]
#[should_panic]
#[llm_replay(fixture = "known")]
fn a_miss_under_should_panic_with_the_attribute_below() {
    ask("Summarise: the slow fox");
}

#[llm_replay(fixture = "known")]
#[tokio::test]
#[should_panic(expected = "418")]
async fn a_miss_under_should_panic_in_an_async_body() {
    panic!("418: {:?}", try_ask("Summarise: the slow fox"));
}

#[tokio::test]
#[should_panic]
#[llm_replay(fixture = "known")]
async fn a_miss_under_should_panic_in_an_async_body_with_the_attribute_below() {
    ask("Summarise: the slow fox");
}

#[llm_replay(fixture = "nowhere")]
#[test]
#[should_panic]
fn a_missing_fixture_under_should_panic() {
    ask("Summarise: the slow fox");
}

#[llm_replay(fixture = "of")]
mod under_should_panic {
    use super::*;

    #[test]
    #[cfg_attr(test, should_panic)]
    fn another() {
        ask("Summarise: the slow fox");
    }

    #[test]
    #[cfg_attr(not(test), should_panic)]
    fn left() {
        let _ = try_ask("Summarise: the slow fox");
    }
}

#[llm_replay(fixture = "two")]
#[test]
fn a_client_that_reaches_its_proxy_only(_mock: LlmMock) {
    panic!("connection refused");
}

#[llm_replay(fixture = "knwon")]
#[test]
fn a_misspelt_fixture() {
    let _ = try_ask("Summarise: the quick brown fox");
}

#[llm_replay(fixture = "tests/fixtures/known")]
#[test]
fn a_fixture_with_its_folder() {
    let _ = try_ask("Summarise: the slow fox");
}

#[llm_replay]
#[test]
fn a_renamed_test() {
    let _ = try_ask("before the test was renamed");
}

#[llm_replay(fixture = "of/another")]
#[test]
fn a_fixture_of_another_test() {
    let _ = try_ask("third");
}

#[llm_replay(fixture = "days")]
#[test]
fn a_day_and_an_id() {
    let _ = try_ask("on 2026-05-02 for 7d444840-9dc0-11d1-b245-5ffdce74fad2");
}

#[llm_replay(fixture = "known")]
#[test]
fn the_same_cause_as_a_panic_after_a_miss() {
    let _ = try_ask("Summarise: the slow fox");
}

#[llm_replay(fixture = "two")]
#[test]
fn a_client_that_is_led_away() {
    load_variable("OPENAI_BASE_URL", "http://me:secret@127.0.0.1:9/v1?key=secret");
    ask("first");
}

/// As `dotenvy::dotenv_override()` does in the body of a test.
#[expect(unsafe_code, reason = "programs under test load variables while they run")]
fn load_variable(name: &str, value: &str) {
    // SAFETY: the process runs this test alone, and no C code of it reads the environment meanwhile.
    unsafe { std::env::set_var(name, value) };
}

#[llm_replay(fixture = "two")]
#[test]
fn an_error_of_a_client_with_a_fixed_host() {
    panic!("error sending request for url (https://api.openai.com/v1/chat/completions)");
}

#[llm_replay(fixture = "two")]
#[test]
fn a_handle_that_is_not_used(_mock: LlmMock) -> Result<(), String> {
    Err("connection refused".into())
}

#[llm_replay(fixture = "not/yet")]
#[test]
fn a_client_without_a_key() {
    std::env::var("ACME_API_KEY").unwrap();
}

#[llm_replay(fixture = "two")]
#[test]
fn a_client_of_another_provider_without_a_key() {
    std::env::var("ANTHROPIC_API_KEY").unwrap();
}

#[llm_replay(fixture = "not/yet")]
#[test]
fn a_key_before_the_first_recording() {
    for key in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY"] {
        std::env::var(key).unwrap();
    }
    ask("first");
}

#[llm_replay(fixture = "not/yet", calls = 0)]
#[test]
fn no_key_where_no_call_is_declared() {
    std::env::var("ANTHROPIC_API_KEY").unwrap_err();
}

#[llm_replay(fixture = "two")]
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_over_the_response_of_a_mock(mock: LlmMock) {
    use llmock::wiremock::{Mock, ResponseTemplate, matchers::path};

    let other = ResponseTemplate::new(200).set_body_string("{}");
    Mock::given(path("/v1/chat/completions")).respond_with(other).mount(mock.wiremock()).await;
    let base_url = mock.base_url(Provider::OpenAI);
    let asked = tokio::task::spawn_blocking(move || ask_at(&base_url, "first")).await;
    assert!(asked.is_ok(), "the client could not read it");
}
