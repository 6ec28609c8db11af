//! The configuration that the server runs with. Its fields are the keys.

use std::collections::HashMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use llmock::Provider;
use llmock::playback::Rules;
use llmock_rules::{AllowedHost, BaseUrl, Problem, Size};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny};

use super::error::ConfigError;
use super::matching::rules;
use super::models::Model;
use super::scenarios::Scenario;
use super::strategies::StrategyName;
use super::values::{Parsed, duration, list, nullable, scalar, some, strict};
use crate::layers::served;
use crate::serve::fault::Faults;
use crate::serve::limits::quota::Quota;
use crate::serve::log::LogMode;
use crate::serve::pace::Pace;
use crate::serve::strategy::schema::ToolUse;
use crate::serve::verdict::form::VerdictForm;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the file")]
pub(crate) struct Config {
    /// In order; never empty once they are [checked](Config::check).
    #[serde(deserialize_with = "some")]
    pub(crate) strategies: Vec<StrategyName>,
    /// Empty: any model is accepted.
    #[serde(deserialize_with = "nullable")]
    pub(crate) models: Vec<Model>,
    /// Absent: requests need no key, and any key is accepted.
    #[serde(deserialize_with = "api_key")]
    pub(crate) api_key: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub(crate) cors: Cors,
    #[serde(deserialize_with = "strict")]
    pub(crate) host: String,
    /// Names that requests may be addressed to, in addition to loopback names and IP addresses.
    #[serde(deserialize_with = "list")]
    pub(crate) allowed_hosts: Vec<AllowedHost>,
    /// 0: any free port.
    #[serde(deserialize_with = "strict")]
    pub(crate) port: u16,
    /// Whether the server makes a certificate for itself.
    #[serde(deserialize_with = "strict")]
    pub(crate) tls_self_signed: bool,
    #[serde(deserialize_with = "strict")]
    pub(crate) tls_cert: Option<PathBuf>,
    #[serde(deserialize_with = "strict")]
    pub(crate) tls_key: Option<PathBuf>,
    #[serde(rename = "customReplies")]
    pub(crate) custom_replies: Option<Vec<CustomReply>>,
    /// What happens to tools that a request offers and does not force.
    #[serde(deserialize_with = "tools")]
    pub(crate) tools: ToolUse,
    /// Read apart from the other keys, see [`scenarios`](super::scenarios).
    #[serde(deserialize_with = "nullable")]
    pub(crate) replies: Vec<Scenario>,
    /// The folder of the fixtures, or one fixture.
    #[serde(deserialize_with = "strict")]
    pub(crate) fixtures: Option<PathBuf>,
    #[serde(deserialize_with = "strict")]
    pub(crate) record: bool,
    /// Whether requests are rejected for more than their structure.
    #[serde(deserialize_with = "strict")]
    pub(crate) strict: bool,
    /// Whether the exit code tells that no strategy answered a request.
    #[serde(deserialize_with = "strict")]
    pub(crate) fail_on_miss: bool,
    /// Whether file and fixtures are read again when they change.
    #[serde(deserialize_with = "strict")]
    pub(crate) watch: bool,
    /// When a request equals a recorded one.
    #[serde(deserialize_with = "rules")]
    pub(crate) matching: Rules,
    /// Base URLs of upstreams; other providers are reached at their variable or their public host.
    #[serde(deserialize_with = "upstreams")]
    pub(crate) upstreams: HashMap<Provider, String>,
    #[serde(deserialize_with = "nullable")]
    pub(crate) pace: Pace,
    #[serde(deserialize_with = "nullable")]
    pub(crate) faults: Faults,
    /// When requests are printed, and how.
    #[serde(deserialize_with = "log")]
    pub(crate) log: LogMode,
    #[serde(deserialize_with = "nullable")]
    pub(crate) quota: Quota,
    /// The most tokens of a request. Absent: any number.
    #[serde(deserialize_with = "strict")]
    pub(crate) context_window: Option<u64>,
    /// The collector of spans, if there is one.
    #[serde(deserialize_with = "collector")]
    pub(crate) otlp_endpoint: Option<BaseUrl>,
    /// Whether the verdict on clients is printed at the end, and how.
    #[serde(deserialize_with = "verdict")]
    pub(crate) verdict: VerdictForm,
    /// How many requests the journal keeps; 0 switches it off.
    #[serde(deserialize_with = "history")]
    pub(crate) history: usize,
    /// The largest request body in bytes, before and after decompression.
    #[serde(deserialize_with = "size")]
    pub(crate) body_limit: usize,
    /// How long open responses may take to finish after the server receives the signal to stop.
    #[serde(deserialize_with = "duration")]
    pub(crate) shutdown_timeout: Duration,
    /// How long a client may take to send the head of a request, and again its body.
    #[serde(deserialize_with = "duration")]
    pub(crate) read_timeout: Duration,
    /// A key of the Python server, whose files still work.
    pub(super) debug: Option<IgnoredAny>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            strategies: Vec::new(),
            models: Vec::new(),
            api_key: None,
            cors: Cors::default(),
            host: "127.0.0.1".to_owned(),
            allowed_hosts: Vec::new(),
            port: 8000,
            tls_self_signed: false,
            tls_cert: None,
            tls_key: None,
            custom_replies: None,
            tools: ToolUse::default(),
            replies: Vec::new(),
            fixtures: None,
            record: false,
            strict: false,
            fail_on_miss: false,
            watch: false,
            matching: Rules::default(),
            upstreams: HashMap::new(),
            pace: Pace::default(),
            faults: Faults::default(),
            log: LogMode::Auto,
            quota: Quota::default(),
            context_window: None,
            otlp_endpoint: None,
            verdict: VerdictForm::default(),
            history: 1000,
            body_limit: 16 << 20,
            shutdown_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            debug: None,
        }
    }
}

impl Config {
    /// Sets the strategies that `fixtures` and `record` imply if none are listed, checks what depends on several keys,
    /// and returns notes about settings without effect.
    ///
    /// A server with fixtures makes up responses only if it is configured to: otherwise a miss would look like a match.
    pub(super) fn check(&mut self) -> Result<Vec<&'static str>, ConfigError> {
        use StrategyName::{Error, Fixture, Mirror, Proxy, Schema, ToolCall};

        if self.strategies.is_empty() {
            self.strategies = match (&self.fixtures, self.record) {
                (None, _) => vec![Error, ToolCall, Schema, Mirror],
                (Some(_), false) => vec![Fixture],
                (Some(_), true) => vec![Fixture, Proxy],
            };
        }
        self.enable_replies();
        let has = |strategy| self.strategies.contains(&strategy);
        let invalid = [
            (
                self.record && self.fixtures.is_none(),
                "`record` needs `fixtures`, the folder to write to",
            ),
            (
                self.record && self.fixtures.as_deref().is_some_and(served::is_remote),
                "`record` needs a folder to write to, and `fixtures` names a store, which is only read",
            ),
            (
                self.record && !has(Proxy),
                "`record` has no effect without `ProxyStrategy` in `strategies`",
            ),
            (has(Fixture) && self.fixtures.is_none(), "`FixtureStrategy` needs `fixtures`"),
            (self.quota.window.is_zero(), "`quota.window` is 0: name a duration, such as `1m`"),
        ];
        for (is_invalid, reason) in invalid.into_iter().chain(self.invalid_servers()) {
            if is_invalid {
                return Err(ConfigError::Settings(Problem::new(reason)));
            }
        }
        let notes = [
            (
                self.fixtures.is_some() && !has(Fixture),
                "`fixtures` has no effect without `FixtureStrategy` in `strategies`",
            ),
            (
                self.tools != ToolUse::default() && !has(Schema) && !has(ToolCall),
                "`tools` has no effect without `SchemaStrategy` or `ToolCallStrategy` in `strategies`",
            ),
            (
                self.faults.rate <= 0.0 && !self.faults.kinds.is_empty(),
                "`faults.kinds` has no effect while `faults.rate` is 0",
            ),
            (
                !self.models.is_empty()
                    && self.strategies.iter().all(|name| matches!(name, Fixture | Proxy)),
                "`models` has no effect with only `FixtureStrategy` and `ProxyStrategy`",
            ),
            (
                self.matching != Rules::default() && !has(Fixture),
                "`matching` has no effect without `FixtureStrategy` in `strategies`",
            ),
        ];
        let notes = notes.into_iter().chain(self.limits_of_zero());
        Ok(notes.filter_map(|(applies, note)| applies.then_some(note)).collect())
    }

    /// Limits that admit nothing, which is allowed but rarely meant.
    fn limits_of_zero(&self) -> [(bool, &'static str); 3] {
        [
            (
                self.quota.requests_per_minute == Some(0),
                "`quota.requests-per-minute` is 0: every request gets status 429",
            ),
            (
                self.quota.tokens_per_minute == Some(0),
                "`quota.tokens-per-minute` is 0: every request gets status 429",
            ),
            (
                self.context_window == Some(0),
                "`context-window` is 0: every conversation gets status 400",
            ),
        ]
    }
}

impl Config {
    /// Settings of TLS that contradict each other, and spans that this build cannot send.
    fn invalid_servers(&self) -> [(bool, &'static str); 3] {
        let has_one = self.tls_cert.is_some() != self.tls_key.is_some();
        let has_both = self.tls_self_signed && self.tls_cert.is_some();
        [
            (has_one, "`tls-cert` and `tls-key` need each other"),
            (has_both, "`tls-self-signed` and `tls-cert` exclude each other"),
            (
                self.otlp_endpoint.is_some() && !cfg!(feature = "otel"),
                "`otlp-endpoint` needs llmock with spans: `cargo install llmock-cli --features otel`",
            ),
        ]
    }

    /// Puts the strategies of `customReplies` and `replies` in front of the others, unless they are listed.
    fn enable_replies(&mut self) {
        for (is_set, strategy) in [
            (self.custom_replies.is_some(), StrategyName::CustomAnswers),
            (!self.replies.is_empty(), StrategyName::Scenario),
        ] {
            if is_set && !self.strategies.contains(&strategy) {
                self.strategies.insert(0, strategy);
            }
        }
    }
}

/// A secret that could not be filled in must not leave the server open.
fn api_key<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let key: Option<String> = strict(value)?;
    if key.as_deref().is_some_and(|key| key.trim().is_empty()) {
        return Err(D::Error::custom(
            "the key is empty; remove the setting to accept every client",
        ));
    }
    Ok(key.map(|key| key.trim().to_owned()))
}

/// Whose pages may read responses in a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Cors {
    /// Origins, or `*` alone for any. Empty: no CORS headers.
    #[serde(deserialize_with = "origins")]
    pub(crate) allow_origins: Vec<String>,
}

/// An origin of pages, or `*`.
struct Origin(String);

impl FromStr for Origin {
    type Err = Problem;

    fn from_str(origin: &str) -> Result<Self, Problem> {
        let is_origin = origin == "*"
            || origin.split_once("://").is_some_and(|(scheme, host)| {
                !scheme.is_empty() && !host.is_empty() && !host.contains(['/', '*', ' '])
            });
        if is_origin && origin.is_ascii() {
            return Ok(Self(origin.to_owned()));
        }
        let expected = "expected a value such as `http://localhost:3000`, or `*`";
        Err(Problem::new(format!("invalid origin `{origin}`: {expected}")))
    }
}

fn origins<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    Ok(list(value)?.into_iter().map(|Origin(origin)| origin).collect())
}

/// What `CustomAnswersStrategy` answers to a question. Numbers need no quotes: `answer: 42`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomReply {
    pub(crate) question: String,
    pub(crate) answer: String,
}

fn tools<'de, D: Deserializer<'de>>(value: D) -> Result<ToolUse, D::Error> {
    scalar(value, |text| match text {
        "auto" => Ok(ToolUse::Auto),
        "first" => Ok(ToolUse::First),
        "never" => Ok(ToolUse::Never),
        other => Err(Problem::unknown("value", other, &["auto", "first", "never"])),
    })
}

fn upstreams<'de, D: Deserializer<'de>>(value: D) -> Result<HashMap<Provider, String>, D::Error> {
    let all: HashMap<Parsed<Provider>, Option<Parsed<BaseUrl>>> = nullable(value)?;
    let set = all.into_iter().filter_map(|(id, url)| Some((id.0, url?.0.as_str().to_owned())));
    Ok(set.collect())
}

fn history<'de, D: Deserializer<'de>>(value: D) -> Result<usize, D::Error> {
    let size: u64 = strict(value)?;
    // More would be memory by the gigabyte before the first request.
    let size = usize::try_from(size).ok().filter(|size| *size <= 1_000_000);
    size.ok_or_else(|| D::Error::custom("expected at most 1000000 requests"))
}

fn log<'de, D: Deserializer<'de>>(value: D) -> Result<LogMode, D::Error> {
    scalar(value, LogMode::from_str)
}

fn collector<'de, D: Deserializer<'de>>(value: D) -> Result<Option<BaseUrl>, D::Error> {
    let url: Option<Parsed<BaseUrl>> = Option::deserialize(value)?;
    Ok(url.map(|url| url.0))
}

fn verdict<'de, D: Deserializer<'de>>(value: D) -> Result<VerdictForm, D::Error> {
    scalar(value, VerdictForm::from_str)
}

fn size<'de, D: Deserializer<'de>>(value: D) -> Result<usize, D::Error> {
    let Size(size) = scalar(value, Size::parse)?;
    usize::try_from(size).map_err(|_| D::Error::custom("the size is too large"))
}
