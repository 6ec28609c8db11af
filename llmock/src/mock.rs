//! [`LlmMock`]: what a test holds of its session.

mod cache;
mod controls;
mod matching;
pub(crate) mod replies;
#[cfg(feature = "websocket")]
mod sockets;

use std::sync::Arc;
use std::sync::atomic::Ordering;

#[cfg(feature = "wiremock")]
use wiremock::MockServer;

use crate::exchange::{Exchange, SentRequest, links};
#[cfg(feature = "wiremock")]
use crate::front::Front;
use crate::mode::Mode;
use crate::provider::{Address, Declared, Provider};
use crate::session::state::State;
use crate::session::{Access, current, envs, keys, wait};

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
    mode: Mode,
}

impl LlmMock {
    pub(crate) fn new(access: &Access) -> Self {
        let (base, declared, mode) = match access {
            Access::Open(state, _) => state.upgrade().map(|state| {
                let declared = state.setup.upstreams.declared.as_slice();
                (state.base.clone(), declared.into(), state.setup.mode())
            }),
            Access::Off(..) => None,
        }
        .unwrap_or_else(|| (String::new(), [].into(), Mode::Off));
        Self { access: access.clone(), base, declared, mode }
    }

    fn state(&self) -> Option<Arc<State>> {
        match &self.access {
            Access::Open(state, _) => state.upgrade(),
            Access::Off(..) => None,
        }
    }

    fn note_address(&self) {
        if let Some(state) = self.state() {
            state.is_handle_used.store(true, Ordering::Relaxed);
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
        self.note_address();
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
        self.note_address();
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
        self.note_address();
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
        self.note_address();
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
        let redactor = state.secrets.redactor();
        let ledger = state.ledger();
        ledger.exchanges.iter().map(|exchange| exchange.sent.redacted(&redactor)).collect()
    }

    /// Every request of the session so far with what the program received for it, in order of arrival and in every mode.
    ///
    /// Recordings and replies look the same here, so an assertion on a response holds while recording too. Empty in mode
    /// `off`, and once the test has ended.
    ///
    /// ```no_run
    /// # use llmock::{LlmMock, llm_replay};
    /// #[llm_replay(fixture = "weather")]
    /// #[test]
    /// fn the_recording_shows_a_tool_call(mock: &LlmMock) {
    ///     // ... run the program ...
    ///     let exchanges = mock.exchanges();
    ///     let events = exchanges[0].response().unwrap().events();
    ///     assert!(events.iter().any(|event| event.data().contains("tool_calls")));
    ///     assert_eq!(exchanges[1].request().tool_results()[0].text, "12 °C");
    /// }
    /// ```
    pub fn exchanges(&self) -> Vec<Exchange> {
        let Some(state) = self.state() else { return Vec::new() };
        let redactor = state.secrets.redactor();
        let exchanges: Vec<Exchange> = state.ledger().exchanges.clone();
        exchanges.iter().map(|exchange| exchange.snapshot(&redactor)).collect()
    }

    /// Returns when this many requests have arrived, not counting side calls.
    ///
    /// # Panics
    ///
    /// If they have not arrived after 30 seconds. Returns at once in mode `off`.
    ///
    /// ```no_run
    /// # use llmock::{LlmMock, llm_replay};
    /// # async fn start_agent(mock: &LlmMock) {}
    /// #[llm_replay(fixture = "agent")]
    /// #[tokio::test]
    /// async fn asks_twice(mock: &LlmMock) {
    ///     start_agent(mock).await;
    ///     mock.wait_for(2).await;
    ///     assert_eq!(mock.requests()[1].tool_results().len(), 1);
    /// }
    /// ```
    pub async fn wait_for(&self, requests: usize) {
        let Some(state) = self.state() else { return };
        let arrived = |state: &State| state.ledger().counted().count();
        let is_done = wait::until(&state, || arrived(&state) >= requests).await;
        assert!(
            is_done,
            "waited {} s for {requests} requests, but only {} arrived",
            wait::LONGEST.as_secs(),
            arrived(&state)
        );
    }

    /// The mode in force, by the attribute, `llmock.toml`, or `LLMOCK_MODE`.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether requests reach the provider and its responses are recorded. In mode `auto` only those reach it that are
    /// not recorded yet, and this is `false`.
    pub fn is_recording(&self) -> bool {
        self.mode == Mode::Record
    }

    /// A key for a client of this provider: while recording, and in modes `auto` and `off`, the real key from the
    /// variable of the provider; otherwise, or if none is set, a placeholder that clients accept.
    ///
    /// ```no_run
    /// # use llmock::{LlmMock, Provider, llm_replay};
    /// # struct Client;
    /// # impl Client { fn new(base_url: String, key: String) -> Self { Client } }
    /// #[llm_replay(fixture = "chat")]
    /// #[test]
    /// fn chats(mock: &LlmMock) {
    ///     let openai = Provider::OpenAI;
    ///     let client = Client::new(mock.base_url(openai), mock.api_key(openai));
    ///     // ...
    /// }
    /// ```
    pub fn api_key(&self, provider: Provider) -> String {
        match self.state() {
            Some(state) => state.api_key(provider),
            None => keys::outside(provider, self.mode),
        }
    }

    /// Declares that this test intentionally sends nothing, and why. Return from the test after it:
    ///
    /// ```no_run
    /// # use llmock::{LlmMock, llm_replay};
    /// #[llm_replay(fixture = "transcribe")]
    /// #[test]
    /// fn transcribes(mock: &LlmMock) {
    ///     if !std::path::Path::new("tests/data/speech.wav").exists() {
    ///         return mock.skip("no audio file");
    ///     }
    ///     // ...
    /// }
    /// ```
    ///
    /// The test then passes without a request, and a note names the reason. While recording, the fixture stays as it
    /// is. Requests that were sent all the same are treated as in every other test. [`llmock::skip`](crate::skip) is
    /// the same for a test without a handle.
    pub fn skip(&self, reason: impl Into<String>) {
        if let Some(state) = self.state() {
            state.skip(reason.into());
        }
    }
}

/// The handle of the test that is running, for a test that takes none because its clients read variables.
///
/// It belongs to the test of the calling thread. On a thread that no test started, such as a worker of a runtime, it is
/// the test that holds the environment guard, of which there is only one at a time.
///
/// ```no_run
/// # use llmock::llm_replay;
/// # async fn summarize() {}
/// #[llm_replay(fixture = "summarize")]
/// #[tokio::test]
/// async fn sends_one_request() {
///     summarize().await;
///     assert_eq!(llmock::current().exchanges().len(), 1);
/// }
/// ```
///
/// # Panics
///
/// If no test that uses the variables is running, and in a test that takes a handle: there the parameter is the handle.
///
/// # Limits
///
/// A thread that a test with a handle has started cannot be told from others.
#[track_caller]
pub fn current() -> LlmMock {
    match current::find() {
        Ok(access) => LlmMock::new(&access),
        Err(reason) => panic!("{reason}"),
    }
}

/// Declares that the running test intentionally sends nothing; see [`LlmMock::skip`].
///
/// ```no_run
/// # use llmock::llm_replay;
/// #[llm_replay(fixture = "images")]
/// #[test]
/// fn draws() {
///     if std::env::var("CI_WITHOUT_IMAGES").is_ok() {
///         return llmock::skip("no images on this machine");
///     }
///     // ...
/// }
/// ```
///
/// # Panics
///
/// If no test is running.
#[track_caller]
pub fn skip(reason: impl Into<String>) {
    match current::find_any() {
        Ok(access) => LlmMock::new(&access).skip(reason),
        Err(reason) => panic!("{}", reason.to_string().replace("current()", "skip(..)")),
    }
}

/// `http://127.0.0.1:40123/x` → `http://127.0.0.1/x/` and the port.
fn split_port(url: &str) -> (String, u16) {
    let Some(address) = Address::parse(url) else { return ("/".to_owned(), 80) };
    let port = address.port();
    let address = address.without_port();
    (format!("{}{}/", address.root(), address.path()), port)
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
