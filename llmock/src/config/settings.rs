//! What one layer says, before anything is checked: the attribute's literals and their owned form.

use super::rule::AllowErrors;

/// What the attribute's expansion writes beside a test; every field that is not named is [`StaticSettings::NONE`]'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaticSettings {
    /// `fixture = "a/b"` on the function.
    pub fixture: Option<&'static str>,
    /// `fixture = "x"` on the module around it: the file is `fixtures/x/<function>.json`.
    pub module_fixture: Option<&'static str>,
    /// `mode = "auto"`.
    pub mode: Option<&'static str>,
    /// `order = "any"` or `"strict"`.
    pub order: Option<&'static str>,
    /// `unused = "note"`, `"fail"`, or `"ignore"`.
    pub unused: Option<&'static str>,
    /// `calls = 3`: how many requests the test must send.
    pub calls: Option<u32>,
    /// `match_on("model", "messages")`.
    pub match_on: Option<&'static [&'static str]>,
    /// `ignore("$.path")`.
    pub ignore: &'static [&'static str],
    /// `normalize("$.path", "regex" => "placeholder")`: path, pattern, replacement.
    pub normalize: &'static [(&'static str, &'static str, &'static str)],
    /// `side("GET /v1/models")`.
    pub side: &'static [&'static str],
    /// `allow_errors(401)`; `Some(&[])` is the bare `allow_errors`, any error.
    pub allow_errors: Option<&'static [u16]>,
    /// `env(NAME = "{base}/openai/v1")`.
    pub env: &'static [(&'static str, &'static str)],
    /// `providers(openai)` or `provider = "openai"`; those that are declared too.
    pub providers: &'static [&'static str],
    /// `providers(acme = "https://llm.acme.dev/v1")`.
    pub declared: &'static [(&'static str, &'static str)],
    /// `proxy = true`.
    pub proxy: Option<bool>,
    /// `intercept = true`.
    pub intercept: Option<bool>,
    /// The words with which the test has to panic, by `#[should_panic]`; `Some("")` if any panic will do.
    pub should_panic: Option<&'static str>,
    /// The test takes an `LlmMock`: no variable is touched and no turn is waited for.
    pub handle: bool,
    /// The test is a plain `fn`.
    pub blocking: bool,
}

impl StaticSettings {
    /// Nothing said: the start of every struct update in the expansion.
    pub const NONE: Self = Self {
        fixture: None,
        module_fixture: None,
        mode: None,
        order: None,
        unused: None,
        calls: None,
        match_on: None,
        ignore: &[],
        normalize: &[],
        side: &[],
        allow_errors: None,
        env: &[],
        providers: &[],
        declared: &[],
        proxy: None,
        intercept: None,
        should_panic: None,
        handle: false,
        blocking: false,
    };
}

/// What one layer says, as written: the builder fills it by hand, `llmock.toml` by parsing.
///
/// Values are unchecked text, so that every layer is checked by the same code with the same sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) mode: Option<String>,
    pub(crate) order: Option<String>,
    pub(crate) unused: Option<String>,
    pub(crate) calls: Option<u32>,
    pub(crate) match_on: Option<Vec<String>>,
    pub(crate) ignore: Vec<String>,
    /// Path, pattern, replacement.
    pub(crate) normalize: Vec<(String, String, String)>,
    pub(crate) side: Vec<String>,
    pub(crate) allow_errors: Option<AllowErrors>,
    pub(crate) env: Vec<(String, String)>,
    /// Ids that are named; of those a declaration may stand in another layer.
    pub(crate) providers: Vec<String>,
    /// Id and base URL.
    pub(crate) declared: Vec<(String, String)>,
    pub(crate) proxy: Option<bool>,
    pub(crate) intercept: Option<bool>,
}

impl From<&StaticSettings> for Settings {
    fn from(said: &StaticSettings) -> Self {
        let owned =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let pairs = |pairs: &[(&str, &str)]| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect()
        };
        Self {
            mode: said.mode.map(str::to_owned),
            order: said.order.map(str::to_owned),
            unused: said.unused.map(str::to_owned),
            calls: said.calls,
            match_on: said.match_on.map(owned),
            ignore: owned(said.ignore),
            normalize: said
                .normalize
                .iter()
                .map(|(path, pattern, with)| {
                    ((*path).to_owned(), (*pattern).to_owned(), (*with).to_owned())
                })
                .collect(),
            side: owned(said.side),
            allow_errors: said.allow_errors.map(|statuses| match statuses {
                [] => AllowErrors::Any,
                some => AllowErrors::Only(some.to_vec()),
            }),
            env: pairs(said.env),
            providers: owned(said.providers),
            declared: pairs(said.declared),
            proxy: said.proxy,
            intercept: said.intercept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both literals name every field, so that a new one cannot be left out here.
    #[test]
    fn what_the_attribute_says_arrives_in_full() {
        let said = StaticSettings {
            fixture: Some("a/b"),
            module_fixture: Some("x"),
            mode: Some("auto"),
            order: Some("strict"),
            unused: Some("fail"),
            calls: Some(3),
            match_on: Some(&["model", "messages"]),
            ignore: &["$.a", "$.b"],
            normalize: &[("$.c", "[0-9]+", "N"), ("$.d", "x", "")],
            side: &["GET /v1/models"],
            allow_errors: Some(&[401, 429]),
            env: &[("MY_LLM", "{base}/openai/v1")],
            providers: &["openai", "acme"],
            declared: &[("acme", "https://llm.acme.dev/v1")],
            proxy: Some(true),
            intercept: Some(false),
            should_panic: Some("x"),
            handle: true,
            blocking: true,
        };
        let text = str::to_owned;
        let expected = Settings {
            mode: Some(text("auto")),
            order: Some(text("strict")),
            unused: Some(text("fail")),
            calls: Some(3),
            match_on: Some(vec![text("model"), text("messages")]),
            ignore: vec![text("$.a"), text("$.b")],
            normalize: vec![
                (text("$.c"), text("[0-9]+"), text("N")),
                (text("$.d"), text("x"), text("")),
            ],
            side: vec![text("GET /v1/models")],
            allow_errors: Some(AllowErrors::Only(vec![401, 429])),
            env: vec![(text("MY_LLM"), text("{base}/openai/v1"))],
            providers: vec![text("openai"), text("acme")],
            declared: vec![(text("acme"), text("https://llm.acme.dev/v1"))],
            proxy: Some(true),
            intercept: Some(false),
        };
        assert_eq!(Settings::from(&said), expected);
    }

    #[test]
    fn nothing_said_is_nothing_and_allow_errors_without_a_list_is_all() {
        assert_eq!(Settings::from(&StaticSettings::NONE), Settings::default());
        let bare = StaticSettings { allow_errors: Some(&[]), ..StaticSettings::NONE };
        assert_eq!(Settings::from(&bare).allow_errors, Some(AllowErrors::Any));
    }
}
