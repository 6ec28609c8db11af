//! Every key in a test that says it and in one that leaves it to `llmock.toml`; `spawned_keys.rs` runs both.
#![forbid(unsafe_code)]

use client::{ask, ask_at, send, try_ask};
use llmock::llm_replay;

/// Two tests of one body, of which one says a key. Their fixtures are `api/<key>/said.json` and `unsaid.json`.
macro_rules! key {
    ($name:ident, [$($said:tt)*], { $($body:tt)* }) => {
        key! { $name, [$($said)*] beside [], { $($body)* } }
    };
    ($name:ident, [$($said:tt)*] beside [$($both:tt)*], { $($body:tt)* }) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[llm_replay($($both)* $($said)*)]
            #[test]
            fn said() {
                $($body)*
            }

            #[llm_replay($($both)*)]
            #[test]
            fn unsaid() {
                $($body)*
            }
        }
    };
}

#[track_caller]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("there is no {name}"))
}

fn status(method: &str, path: &str, body: &str) -> u16 {
    send(&variable("OPENAI_BASE_URL"), method, path, body).0
}

key! { layers, [layers("tests/fixtures", "contracts")], {
    assert_eq!(ask("by contract"), "from the contracts");
} }

key! { match_on, [match_on("model")], {
    assert_eq!(ask("something else"), "hi there");
} }

key! { ignore, [ignore("$.seed")], {
    let body = r#"{"model":"gpt-5","seed":7,"messages":[{"role":"user","content":"hello"}]}"#;
    assert_eq!(status("POST", "/chat/completions", body), 200);
} }

key! { contains, [contains("$.messages", "hello")], {
    assert_eq!(ask("a longer hello"), "hi there");
} }

key! { count, [count("$.store")], {
    let body = r#"{"model":"gpt-5","store":true,"messages":[{"role":"user","content":"hello"}]}"#;
    status("POST", "/chat/completions", body);
} }

key! { lane, [order = "strict", lane("quick", "POST /v1/chat/completions")], {
    let _ = try_ask("took 12 ms");
    let _ = try_ask("hello");
} }

key! { require_header, [require_header("x-not-sent")], {
    let _ = try_ask("hello");
} }

// The fixture of this test has no headers.
key! { match_headers, [match_headers("content-type")], {
    let _ = try_ask("hello");
} }

key! { normalize, [normalize("$.messages[*].content", "[0-9]+ ms" => "N ms")], {
    assert_eq!(ask("took 345 ms"), "quick");
} }

key! { order, [order = "strict"], {
    let _ = try_ask("took 12 ms");
    let _ = try_ask("hello");
} }

key! { unused, [unused = "fail"], {
    ask("hello");
} }

key! { side, [side("GET /v1/models")], {
    assert_eq!(status("GET", "/models", ""), 200);
    ask("hello");
} }

key! { provider, [provider = "mistral"], {
    assert!(!variable("MISTRAL_API_KEY").is_empty());
    ask("hello");
} }

key! { providers, [providers(groq, mistral)], {
    assert!(!variable("MISTRAL_API_KEY").is_empty());
    assert!(!variable("GROQ_API_KEY").is_empty());
    ask("hello");
} }

key! { declared, [providers(acme = "https://llm.acme.dev/v1")], {
    assert_eq!(ask_at(&variable("ACME_BASE_URL"), "hello"), "hi there");
} }

key! { env, [env(MY_LLM = "{base}/openai/v1")], {
    assert_eq!(ask_at(&variable("MY_LLM"), "hello"), "hi there");
} }

// Nobody listens there.
key! { proxy, [proxy = true] beside [providers(acme = "http://127.0.0.1:9/v1"),], {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let status = runtime.block_on(async {
        let request = reqwest::Client::new().post("http://127.0.0.1:9/v1/chat/completions");
        let body = r#"{"model":"gpt-5","messages":[{"role":"user","content":"hello"}]}"#;
        request.body(body).send().await.expect("the fixed address answers").status()
    });
    assert_eq!(status, 200);
} }

key! { mode_off, [mode = "off"], {
    assert_eq!(ask("something else"), "from the provider itself");
} }

key! { mode_record, [mode = "record"], {
    assert_eq!(ask("hello"), "from the provider itself");
} }

key! { mode_auto, [mode = "auto"], {
    assert_eq!(ask("hello"), "hi there");
    assert_eq!(ask("something else"), "from the provider itself");
} }

key! { allow_errors, [allow_errors(401)] beside [mode = "record",], {
    assert_eq!(status("POST", "/chat/completions", "{}"), 401);
} }

key! { allow_every_error, [allow_errors] beside [mode = "record",], {
    assert_eq!(status("POST", "/chat/completions", "{}"), 401);
} }

key! { allow_redacted, [allow_redacted("OPENAI_KEY")] beside [mode = "record",], {
    assert!(ask("hello").starts_with("sk-proj-"));
} }

/// What only the package's file explains.
mod of_the_package {
    use super::*;

    #[llm_replay(fixture = "acme", providers(acme))]
    #[test]
    fn named() {
        assert_eq!(ask_at(&variable("ACME_BASE_URL"), "hello"), "hi there");
    }

    #[llm_replay(fixture = "acme", env(MY_LLM = "{acme}"))]
    #[test]
    fn led_by_a_variable_of_its_own() {
        assert_eq!(ask_at(&variable("MY_LLM"), "hello"), "hi there");
    }
}

/// Where fixtures are.
mod places {
    use super::*;

    #[llm_replay]
    #[test]
    fn unnamed() {
        assert_eq!(ask("hello"), "hi there");
    }

    #[llm_replay(fixture = "named")]
    #[test]
    fn named() {
        assert_eq!(ask("hello"), "hi there");
    }

    #[llm_replay(fixture = "/shared/greeting")]
    #[test]
    fn of_the_workspace() {
        assert_eq!(ask("hello"), "hi there");
    }

    #[llm_replay(fixture = "beside", reset("fixtures"))]
    #[test]
    fn beside_the_source() {
        assert_eq!(ask("hello"), "hi there");
    }
}

/// What an outer layer says, and an inner one takes back.
#[llm_replay(fixture = "taken_back", ignore("$.seed"))]
mod taken_back {
    use super::*;

    fn sent_with_a_seed() -> u16 {
        let body = r#"{"model":"gpt-5","seed":7,"messages":[{"role":"user","content":"hello"}]}"#;
        status("POST", "/chat/completions", body)
    }

    #[test]
    fn kept() {
        assert_eq!(sent_with_a_seed(), 200);
    }

    #[llm_replay(reset("ignore"))]
    #[test]
    fn reset() {
        assert_eq!(sent_with_a_seed(), 418);
    }
}
