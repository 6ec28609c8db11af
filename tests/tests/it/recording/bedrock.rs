//! Recording from Bedrock: a bearer token passes, and what a client signed is signed anew for the host it goes to.

use llmock::{MockSession, Mode, Provider};
use llmock_testkit::client::{ResponseStream, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, read};
use llmock_testkit::upstream::{Response, Upstream, replay};

#[cfg(feature = "bedrock")]
mod signature;

const TEST: &str = "bedrock::test";
const MODEL: &str = "anthropic.claude-3-haiku-20240307-v1%3A0";
const ASK: &str = r#"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#;
const ANSWER: &str =
    r#"{"output":{"message":{"content":[{"text":"hello"}]}},"stopReason":"end_turn"}"#;
/// What a client signs with that knows no credentials but a test's, for a host that is llmock's.
const SIGNED: [(&str, &str); 5] = [
    (
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDCLIENT/20260423/eu-west-3/bedrock/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date, Signature=00",
    ),
    ("x-amz-date", "20260423T100000Z"),
    ("x-amz-security-token", "the client's token"),
    ("x-amz-content-sha256", "00"),
    ("content-type", "application/json"),
];

fn converse(mock: &MockSession, headers: &[(&str, &str)]) -> ResponseStream {
    let url = format!("{}/model/{MODEL}/converse", mock.base_url(Provider::Bedrock));
    send("POST", &url, headers, ASK.as_bytes())
}

#[test]
fn forwards_bearer_tokens_unchanged() {
    alone(&[("AWS_BEARER_TOKEN_BEDROCK", "a-token-of-the-users-own")], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json(ANSWER)]);
        let bearer = [("authorization", "Bearer a-token-of-the-users-own")];
        let recording = upstream.record(&fixture, TEST).upstream(Provider::Bedrock, upstream.url());
        let mock = recording.start().unwrap();
        assert_eq!(converse(&mock, &bearer).text(), ANSWER);
        mock.finish().unwrap();
        assert_eq!(upstream.requests()[0].header("authorization"), Some(bearer[0].1));
        assert!(!read(&fixture).contains("a-token"), "{}", read(&fixture));
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(converse(&mock, &[("authorization", "Bearer another")]).text(), ANSWER);
        mock.finish().unwrap();
    });
}

/// Whoever is asked there, nobody is: the refusal comes first.
const AWS: &str = "https://bedrock-runtime.eu-west-3.amazonaws.com";

#[test]
fn explains_why_signed_requests_cannot_be_recorded() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let recording = replay(&fixture, TEST).mode(Mode::Record).upstream(Provider::Bedrock, AWS);
        let mock = recording.start().unwrap();
        let refused = converse(&mock, &SIGNED);
        assert_eq!(refused.status, 418);
        let host = AWS.trim_start_matches("https://");
        let sentence = if cfg!(feature = "bedrock") {
            format!(
                "signing it for {host} takes AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; for those of a profile: "
            )
        } else {
            format!(
                "the client signed it for llmock's address, which {host} does not accept; record with a bearer token in \
                 AWS_BEARER_TOKEN_BEDROCK, or enable the feature `bedrock` of llmock"
            )
        };
        let text = refused.text();
        assert!(text.contains(&sentence), "{text}");
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains(sentence.split(';').next().unwrap()), "{report}");
    });
}

#[test]
fn custom_upstreams_get_the_clients_signature() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json(ANSWER)]);
        let recording = upstream.record(&fixture, TEST).upstream(Provider::Bedrock, upstream.url());
        let mock = recording.start().unwrap();
        assert_eq!(converse(&mock, &SIGNED).text(), ANSWER);
        mock.finish().unwrap();
        assert_eq!(upstream.requests()[0].header("authorization"), Some(SIGNED[0].1));
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(converse(&mock, &[]).text(), ANSWER);
        mock.finish().unwrap();
    });
}
