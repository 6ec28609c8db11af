//! [`LlmMock`]: what a test holds of its session.

use std::sync::Arc;

#[cfg(feature = "wiremock")]
use wiremock::MockServer;

use crate::exchange::{Exchange, RespondedBy, links};
#[cfg(feature = "wiremock")]
use crate::front::Front;
use crate::provider::{Address, Declared, Provider};
use crate::session::Access;
use crate::session::envs;
use crate::session::state::State;

/// A handle on the mock server of one session.
///
/// A test that takes one gets an address of its own, touches no environment variable, and runs in
/// parallel with every other test:
///
/// ```no_run
/// # use llmock::{LlmMock, Provider, llm_replay};
/// # async fn summarize(base_url: &str, text: &str) -> String { String::new() }
/// #[llm_replay(fixture = "summarize")]
/// #[tokio::test]
/// async fn summarizes(mock: &LlmMock) {
///     let summary = summarize(&mock.base_url(Provider::OpenAI), "...").await;
///     assert!(summary.contains("key points"));
/// }
/// ```
///
/// It is a weak handle: the addresses of clones that outlive the test respond with an error.
#[derive(Clone, Debug)]
pub struct LlmMock {
    access: Access,
    base: String,
    declared: Arc<[Declared]>,
}

impl LlmMock {
    pub(crate) fn new(access: &Access) -> Self {
        let (base, declared) = match access {
            Access::Open(state, _) => state.upgrade().map(|state| {
                let declared = state.setup.upstreams.declared.as_slice();
                (state.base.clone(), declared.into())
            }),
            Access::Off(..) => None,
        }
        .unwrap_or_default();
        Self { access: access.clone(), base, declared }
    }

    fn state(&self) -> Option<Arc<State>> {
        match &self.access {
            Access::Open(state, _) => state.upgrade(),
            Access::Off(..) => None,
        }
    }

    /// The base URL for a client of this provider, in the shape of its variable: with `/v1` for `OpenAI`, without for
    /// Anthropic. Never ends in `/`.
    ///
    /// In mode `off` it is the provider's own.
    ///
    /// # Panics
    ///
    /// In mode `off`, for a provider whose address neither llmock nor the test knows.
    #[track_caller]
    pub fn base_url(&self, provider: Provider) -> String {
        match &self.access {
            Access::Open(..) => {
                let declared = self.declared.iter().find(|one| one.provider == provider);
                match declared {
                    Some(declared) => declared.base_url(&self.base),
                    None => provider.base_url(&self.base),
                }
            }
            Access::Off(bases, _) => match bases.iter().find(|(known, _)| *known == provider) {
                Some((_, url)) => url.clone(),
                None => panic!(
                    "no base URL is known for provider `{provider}` in mode `off`; declare it with `provider_at`"
                ),
            },
        }
    }

    /// The same with a trailing `/`, for clients that join it with a relative path: `ollama-rs` (`Ollama::try_new`),
    /// `gemini-rust` (`with_base_url`), `genai` (`Endpoint`).
    #[track_caller]
    pub fn base_url_with_slash(&self, provider: Provider) -> String {
        self.base_url(provider) + "/"
    }

    /// The address that stands for the provider's host: without `/v1`, for clients that append it themselves
    /// (`OPENAI_HOST`, a `host` in a configuration). Never ends in `/`.
    ///
    /// In mode `off` it is the provider's own; panics as [`base_url`](Self::base_url) does.
    #[track_caller]
    pub fn host_url(&self, provider: Provider) -> String {
        if let Access::Open(..) = &self.access {
            return links::root(&self.base, provider);
        }
        let base_url = self.base_url(provider);
        Address::parse(&base_url).map_or(base_url, |address| address.root().to_owned())
    }

    /// [`host_url`](Self::host_url) and its port, for clients that take them separately:
    /// `("http://127.0.0.1/…/ollama/", 40123)` for `Ollama::new(host, port)` of `ollama-rs`.
    ///
    /// The host keeps its path, which identifies the session, and a trailing `/`.
    #[track_caller]
    pub fn host_and_port(&self, provider: Provider) -> (String, u16) {
        split_port(&self.host_url(provider))
    }

    /// The address below which every provider has a segment of its own, as `{base}` in `env(..)`; `None` in mode `off`.
    pub fn url(&self) -> Option<&str> {
        match &self.access {
            Access::Open(..) => Some(&self.base),
            Access::Off(..) => None,
        }
    }

    /// Variables that lead a child process to this session: for [`std::process::Command::envs`].
    ///
    /// Base URLs of every provider, placeholder keys for those whose keys are not set (a child that
    /// replays has none), and `NO_PROXY`. Empty in mode `off`.
    ///
    /// ```no_run
    /// # use llmock::{LlmMock, llm_replay};
    /// #[llm_replay(fixture = "cli")]
    /// #[test]
    /// fn the_binary_prints_a_summary(mock: &LlmMock) {
    ///     let output = std::process::Command::new("target/debug/summarize")
    ///         .envs(mock.envs())
    ///         .output()
    ///         .unwrap();
    ///     assert!(output.status.success());
    ///     assert_eq!(mock.requests().len(), 1);
    /// }
    /// ```
    pub fn envs(&self) -> Vec<(String, String)> {
        if matches!(self.access, Access::Off(..)) {
            return Vec::new();
        }
        match self.state() {
            Some(state) => envs::for_child(&state),
            // The test has ended: that address responds with an error that says so.
            None => Provider::base_urls(&self.base),
        }
    }

    /// The wiremock server of this session, started at the first call.
    ///
    /// Its `Mock`s take precedence over the fixture, which responds to requests that no `Mock` matches. They see paths
    /// as the provider would (`/v1/chat/completions`). Their expectations are verified when the test ends. Clients
    /// keep using [`base_url`](Self::base_url), not the server's own address.
    ///
    /// # Limits
    ///
    /// A `Mock` that responds with an empty 404 and no header of its own cannot be distinguished from no `Mock` at
    /// all: give it a body.
    ///
    /// In mode `off` no request reaches it.
    #[cfg(feature = "wiremock")]
    pub fn wiremock(&self) -> &MockServer {
        let (Access::Open(_, overlay) | Access::Off(_, overlay)) = &self.access;
        overlay.server(Front::get().expect("a port on 127.0.0.1, as every session needs one"))
    }

    /// Every request of the session so far, in order of arrival.
    pub fn requests(&self) -> Vec<SentRequest> {
        let Some(state) = self.state() else { return Vec::new() };
        let ledger = state.ledger();
        ledger.exchanges.iter().cloned().map(|exchange| SentRequest { exchange }).collect()
    }
}

/// `http://127.0.0.1:40123/x` → `http://127.0.0.1/x/` and the port.
fn split_port(url: &str) -> (String, u16) {
    let Some(address) = Address::parse(url) else { return ("/".to_owned(), 80) };
    let port = address.port();
    let address = address.without_port();
    (format!("{}{}/", address.root(), address.path()), port)
}

/// A request as the mock server received it, with secrets redacted.
///
/// ```no_run
/// # use llmock::{LlmMock, RespondedBy, llm_replay};
/// #[llm_replay(fixture = "summarize")]
/// #[test]
/// fn sends_the_document_once(mock: &LlmMock) {
///     // ... run the program ...
///     let requests = mock.requests();
///     assert_eq!(requests.len(), 1);
///     assert!(requests[0].text().contains("the document"));
///     assert_eq!(requests[0].responded_by(), RespondedBy::Fixture);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct SentRequest {
    exchange: Exchange,
}

impl SentRequest {
    /// The provider whose API it uses.
    pub fn provider(&self) -> Provider {
        self.exchange.provider
    }

    /// In upper case.
    pub fn method(&self) -> &str {
        &self.exchange.method
    }

    /// As at the provider's own host, query included: `/v1/chat/completions`.
    pub fn path(&self) -> &str {
        &self.exchange.path
    }

    /// Headers in order of arrival, with names in lower case and without those that hold keys.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.exchange.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body after decompression; a multipart body as it was sent.
    pub fn body(&self) -> &[u8] {
        &self.exchange.body
    }

    /// The body as text, with U+FFFD in place of invalid UTF-8.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.exchange.body)
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// If it is not JSON of type `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.exchange.body)
    }

    /// What responded to it.
    pub fn responded_by(&self) -> RespondedBy {
        self.exchange.responded_by
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_the_port_and_keeps_the_path() {
        for (url, host, port) in [
            ("http://127.0.0.1:40123/s/ab/ollama", "http://127.0.0.1/s/ab/ollama/", 40123),
            ("http://127.0.0.1:11434", "http://127.0.0.1/", 11434),
            ("https://api.openai.com", "https://api.openai.com/", 443),
            ("http://[::1]", "http://[::1]/", 80),
            ("http://[::1]:11434/x", "http://[::1]/x/", 11434),
        ] {
            assert_eq!(split_port(url), (host.to_owned(), port), "{url}");
        }
    }
}
