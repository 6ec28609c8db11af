//! The settings of a test: one table of all keys, from which the attribute, `llmock.toml` and the tests of the
//! documentation work.

use crate::problem::Problem;
use crate::{
    ApiVersion, Audio, CacheGuard, ContainedText, Contract, CountedField, Embeddings, EnvName,
    FaultRule, Field, FieldName, FieldsCheck, FindingCode, FixtureFolder, FixtureName, HeaderName,
    HeaderPattern, JsonPath, LaneName, Layer, MaxAge, Mode, Network, Order, Place, ProviderId,
    Recipient, SideCall, Similarity, StreamRule, Sweep, Unused,
};

#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    pub form: Form,
    pub attribute: &'static str,
    /// An example as `llmock.toml` writes it; `None` for what concerns one test.
    pub toml: Option<&'static str>,
}

pub type Check = fn(&str) -> Result<(), Problem>;

/// What a value looks like. A new key with a form that exists needs no parser.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    Text(Check),
    Texts(Check),
    Count,
    Switch,
    Statuses,
    Variables,
    Providers,
    Replacements,
    /// Named fields in parentheses.
    Fields(FieldsCheck),
    /// A number from 0 to 1.
    Share(Check),
    /// A text, and others that belong to it.
    Pairs(&'static PairForm),
    RustPath,
}

/// The form of `contains("$.path", "text")`: a text, and others that belong to it.
#[derive(Debug)]
pub struct PairForm {
    /// What is expected in parentheses: `a path and texts`.
    pub what: &'static str,
    /// The names of both in `llmock.toml`.
    pub fields: [&'static str; 2],
    pub checks: [Check; 2],
}

/// A value in its form, as a layer of settings writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Text(&'a str),
    Texts(&'a [&'a str]),
    Count(u32),
    Switch(bool),
    Statuses(&'a [u16]),
    Variables(&'a [(&'a str, &'a str)]),
    /// Ids, with a base URL if there is one.
    Providers(&'a [(&'a str, Option<&'a str>)]),
    /// Path, regular expression, replacement.
    Replacements(&'a [(&'a str, &'a str, &'a str)]),
    Fields(&'a [(&'a str, Field<'a>)]),
    Stream(&'a StreamRule),
    Fault(&'a FaultRule),
    /// A text and one that belongs to it, such as a path and a text.
    Pairs(&'a [(&'a str, &'a str)]),
}

macro_rules! check {
    ($type:ty) => {
        |text| <$type>::parse(text).map(drop)
    };
}

const fn shared(
    name: &'static str,
    form: Form,
    attribute: &'static str,
    toml: &'static str,
) -> Key {
    Key { name, form, attribute, toml: Some(toml) }
}

const fn of_one_test(name: &'static str, form: Form, attribute: &'static str) -> Key {
    Key { name, form, attribute, toml: None }
}

static CONTAINS: PairForm = PairForm {
    what: "a path and texts",
    fields: ["path", "text"],
    checks: [check!(JsonPath), check!(ContainedText)],
};

static LANE: PairForm = PairForm {
    what: "a name and requests",
    fields: ["name", "request"],
    checks: [check!(LaneName), check!(SideCall)],
};

/// All keys, in the order in which messages list them. A key stands behind those that its value may refer to.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    of_one_test("fixture", Form::Text(check!(FixtureName)), r#"fixture = "summarize""#),
    shared("mode", Form::Text(check!(Mode)), r#"mode = "auto""#, r#"mode = "auto""#),
    shared("provider", Form::Text(check!(ProviderId)), r#"provider = "openai""#, r#"provider = "openai""#),
    shared("providers", Form::Providers, r#"providers(openai, acme = "https://llm.acme.dev/v1")"#,
        r#"providers = ["openai", { acme = "https://llm.acme.dev/v1" }]"#),
    shared("match_on", Form::Texts(check!(FieldName)), r#"match_on("model")"#, r#"match_on = ["model"]"#),
    shared("ignore", Form::Texts(check!(Place)), r#"ignore("$.metadata.run")"#, r#"ignore = ["$.metadata.run"]"#),
    shared("normalize", Form::Replacements, r#"normalize("$.input", "[0-9]+ ms" => "N ms")"#,
        r#"normalize = [{ path = "$.input", pattern = "[0-9]+ ms", replacement = "N ms" }]"#),
    shared("unordered", Form::Texts(check!(JsonPath)), r#"unordered("$.tools")"#, r#"unordered = ["$.tools"]"#),
    shared("order", Form::Text(check!(Order)), r#"order = "strict""#, r#"order = "strict""#),
    shared("unused", Form::Text(check!(Unused)), r#"unused = "fail""#, r#"unused = "fail""#),
    of_one_test("calls", Form::Count, "calls = 3"),
    shared("side", Form::Texts(check!(SideCall)), r#"side("GET /v1/models")"#, r#"side = ["GET /v1/models"]"#),
    shared("allow_errors", Form::Statuses, "allow_errors(401, 429)", "allow_errors = [401, 429]"),
    shared("allow_redacted", Form::Texts(check!(EnvName)), r#"allow_redacted("GATEWAY_TOKEN")"#,
        r#"allow_redacted = ["GATEWAY_TOKEN"]"#),
    shared("allow", Form::Texts(check!(FindingCode)), r#"allow("repeated")"#, r#"allow = ["repeated"]"#),
    shared("env", Form::Variables, r#"env(MY_LLM_URL = "{base}/openai/v1")"#,
        r#"env = { MY_LLM_URL = "{base}/openai/v1" }"#),
    shared("proxy", Form::Switch, "proxy = true", "proxy = true"),
    shared("intercept", Form::Switch, "intercept = true", "intercept = true"),
    shared("network", Form::Text(check!(Network)), r#"network = "block""#, r#"network = "block""#),
    of_one_test("scripted", Form::Switch, "scripted = true"),
    shared("contains", Form::Pairs(&CONTAINS), r#"contains("$.messages", "weather")"#,
        r#"contains = [{ path = "$.messages", text = "weather" }]"#),
    shared("count", Form::Texts(check!(CountedField)), r#"count("$.store")"#, r#"count = ["$.store"]"#),
    shared("lane", Form::Pairs(&LANE), r#"lane("embeddings", "POST /v1/embeddings")"#,
        r#"lane = [{ name = "embeddings", request = "POST /v1/embeddings" }]"#),
    shared("require_header", Form::Texts(check!(HeaderName)), r#"require_header("anthropic-beta")"#,
        r#"require_header = ["anthropic-beta"]"#),
    shared("match_headers", Form::Texts(check!(HeaderPattern)), r#"match_headers("anthropic-version")"#,
        r#"match_headers = ["anthropic-version"]"#),
    shared("keep_headers", Form::Texts(check!(HeaderPattern)), r#"keep_headers("x-codex-*")"#,
        r#"keep_headers = ["x-codex-*"]"#),
    shared("scrub_ids", Form::Switch, "scrub_ids = true", "scrub_ids = true"),
    shared("whole_batches", Form::Switch, "whole_batches = true", "whole_batches = true"),
    shared("fixtures", Form::Text(check!(FixtureFolder)), r#"fixtures = "tests/cassettes/{module}""#,
        r#"fixtures = "tests/cassettes/{module}""#),
    shared("layers", Form::Texts(check!(Layer)), r#"layers("tests/fixtures", "../contracts/fixtures")"#,
        r#"layers = ["tests/fixtures", "../contracts/fixtures"]"#),
    shared("recipients", Form::Texts(check!(Recipient)), r#"recipients("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")"#,
        r#"recipients = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]"#),
    shared("similar", Form::Share(check!(Similarity)), "similar = 0.95", "similar = 0.95"),
    shared("embeddings", Form::Fields(|fields| Embeddings::parse(fields).map(drop)),
        r#"embeddings(base_url = "http://127.0.0.1:8090/v1", model = "nomic-embed-text")"#,
        r#"embeddings = { base_url = "http://127.0.0.1:8090/v1", model = "nomic-embed-text" }"#),
    shared("reset", Form::Texts(check!(ResettableKey)), r#"reset("ignore")"#, r#"reset = ["ignore"]"#),
    shared("stream", Form::Fields(|fields| StreamRule::parse(fields).map(drop)),
        r#"stream(pace = "recorded", chunks = [1, 5, 2, 13])"#, r#"stream = { pace = "recorded", chunks = [1, 5, 2, 13] }"#),
    shared("fault", Form::Fields(|fields| FaultRule::parse(fields).map(drop)),
        "fault(status = 429, retry_after = 1, times = 2)", "fault = [{ status = 429, retry_after = 1, times = 2 }]"),
    shared("sweep", Form::Text(check!(Sweep)), r#"sweep = "faults""#, r#"sweep = "faults""#),
    shared("api_version", Form::Text(check!(ApiVersion)), r#"api_version = "strict""#, r#"api_version = "strict""#),
    shared("contract", Form::Text(check!(Contract)), r#"contract = "fail""#, r#"contract = "fail""#),
    shared("cache", Form::Text(check!(CacheGuard)), r#"cache = "stable""#, r#"cache = "stable""#),
    shared("audio", Form::Text(check!(Audio)), r#"audio = "any""#, r#"audio = "any""#),
    shared("max_age", Form::Text(check!(MaxAge)), r#"max_age = "90d""#, r#"max_age = "90d""#),
    shared("while_editing", Form::Switch, "while_editing = true", "while_editing = true"),
    of_one_test("crate", Form::RustPath, "crate = my_prelude::llmock"),
];

/// A key whose values an inner layer of settings can take back: every key but those that name the test's own things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResettableKey(&'static str);

impl ResettableKey {
    pub fn parse(name: &str) -> Result<Self, Problem> {
        let known: Vec<_> =
            KEYS.iter().map(|key| key.name).filter(|name| Self::is_resettable(name)).collect();
        let found = known.iter().find(|known| **known == name);
        found.map(|name| Self(name)).ok_or_else(|| Problem::unknown("key", name, &known))
    }

    fn is_resettable(name: &str) -> bool {
        !["fixture", "crate", "reset", "provider"].contains(&name)
    }

    pub fn all() -> impl Iterator<Item = Self> {
        KEYS.iter().map(|key| Self(key.name)).filter(|key| Self::is_resettable(key.0))
    }

    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl Key {
    pub fn named(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    pub fn of_attribute(name: &str) -> Result<&'static Self, Problem> {
        let known = || KEYS.iter().map(|key| key.name).collect::<Vec<_>>();
        Self::named(name).ok_or_else(|| Problem::unknown("argument", name, &known()))
    }

    /// The key with that name, for `llmock.toml`; it has an example.
    pub fn of_toml(name: &str) -> Result<&'static Self, Problem> {
        let Some(key) = Self::named(name) else {
            let shared = KEYS.iter().filter(|key| key.toml.is_some());
            let known: Vec<_> = shared.map(|key| key.name).collect();
            return Err(Problem::unknown("key", name, &known));
        };
        key.toml.map(|_| key).ok_or_else(|| {
            Problem::new(format!("`{name}` belongs to one test; set it in `#[llm_replay]`"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_start_with_their_key() {
        for key in KEYS {
            assert!(key.attribute.starts_with(key.name), "{}", key.attribute);
            assert!(key.toml.is_none_or(|toml| toml.starts_with(key.name)), "{:?}", key.toml);
        }
    }

    #[test]
    fn unknown_keys_get_a_suggestion_or_the_list() {
        let error = |name| Key::of_attribute(name).unwrap_err().to_string();
        assert_eq!(error("fixtur"), "unknown argument `fixtur`; did you mean `fixture`?");
        assert!(error("cassette").starts_with("unknown argument `cassette`: expected `fixture`, "));
        let error = |name| Key::of_toml(name).unwrap_err().to_string();
        assert_eq!(error("ignor"), "unknown key `ignor`; did you mean `ignore`?");
        assert!(error("x").starts_with("unknown key `x`: expected `mode`, "));
        assert!(error("calls").starts_with("`calls` belongs to one test; set it in"));
    }
}
