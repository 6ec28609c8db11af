//! The redactor: no value of a variable is left in a text, and JSON stays JSON.

use crate::fixture::interaction::{Body, Content, Request, Response};
use crate::fixture::redact::{Found, Redactor};
use crate::json;
use crate::stream::{Chunk, End, Framing, Stream};

const SECRET: &str = "Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV";

pub(super) fn redact(data: &[u8]) {
    let redactor = Redactor::new([("FUZZ_API_KEY".to_owned(), SECRET.to_owned())]);
    let text = String::from_utf8_lossy(data).into_owned();
    let redacted = redactor.text(&text).into_owned();
    assert!(!redacted.contains(SECRET), "{redacted}");
    for content_type in ["application/json", "multipart/form-data; boundary=b", "text/plain"] {
        let body = Body::from_wire(Some(content_type), data.to_vec());
        let is_json = matches!(&body, Body::Json(_));
        let mut request = Request {
            method: "POST".to_owned(),
            path: format!("/{text}"),
            range: None,
            headers: Vec::new(),
            body,
        };
        let found = redactor.request(&mut request);
        assert!(!request.path.contains(SECRET), "{}", request.path);
        assert!(!is_json || is_valid(&request.body), "{:?}", request.body);
        let mut response =
            response(Content::Body(Body::from_wire(Some(content_type), data.to_vec())));
        redactor.response(&mut response, &found);
        if let Content::Body(body) = &response.content {
            assert!(!is_json || is_valid(body), "{body:?}");
        }
    }
    for framing in [Framing::Sse, Framing::Ndjson, Framing::JsonArray, Framing::Bytes] {
        let chunks = [Chunk { ms: 0, bytes: data.to_vec() }];
        let stream = Stream::from_chunks(framing, &chunks, End::Complete);
        redactor.response(&mut response(Content::Stream(stream)), &Found::default());
    }
}

fn response(content: Content) -> Response {
    Response {
        status: 200,
        headers: vec![("x-request-id".into(), SECRET.into())],
        ms: None,
        content,
    }
}

fn is_valid(body: &Body) -> bool {
    matches!(body, Body::Json(text) if json::parse(text).is_ok())
}
