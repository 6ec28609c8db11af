//! `reset("ignore")`: what an inner layer takes back of the layers further out.

use llmock_rules::ResettableKey;

use super::Settings;
use crate::config::origin::Sourced;

impl Settings {
    /// The layer without the values of these keys.
    pub(super) fn without(mut self, keys: &[ResettableKey]) -> Self {
        for key in keys {
            self.clear(key.name());
        }
        self
    }

    fn clear(&mut self, key: &str) {
        match key {
            "fixtures" => self.fixtures = Sourced::default(),
            "layers" => self.layers = Sourced::default(),
            "similar" => self.semantic.similar = Sourced::default(),
            "embeddings" => self.semantic.embeddings = Sourced::default(),
            "recipients" => self.recipients = Sourced::default(),
            "mode" => self.mode = Sourced::default(),
            "providers" => {
                self.providers = Sourced::default();
                self.declared.clear();
            }
            "match_on" => self.match_on = Sourced::default(),
            "ignore" => self.ignore.clear(),
            "normalize" => self.normalize.clear(),
            "unordered" => self.unordered.clear(),
            "order" => self.order = Sourced::default(),
            "unused" => self.unused = Sourced::default(),
            "calls" => self.calls = Sourced::default(),
            "contains" => self.contains.clear(),
            "count" => self.count.clear(),
            "lane" => self.lanes.clear(),
            "require_header" => self.headers.required.clear(),
            "match_headers" => self.headers.matched.clear(),
            "keep_headers" => self.headers.kept.clear(),
            "side" => self.side.clear(),
            "allow_errors" => self.allow_errors = Sourced::default(),
            "allow_redacted" => self.allow_redacted.clear(),
            "allow" => self.allow.clear(),
            "env" => self.env.clear(),
            "proxy" => self.proxy = Sourced::default(),
            "intercept" => self.intercept = Sourced::default(),
            "network" => self.network = Sourced::default(),
            "scripted" => self.scripted = Sourced::default(),
            "scrub_ids" => self.scrub_ids = Sourced::default(),
            "whole_batches" => self.whole_batches = Sourced::default(),
            "while_editing" => self.while_editing = Sourced::default(),
            "stream" => self.stream = Sourced::default(),
            "fault" => self.faults.clear(),
            "sweep" => self.sweep = Sourced::default(),
            "audio" => self.audio = Sourced::default(),
            "api_version" | "contract" | "cache" | "max_age" => self.audit.clear(key),
            other => debug_assert!(false, "`{other}` cannot be reset"),
        }
    }
}

#[cfg(test)]
mod tests {
    use llmock_rules::{Field, KEYS, Key, Value};

    use super::*;
    use crate::config::Origin;

    /// A layer with a value for every key that can be reset.
    fn full() -> Settings {
        let mut layer = Settings::default();
        for key in ResettableKey::all() {
            let (key, value) = (key.name(), example(key.name()));
            layer.add(&Origin::File("llmock.toml".into()), key, value).expect(key);
        }
        layer
    }

    fn example(key: &str) -> Value<'static> {
        use Value::{Count, Providers, Replacements, Statuses, Switch, Text, Texts, Variables};
        match key {
            "fixtures" => Text("tests/cassettes"),
            "recipients" => {
                Texts(&["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"])
            }
            "similar" => Text("0.9"),
            "embeddings" => Value::Fields(&[
                ("base_url", Field::Text("http://127.0.0.1:8090/v1")),
                ("model", Field::Text("m")),
            ]),
            "layers" => Texts(&["tests/fixtures", "../contracts/fixtures"]),
            "mode" => Text("auto"),
            "stream" => Value::Fields(&[("seed", Field::Number("7"))]),
            "fault" => Value::Fields(&[("refused", Field::Switch(true))]),
            "sweep" => Text("cuts"),
            "audio" => Text("any"),
            "network" => Text("block"),
            "cache" => Text("stable"),
            "max_age" => Text("90d"),
            "providers" => Providers(&[("acme", Some("https://llm.acme.dev"))]),
            "match_on" => Texts(&["model"]),
            "ignore" => Texts(&["$.a"]),
            "normalize" => Replacements(&[("$.a", "b", "c")]),
            "unordered" => Texts(&["$.tools"]),
            "contains" => Value::Pairs(&[("$.messages", "weather")]),
            "lane" => Value::Pairs(&[("embeddings", "POST /v1/embeddings")]),
            "count" => Texts(&["$.store"]),
            "require_header" => Texts(&["authorization"]),
            "match_headers" => Texts(&["anthropic-version"]),
            "keep_headers" => Texts(&["x-codex-*"]),
            "order" | "api_version" => Text("strict"),
            "unused" | "contract" => Text("fail"),
            "calls" => Count(3),
            "side" => Texts(&["GET /v1/models"]),
            "allow_errors" => Statuses(&[401]),
            "allow_redacted" => Texts(&["GATEWAY_TOKEN"]),
            "allow" => Texts(&["repeated"]),
            "env" => Variables(&[("MY_URL", "{base}")]),
            "proxy" | "scripted" | "scrub_ids" | "whole_batches" | "while_editing" => Switch(true),
            "intercept" => Switch(cfg!(all(feature = "intercept", target_os = "linux"))),
            other => panic!("no example of `{other}`"),
        }
    }

    #[test]
    fn every_rule_of_an_outer_layer_can_be_taken_back() {
        for key in ResettableKey::all() {
            let mut inner = Settings::default();
            inner
                .add(&Origin::Builder, "reset", Value::Texts(&[key.name()]))
                .unwrap_or_else(|error| panic!("{}: {error:?}", key.name()));
            let (kept, reset) = (Settings::default().or(full()), inner.clone().or(full()));
            assert_ne!(Settings { reset: vec![key], ..kept }, reset, "{} is in force", key.name());
            // Nothing but this key has changed, and it is as if it was never set.
            let without = Settings::default().or(full().without(&[key]));
            assert_eq!(Settings { reset: vec![key], ..without }, reset, "{}", key.name());
        }
    }

    #[test]
    fn a_layer_does_not_take_back_its_own_values() {
        let mut inner = Settings::default();
        inner.add(&Origin::Attribute, "ignore", Value::Texts(&["$.mine"])).expect("valid");
        inner.add(&Origin::Attribute, "reset", Value::Texts(&["ignore"])).expect("valid");
        let merged = inner.or(full()).or(full());
        let ignored: Vec<_> = merged.ignore.iter().map(|one| one.value.to_string()).collect();
        assert_eq!(ignored, ["$.mine"]);
    }

    #[test]
    fn keys_that_cannot_be_reset_are_those_of_the_test_itself() {
        let apart = |key: &&Key| ResettableKey::parse(key.name).is_err();
        let apart: Vec<_> = KEYS.iter().filter(apart).map(|key| key.name).collect();
        assert_eq!(apart, ["fixture", "provider", "reset", "crate"]);
    }
}
