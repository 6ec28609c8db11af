//! The variables that lead a child process to a session.

use std::collections::HashMap;

use llmock::{LlmMock, MockSession, Mode, Provider};
use llmock_testkit::process::alone;

const FIXTURE: &str = r#"{"llmock": 1, "interactions": [
    {"provider": "openai", "request": {"path": "/v1/models", "method": "GET"}, "response": {"text": "yes"}}
]}"#;

fn session(build: impl FnOnce(llmock::LlmMockBuilder) -> llmock::LlmMockBuilder) -> MockSession {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("models.json");
    std::fs::write(&file, FIXTURE).unwrap();
    // Loaded while opening, and not looked at again unless something is recorded.
    build(LlmMock::builder().fixture(file)).calls(0).start().unwrap()
}

fn envs(mock: &LlmMock) -> HashMap<String, String> {
    let envs = mock.envs();
    let number = envs.len();
    let map: HashMap<_, _> = envs.into_iter().collect();
    assert_eq!(map.len(), number, "each name once");
    map
}

#[test]
fn base_urls_equal_those_of_the_handle() {
    let mock = session(|builder| builder);
    let envs = envs(&mock);
    let base = |provider| Some(mock.base_url(provider));
    assert_eq!(envs.get("OPENAI_BASE_URL").cloned(), base(Provider::OpenAI));
    assert_eq!(envs.get("ANTHROPIC_BASE_URL").cloned(), base(Provider::Anthropic));
    assert_eq!(envs.get("LLMOCK_BASE_URL").map(String::as_str), mock.url());
    mock.finish().unwrap();
}

#[test]
fn missing_keys_are_replaced_by_placeholders() {
    alone(&[("GROQ_API_KEY", "a-real-key-of-groq"), ("MISTRAL_API_KEY", "")], |_| {
        let mock = session(|builder| {
            builder
                .provider(Provider::Anthropic)
                .provider(Provider::Groq)
                .provider(Provider::Mistral)
        });
        let envs = envs(&mock);
        let keys = [
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "GROQ_API_KEY",
            "MISTRAL_API_KEY",
            "GEMINI_API_KEY",
        ];
        // Neither a key that is there nor one of a provider that nobody names.
        assert_eq!(keys.map(|key| envs.contains_key(key)), [true, true, false, true, false]);
        assert!(envs["OPENAI_API_KEY"].len() > 8, "an empty key is none to most clients");
        mock.finish().unwrap();
    });
}

#[test]
fn recording_uses_no_placeholder_keys() {
    alone(&[], |_| {
        let mock = session(|builder| builder.mode(Mode::Record));
        let envs = envs(&mock);
        assert!(envs.contains_key("OPENAI_BASE_URL"));
        assert!(!envs.contains_key("OPENAI_API_KEY"));
        mock.finish().unwrap();
    });
}

#[test]
fn child_processes_bypass_configured_proxies() {
    alone(&[("HTTP_PROXY", "http://proxy.example:3128"), ("NO_PROXY", "intranet.example")], |_| {
        let mock = session(|builder| builder);
        let envs = envs(&mock);
        let hosts: Vec<&str> = envs["NO_PROXY"].split(',').map(str::trim).collect();
        assert!(hosts.contains(&"intranet.example") && hosts.contains(&"127.0.0.1"), "{hosts:?}");
        mock.finish().unwrap();
    });
}
