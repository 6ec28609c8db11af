//! Requests that a client signed, signed anew.

use llmock_testkit::signature::{KEY_ID, SECRET, Sent, expected};

use super::*;

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET)];

/// Records a request that a client has signed, and replays it; `token` is what the provider must see of a session.
fn record_signed(token: Option<&str>) {
    let (_folder, fixture) = place();
    let upstream = Upstream::start([Response::json(ANSWER)]);
    let recording = upstream.record(&fixture, TEST).upstream(Provider::Bedrock, upstream.url());
    let mock = recording.start().unwrap();
    let extra = [("x-amz-custom", "kept"), ("amz-sdk-request", "attempt=1")];
    assert_eq!(converse(&mock, &[&SIGNED[..], &extra].concat()).text(), ANSWER);
    mock.finish().unwrap();

    let sent = upstream.requests().remove(0);
    assert_eq!(sent.target, format!("/model/{MODEL}/converse"));
    assert_eq!(sent.body, ASK.as_bytes());
    assert_eq!(sent.header("x-amz-custom"), Some("kept"));
    assert_eq!(sent.header("x-amz-security-token"), token);
    let mut signed = vec!["content-type", "host", "x-amz-custom", "x-amz-date"];
    signed.extend(token.map(|_| "x-amz-security-token"));
    let as_sent = Sent {
        method: &sent.method,
        target: &sent.target,
        headers: &sent.headers,
        body: &sent.body,
    };
    let authorization = expected(&as_sent, "eu-west-3", "bedrock", &signed);
    assert_eq!(sent.header("authorization"), Some(authorization.as_str()));

    let file = read(&fixture);
    assert!(!file.contains("AKID") && !file.contains("user-s"), "{file}");
    let mock = replay(&fixture, TEST).start().unwrap();
    assert_eq!(converse(&mock, &SIGNED).text(), ANSWER);
    mock.finish().unwrap();
}

#[test]
fn signs_requests_again_for_the_upstream_host() {
    alone(&KEYS, |_| record_signed(None));
}

#[test]
fn session_credentials_include_their_token() {
    let token = ("AWS_SESSION_TOKEN", "the-user-s-session");
    alone(&[KEYS[0], KEYS[1], token], |_| record_signed(Some(token.1)));
}
