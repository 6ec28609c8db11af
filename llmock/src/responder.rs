//! A [`Reply`] as a wiremock responder: for a response that no recording has.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use wiremock::{Request, Respond, ResponseTemplate};

use crate::exchange::request::{self, MAX_BODY};
use crate::fixture::encoding;
use crate::provider::Provider;
use crate::reply::{Reply, RequestShape};

/// A [`Reply`] in the wire format of one provider, made by [`Reply::on`].
#[derive(Clone, Debug)]
pub struct ReplyResponder {
    reply: Reply,
    provider: Provider,
}

impl Reply {
    /// This reply as a wiremock responder in the provider's wire format, streamed if the request asks for a
    /// stream.
    ///
    /// ```no_run
    /// # use llmock::{LlmMock, Provider, llm_replay, reply::Reply};
    /// use llmock::wiremock::{Mock, matchers::path};
    ///
    /// #[llm_replay(calls = 1)]
    /// #[tokio::test]
    /// async fn says_that_the_quota_is_used_up(mock: &LlmMock) {
    ///     Mock::given(path("/v1/chat/completions"))
    ///         .respond_with(Reply::error(429, "quota exceeded").on(Provider::OpenAI))
    ///         .mount(mock.wiremock())
    ///         .await;
    ///     // ... the application meets the error as its client reports it ...
    /// }
    /// ```
    ///
    /// # Limits
    ///
    /// wiremock sends a body in one piece, so a stream arrives whole.
    pub fn on(self, provider: Provider) -> ReplyResponder {
        ReplyResponder { reply: self, provider }
    }
}

impl Respond for ReplyResponder {
    fn respond(&self, received: &Request) -> ResponseTemplate {
        let coding = request::text(&received.headers, "content-encoding");
        // A body that cannot be decoded counts as empty.
        let body = encoding::decompress(coding, &received.body, MAX_BODY).unwrap_or_default();
        let target = target_of(received);
        let shape = RequestShape::new(received.method.as_str(), &target, &body);
        let rendered = self.reply.render(self.provider, &shape);
        let status = StatusCode::from_u16(rendered.status).unwrap_or_default();
        template(status, &rendered.headers, rendered.bytes().into())
    }
}

/// A response as wiremock sends it: in one piece.
pub(crate) fn template(status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> ResponseTemplate {
    let mut template = ResponseTemplate::new(status);
    for (name, value) in headers.iter().filter(|(name, _)| **name != CONTENT_TYPE) {
        template = template.append_header(name, value);
    }
    match headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) {
        // `set_body_raw` is the only setter that keeps both bytes and type as they are.
        Some(content_type) => template.set_body_raw(body, content_type),
        None => template.set_body_bytes(body),
    }
}

/// Path and query of a request as wiremock received it.
pub(crate) fn target_of(received: &Request) -> String {
    match received.url.query() {
        Some(query) => format!("{}?{query}", received.url.path()),
        None => received.url.path().to_owned(),
    }
}
