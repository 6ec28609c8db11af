//! Signatures, computed here from AWS's description of them and from nothing that llmock uses.

use llmock_tests::upstream::Request;
use sha2::{Digest as _, Sha256};

use super::*;

const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET)];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 2104 with SHA-256.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::digest([&pad(0x36)[..], message].concat());
    Sha256::digest([&pad(0x5c)[..], &inner[..]].concat()).to_vec()
}

/// What AWS computes for a request as it arrived: of every service but S3 the path is escaped once more.
fn expected(request: &Request, region: &str, service: &str, signed: &[&str]) -> String {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let escaped: String = path
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    let headers: String = signed
        .iter()
        .map(|name| {
            format!("{name}:{}\n", request.header(name).unwrap_or_else(|| panic!("no {name}")))
        })
        .collect();
    let payload = hex(&Sha256::digest(&request.body));
    let method = &request.method;
    let canonical =
        format!("{method}\n{escaped}\n{query}\n{headers}\n{}\n{payload}", signed.join(";"));
    let time = request.header("x-amz-date").expect("a time");
    let scope = format!("{}/{region}/{service}/aws4_request", &time[..8]);
    let text = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let first = hmac(format!("AWS4{SECRET}").as_bytes(), &time.as_bytes()[..8]);
    let key = [region, service, "aws4_request"]
        .iter()
        .fold(first, |key, part| hmac(&key, part.as_bytes()));
    let signature = hex(&hmac(&key, text.as_bytes()));
    format!(
        "AWS4-HMAC-SHA256 Credential={KEY_ID}/{scope}, SignedHeaders={}, Signature={signature}",
        signed.join(";")
    )
}

/// `get-vanilla` of the test suite that AWS publishes.
#[test]
fn this_test_computes_what_aws_publishes() {
    let headers = [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")];
    let request = Request {
        method: "GET".to_owned(),
        target: "/".to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        body: Vec::new(),
    };
    assert_eq!(
        expected(&request, "us-east-1", "service", &["host", "x-amz-date"]),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
         SignedHeaders=host;x-amz-date, \
         Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    );
}

/// Records a request that a client has signed, and replays it; `token` is what the provider must see of a session.
fn record_signed(token: Option<&str>) {
    let (_folder, fixture) = place();
    let upstream = Upstream::start([Answer::json(ANSWER)]);
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
    let authorization = expected(&sent, "eu-west-3", "bedrock", &signed);
    assert_eq!(sent.header("authorization"), Some(authorization.as_str()));

    let file = read(&fixture);
    assert!(!file.contains("AKID") && !file.contains("user-s"), "{file}");
    let mock = replay(&fixture, TEST).start().unwrap();
    assert_eq!(converse(&mock, &SIGNED).text(), ANSWER);
    mock.finish().unwrap();
}

#[test]
fn a_signed_request_is_signed_anew_for_the_host_it_goes_to() {
    alone(&KEYS, |_| record_signed(None));
}

#[test]
fn credentials_of_a_session_bring_their_token() {
    let token = ("AWS_SESSION_TOKEN", "the-user-s-session");
    alone(&[KEYS[0], KEYS[1], token], |_| record_signed(Some(token.1)));
}
