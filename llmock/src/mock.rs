//! [`LlmMock`]: what a test holds of its session.

use std::sync::Arc;

use wiremock::MockServer;

use crate::front::Front;
use crate::provider::{Address, Declared, Provider};
use crate::session::Access;
use crate::session::envs;
use crate::session::ledger::{AnsweredBy, Entry};
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
/// It is a weak handle: clones may outlive the test, and then answer nothing any more.
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
                let declared = &state.setup.in_force.declared;
                (state.base.clone(), declared.iter().map(|one| one.value.clone()).collect())
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

    /// The base URL for a client of this provider, in the shape its variable has: with `/v1` for
    /// `OpenAI`, without for Anthropic. Never ends in `/`.
    ///
    /// In mode `off` it is the provider's own.
    pub fn base_url(&self, provider: Provider) -> String {
        match &self.access {
            Access::Open(..) => {
                let declared = self.declared.iter().find(|one| one.provider == provider);
                match declared {
                    Some(declared) => declared.base_url(&self.base),
                    None => provider.base_url(&self.base),
                }
            }
            Access::Off(bases, _) => bases
                .iter()
                .find(|(known, _)| *known == provider)
                .map(|(_, url)| url.clone())
                .unwrap_or_default(),
        }
    }

    /// The same with a `/` at its end, for clients that join it with a relative path: `ollama-rs`
    /// (`Ollama::try_new`), `gemini-rust` (`with_base_url`), `genai` (`Endpoint`).
    pub fn base_url_with_slash(&self, provider: Provider) -> String {
        self.base_url(provider) + "/"
    }

    /// What stands for the provider's host alone: without `/v1`, which clients of this kind add themselves
    /// (`OPENAI_HOST`, a `host` in a configuration). Never ends in `/`.
    ///
    /// In mode `off` it is the provider's own.
    pub fn host_url(&self, provider: Provider) -> String {
        let base_url = self.base_url(provider);
        match &self.access {
            Access::Open(..) => format!("{}/{}", self.base, provider.id()),
            Access::Off(..) => Address::parse(&base_url)
                .map_or_else(String::new, |address| address.root().to_owned()),
        }
    }

    /// [`host_url`](Self::host_url) with its port taken out, for clients that take the two apart:
    /// `("http://127.0.0.1/…/ollama/", 40123)` for `Ollama::new(host, port)` of `ollama-rs`.
    ///
    /// The host keeps a path, which tells sessions apart, and a `/` at its end.
    pub fn host_and_port(&self, provider: Provider) -> (String, u16) {
        split_port(&self.host_url(provider))
    }

    /// The address below which every provider has its own segment: what `{base}` stands for.
    ///
    /// Empty in mode `off`.
    pub fn url(&self) -> &str {
        &self.base
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
            // The test is over: who asks that address is told so.
            None => envs::base_urls(&self.base),
        }
    }

    /// The wiremock server of this session, started when first asked for.
    ///
    /// What its `Mock`s answer wins over the fixture; what they do not, the fixture answers. They see
    /// paths as the provider would (`/v1/chat/completions`). What they `expect` is verified when the test
    /// ends. Clients keep talking to [`base_url`](Self::base_url), not to the server's own address.
    ///
    /// # Limits
    ///
    /// A `Mock` that answers with an empty 404 and no header of its own cannot be told from no `Mock`
    /// at all: give it a body.
    ///
    /// In mode `off` nothing leads to it.
    pub fn wiremock(&self) -> &MockServer {
        let (Access::Open(_, overlay) | Access::Off(_, overlay)) = &self.access;
        overlay.server(Front::get().expect("a port on 127.0.0.1, as every session needs one"))
    }

    /// Every request of the session so far, in order of arrival.
    pub fn requests(&self) -> Vec<SentRequest> {
        let Some(state) = self.state() else { return Vec::new() };
        let book = state.book();
        book.ledger.entries.iter().cloned().map(|entry| SentRequest { entry }).collect()
    }
}

/// `http://127.0.0.1:40123/x` → `http://127.0.0.1/x/` and the port.
fn split_port(url: &str) -> (String, u16) {
    let Some(address) = Address::parse(url) else { return ("/".to_owned(), 80) };
    let port = address.port();
    let address = address.without_port();
    (format!("{}{}/", address.root(), address.path()), port)
}

/// A request as the mock server received it, secrets taken out.
#[derive(Clone, Debug)]
pub struct SentRequest {
    entry: Entry,
}

impl SentRequest {
    /// Whose API it speaks.
    pub fn provider(&self) -> Provider {
        self.entry.provider
    }

    /// In upper case.
    pub fn method(&self) -> &str {
        &self.entry.method
    }

    /// As at the provider's own host, query included: `/v1/chat/completions`.
    pub fn path(&self) -> &str {
        &self.entry.path
    }

    /// Headers in order of arrival, names in lower case; those that hold keys are left out.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entry.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body after decompression; a multipart body as it was sent.
    pub fn body(&self) -> &[u8] {
        &self.entry.body
    }

    /// The body as text, with U+FFFD for what is not UTF-8.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.entry.body)
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// If it is not JSON of type `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.entry.body)
    }

    /// Who answered it.
    pub fn answered_by(&self) -> AnsweredBy {
        self.entry.answered_by
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_taken_apart_and_the_path_stays() {
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
