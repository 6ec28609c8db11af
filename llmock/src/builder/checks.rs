//! What is checked besides the requests themselves, and how strictly.

use llmock_rules::Value;

use super::LlmMockBuilder;

impl LlmMockBuilder {
    /// What happens if a request has another version of the API, or other betas, than its recording: `note` (the default),
    /// `strict`, which makes it a miss, or `off`.
    pub fn api_version(self, rule: impl Into<String>) -> Self {
        self.set("api_version", Value::Text(&rule.into()))
    }

    /// How the audio that the program sends on a WebSocket is compared: `exact` (the default), as one byte string, or `any`, not
    /// at all.
    pub fn audio(self, rule: impl Into<String>) -> Self {
        self.set("audio", Value::Text(&rule.into()))
    }

    /// Whether child processes with [`envs`](crate::LlmMock::envs) may connect to the hosts of providers: `allow` (the default),
    /// or `block`, which refuses connections by `HTTPS_PROXY`. Other hosts are reached as before.
    ///
    /// ```no_run
    /// use llmock::LlmMock;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mock = LlmMock::builder().fixture("tests/fixtures/agent").network("block").start()?;
    /// std::process::Command::new("my-agent").envs(mock.envs()).status()?;
    /// mock.finish()?;
    /// # Ok(()) }
    /// ```
    pub fn network(self, rule: impl Into<String>) -> Self {
        self.set("network", Value::Text(&rule.into()))
    }

    /// The age from which on recordings are reported: `90d`, `12w`, or `fail after 90d`, which fails.
    pub fn max_age(self, age: impl Into<String>) -> Self {
        self.set("max_age", Value::Text(&age.into()))
    }

    /// What happens if the provider would reject a request today: `note` (the default), `fail`, or `off`.
    pub fn contract(self, rule: impl Into<String>) -> Self {
        self.set("contract", Value::Text(&rule.into()))
    }

    /// What happens if the requests of a conversation do not extend each other, so that the provider's prompt cache is lost:
    /// `note` (the default), `stable`, which fails, or `off`.
    pub fn cache(self, rule: impl Into<String>) -> Self {
        self.set("cache", Value::Text(&rule.into()))
    }
}
