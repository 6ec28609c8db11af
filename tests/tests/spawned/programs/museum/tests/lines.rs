//! The client of the test goes elsewhere.

use llmock::{LlmMock, Provider, llm_replay};
use museum::{Guide, is_seeded, question};

/// What a file of settings does that takes precedence over the environment.
fn load_settings(address: &str) {
    if is_seeded() {
        // SAFETY: nothing else runs in this process.
        unsafe {
            std::env::set_var("OPENAI_BASE_URL", address);
        }
    }
}

/// A server that is not llmock, and that answers.
fn elsewhere() -> String {
    std::env::var("ELSEWHERE").unwrap_or_default()
}

#[llm_replay(fixture = "lines/settings")]
#[tokio::test]
async fn reads_its_settings() {
    load_settings("http://127.0.0.1:9/v1");
    Guide::from_env().ask("Is the audio guide charged?").await.unwrap();
}

#[llm_replay(fixture = "lines/other_settings")]
#[tokio::test]
async fn reads_its_other_settings() {
    load_settings(&elsewhere());
    Guide::from_env().ask("Is the second audio guide charged?").await.unwrap();
}

#[llm_replay(fixture = "lines/fixed")]
#[tokio::test]
async fn has_a_fixed_address() {
    let guide = if is_seeded() { Guide::at(&elsewhere()) } else { Guide::from_env() };
    guide.ask("Which line is free?").await.unwrap();
}

#[llm_replay(fixture = "lines/far")]
#[tokio::test]
async fn has_an_address_far_away() {
    let guide = if is_seeded() {
        Guide::at("http://models.museum.invalid/v1")
    } else {
        Guide::from_env()
    };
    guide.ask("Which line is far away?").await.unwrap();
}

#[llm_replay(fixture = "lines/handle")]
#[tokio::test]
async fn has_a_handle(mock: LlmMock) {
    let address =
        if is_seeded() { "http://127.0.0.1:9/v1" } else { &mock.base_url(Provider::OpenAI) };
    Guide::at(address).ask("Which line has a handle?").await.unwrap();
}

/// A client that sends everything to the proxy of the shell.
#[llm_replay(fixture = "lines/proxy")]
#[tokio::test]
async fn has_a_proxy() {
    let mut client = reqwest::Client::builder();
    if let Some(proxy) = std::env::var("HTTP_PROXY").ok().filter(|_| is_seeded()) {
        client = client.proxy(reqwest::Proxy::http(proxy).unwrap());
    }
    let address = std::env::var("OPENAI_BASE_URL").unwrap();
    let request = client.build().unwrap().post(format!("{address}/chat/completions"));
    let request = request.header("content-type", "application/json");
    request.body(question("Which line has a proxy?").to_string()).send().await.unwrap();
}
