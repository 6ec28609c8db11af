//! The contract beside a real server's own rejections, where that server speaks the API.

use std::path::Path;

use llmock::{CONTRACT_DATE, Mode, Provider};
use llmock_testkit::client::send;
use llmock_testkit::model;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::replay;

const TEST: &str = "audit::test";

/// Chats that llama.cpp rejects, and whether OpenAI's documentation says that it does, too.
const REJECTED: [(&str, bool); 10] = [
    (r#"{"model":"gpt-4.1-mini"}"#, true),
    (r#"{"model":"gpt-4.1-mini","messages":"hi"}"#, true),
    (
        r#"{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"hi"}],"temperature":"hot"}"#,
        true,
    ),
    (r#"{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"hi"}],"tools":"x"}"#, true),
    (
        r#"{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"hi"}],"tool_choice":"banana"}"#,
        true,
    ),
    (
        r#"{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"banana"}}"#,
        true,
    ),
    (
        r#"{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"hi"}],"top_logprobs":3}"#,
        true,
    ),
    (r#"{"model":"gpt-4.1-mini","messages":[{"role":"user"}]}"#, true),
    // Not in the table, because no page was found that states it.
    (
        r#"{"model":"gpt-4.1-mini","messages":[{"role":"user","content":[{"type":"banana"}]}]}"#,
        false,
    ),
    (r#"{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"hi"}],"n":0}"#, false),
];

/// What both accept.
const ACCEPTED: [&str; 3] = [
    r#"{"model":"gpt-4.1-mini","max_tokens":3,"messages":[{"role":"user","content":"hi"}]}"#,
    r#"{"model":"gpt-4.1-mini","max_tokens":3,"temperature":0.2,"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}]}"#,
    r#"{"model":"gpt-4.1-mini","max_tokens":3,"logprobs":true,"top_logprobs":2,"messages":[{"role":"user","content":"hi"}]}"#,
];

/// The status of the model server, and whether the table has a rule against the request.
fn judged(url: &str, fixture: &Path, body: &str) -> (u16, bool) {
    let mock = replay(fixture, TEST).mode(Mode::Record).allow_all_errors();
    let mock = mock.upstream(Provider::OpenAI, format!("{url}/v1")).start().unwrap();
    let target = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    let headers = [("content-type", "application/json")];
    let status = send("POST", &target, &headers, body.as_bytes()).collect().status;
    let is_rejected = !mock.requests()[0].rejections(CONTRACT_DATE).is_empty();
    mock.finish().unwrap();
    (status, is_rejected)
}

#[test]
fn the_contract_agrees_with_a_real_server() {
    let Some(url) = model::url() else { return };
    alone(&[(model::VARIABLE, url.as_str())], |_| {
        let url = model::url().unwrap();
        let (_folder, fixture) = place();
        let mut agreed = 0;
        for (body, is_known) in REJECTED {
            let (status, is_rejected) = judged(&url, &fixture, body);
            assert!(status >= 400, "{status} {body}");
            assert_eq!(is_rejected, is_known, "{body}");
            agreed += usize::from(is_rejected);
        }
        for body in ACCEPTED {
            assert_eq!(judged(&url, &fixture, body), (200, false), "{body}");
        }
        println!("{agreed} of {} rejections of the server are in the table", REJECTED.len());
    });
}
