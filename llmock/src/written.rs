//! A written reply as a wiremock responder: for the one answer in a test that no recording has.

use http::header::CONTENT_TYPE;
use wiremock::{Request, Respond, ResponseTemplate};

use crate::fixture::encoding;
use crate::provider::Provider;
use crate::reply::{Reply, RequestShape};

/// A [`Reply`] in the wire format of one provider, made by [`Reply::on`].
#[derive(Clone, Debug)]
pub struct Written {
    reply: Reply,
    provider: Provider,
}

/// Larger decoded requests are answered as if they had no body.
const MAX_BODY: usize = 16 << 20;

impl Reply {
    /// This answer as a wiremock responder that speaks as the provider does, streamed if the request asks
    /// for a stream.
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
    pub fn on(self, provider: Provider) -> Written {
        Written { reply: self, provider }
    }
}

impl Respond for Written {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let coding = request.headers.get("content-encoding").and_then(|value| value.to_str().ok());
        let body = encoding::decompress(coding, &request.body, MAX_BODY).unwrap_or_default();
        let target = match request.url.query() {
            Some(query) => format!("{}?{query}", request.url.path()),
            None => request.url.path().to_owned(),
        };
        let shape = RequestShape::new(request.method.as_str(), &target, &body);
        let rendered = self.reply.render(self.provider, &shape);
        let mut template = ResponseTemplate::new(rendered.status);
        for (name, value) in rendered.headers.iter().filter(|(name, _)| **name != CONTENT_TYPE) {
            template = template.append_header(name, value);
        }
        // The only setter that keeps both bytes and type as they are.
        template.set_body_raw(rendered.bytes(), rendered.header("content-type").unwrap_or_default())
    }
}
