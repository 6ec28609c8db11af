//! `llmock serve --record` with AWS credentials: requests that a client signed for the server are signed again for the
//! provider, which checks every signature here.

use crate::server::{Server, Workdir};
use llmock_testkit::client::Request;
use llmock_testkit::signature::{self, Sent};
use llmock_testkit::upstream::{self, Upstream};

const MODEL: &str = "anthropic.claude-3-haiku-20240307-v1%3A0";
const ANSWER: &str =
    r#"{"output":{"message":{"content":[{"text":"hello"}]}},"stopReason":"end_turn"}"#;
const RECORD: [&str; 3] = ["--fixtures", "all", "--record"];

/// What a client signs with that knows no credentials but a test's, for a host that is llmock's.
const SIGNED: [(&str, &str); 4] = [
    (
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDCLIENT/20260423/eu-west-3/bedrock/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date, Signature=00",
    ),
    ("x-amz-date", "20260423T100000Z"),
    ("x-amz-security-token", "the-clients-token"),
    ("x-amz-content-sha256", "00"),
];

/// A request to Bedrock without a signature.
fn unsigned() -> Request {
    let body = r#"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#;
    Request::post(&format!("/model/{MODEL}/converse"), body)
}

fn signed() -> Request {
    let request = unsigned().header("x-amz-custom", "kept").header("amz-sdk-request", "attempt=1");
    SIGNED.iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// Bedrock: it responds only to requests with a valid signature.
fn bedrock(request: &upstream::Request) -> upstream::Response {
    let mut names = vec!["content-type", "host", "x-amz-custom", "x-amz-date"];
    let token = request.header("x-amz-security-token");
    names.extend(token.map(|_| "x-amz-security-token"));
    let sent = Sent {
        method: &request.method,
        target: &request.target,
        headers: &request.headers,
        body: &request.body,
    };
    let expected = signature::expected(&sent, "eu-west-3", "bedrock", &names);
    if request.header("authorization") == Some(&expected) {
        upstream::Response::json(ANSWER)
    } else {
        upstream::Response::json(r#"{"message":"the signature does not match"}"#).with_status(403)
    }
}

fn is_answered(server: &Server, request: &Request) {
    let response = server.send(request);
    assert_eq!((response.status, response.text().as_str()), (200, ANSWER), "{request:?}");
}

/// Records with the user's credentials, and replays without any; `token` is what a session of theirs has.
fn is_recorded(token: Option<&str>) {
    let upstream = Upstream::scripted(|_, request| bedrock(request));
    let workdir = Workdir::new();
    let endpoint = upstream.url();
    let mut variables = vec![
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", &*endpoint),
        ("AWS_ACCESS_KEY_ID", signature::KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", signature::SECRET),
    ];
    variables.extend(token.map(|token| ("AWS_SESSION_TOKEN", token)));
    let server = workdir.serve(&RECORD, &variables);
    is_answered(&server, &signed());
    server.wait_for_recordings(1);
    is_answered(&server, &signed());

    let seen = upstream.requests();
    assert_eq!(seen.len(), 1, "the second response was replayed");
    assert_eq!(seen[0].target, format!("/model/{MODEL}/converse"));
    assert_eq!(seen[0].body, unsigned().body);
    assert_eq!(seen[0].header("x-amz-custom"), Some("kept"));
    assert_eq!(seen[0].header("x-amz-security-token"), token);
    for (name, value) in SIGNED {
        let of_the_client =
            seen[0].headers.iter().any(|(known, sent)| known == name && sent == value);
        assert!(!of_the_client, "{name} of the client reached the provider");
    }

    let shown = [workdir.read("all/recorded.json"), server.stderr()].concat();
    let secrets = [signature::KEY_ID, signature::SECRET, "AKIDCLIENT", "the-clients-token", "AWS4"];
    for secret in secrets.into_iter().chain(token) {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
    drop((server, upstream));

    let replaying = workdir.serve(&["--fixtures", "all"], &[]);
    is_answered(&replaying, &signed());
    is_answered(&replaying, &unsigned());
}

#[test]
fn signs_requests_with_the_users_credentials() {
    is_recorded(None);
}

#[test]
fn session_credentials_include_their_token() {
    is_recorded(Some("the-users-session"));
}

#[test]
fn rejected_signatures_are_not_recorded() {
    let upstream = Upstream::scripted(|_, request| bedrock(request));
    let workdir = Workdir::new();
    let variables = [
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", &*upstream.url()),
        ("AWS_ACCESS_KEY_ID", signature::KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", "of somebody else"),
    ];
    let server = workdir.serve(&RECORD, &variables);
    assert_eq!(server.send(&signed()).status, 403);
    server
        .wait_for_stderr("not recorded: bedrock responded with 403: the signature does not match");
    assert!(!workdir.path("all").exists());
}

#[test]
fn missing_credentials_are_reported_without_calling_aws() {
    let workdir = Workdir::new();
    let aws = "https://bedrock-runtime.eu-west-3.amazonaws.com";
    let server = workdir.serve(&RECORD, &[("LLMOCK_UPSTREAMS_BEDROCK", aws)]);
    let refused = server.send(&signed());
    assert_eq!((refused.status, refused.header("x-should-retry")), (502, Some("false")));
    let sentence = "takes AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    assert!(refused.text().contains(sentence), "{}", refused.text());
}
