//! Every key of a configuration: what it takes, and what it is if nobody says it.

use super::value::Value;

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A list of texts; one text is a list of itself.
    Texts,
    Switch,
    /// A whole number from 0 up.
    Count,
    /// A number from 0 up.
    Number,
    Duration,
    Size,
    /// A list of `{id, created, owned_by}`, or of ids.
    Models,
    /// A list of `{question, answer}`.
    Replies,
    /// A list of `{path, pattern, replacement}`.
    Normalize,
    /// A mapping from a provider's id to a URL.
    Upstreams,
}

/// A key, with the sections around it before dots.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) path: &'static str,
    pub(super) kind: Kind,
    /// As a variable would say it; empty: nothing.
    pub(crate) default: &'static str,
}

const fn key(path: &'static str, kind: Kind, default: &'static str) -> Key {
    Key { path, kind, default }
}

/// All keys, in the order of the documentation.
pub(crate) const KEYS: &[Key] = &[
    key("strategies", Kind::Texts, "ErrorStrategy;ToolCallStrategy;MirrorStrategy"),
    key("models", Kind::Models, ""),
    key("api-key", Kind::Text, ""),
    key("cors.allow-origins", Kind::Texts, ""),
    key("host", Kind::Text, "127.0.0.1"),
    key("port", Kind::Count, "8000"),
    key("customReplies", Kind::Replies, ""),
    key("fixtures", Kind::Text, ""),
    key("record", Kind::Switch, "false"),
    key("watch", Kind::Switch, "false"),
    key("matching.ignore", Kind::Texts, ""),
    key("matching.normalize", Kind::Normalize, ""),
    key("matching.match_on", Kind::Texts, ""),
    key("upstreams", Kind::Upstreams, ""),
    key("pace.time-to-first-token", Kind::Duration, "0"),
    key("pace.tokens-per-second", Kind::Number, "0"),
    key("pace.jitter", Kind::Number, "0"),
    key("pace.seed", Kind::Count, ""),
    key("pace.recorded", Kind::Switch, "false"),
    key("faults.rate", Kind::Number, "0"),
    key("faults.kinds", Kind::Texts, ""),
    key("faults.seed", Kind::Count, ""),
    key("history", Kind::Count, "1000"),
    key("body-limit", Kind::Size, "16M"),
    key("read-timeout", Kind::Duration, "30s"),
    key("shutdown-timeout", Kind::Duration, "10s"),
];

/// The sections: what stands before a dot.
pub(super) const SECTIONS: [&str; 4] = ["cors", "matching", "pace", "faults"];

impl Key {
    /// The key of that path.
    pub(super) fn of(path: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.path == path)
    }

    /// What there is in a section, or beside all sections.
    pub(super) fn names(section: Option<&str>) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = KEYS
            .iter()
            .filter_map(|key| match (key.path.split_once('.'), section) {
                (None, None) => Some(key.path),
                (Some((first, name)), Some(section)) if first == section => Some(name),
                (Some((first, _)), None) => Some(first),
                _ => None,
            })
            .collect();
        names.dedup();
        names
    }
}

/// The variable of a key or a section: `LLMOCK_CORS_ALLOW_ORIGINS`.
pub(crate) fn variable(path: &str) -> String {
    let name = path.replace(['.', '-'], "_").to_uppercase();
    format!("LLMOCK_{name}")
}

impl Kind {
    /// What the text of a variable or of a flag means. Empty and `null` mean nothing.
    pub(super) fn value(self, text: &str, place: &super::value::Place) -> Result<Value, String> {
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed == "null" {
            return Ok(Value::Null);
        }
        match self {
            Self::Text | Self::Duration | Self::Size => Ok(Value::Text(text.to_owned())),
            Self::Switch => match trimmed.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Ok(Value::Switch(true)),
                "false" | "no" | "off" | "0" => Ok(Value::Switch(false)),
                _ => Err(format!("`{trimmed}` is neither `true` nor `false`")),
            },
            Self::Count => trimmed
                .parse()
                .map(Value::Integer)
                .map_err(|_| format!("`{trimmed}` is no whole number")),
            Self::Number => super::quantity::positive(trimmed).map(Value::Number),
            Self::Texts | Self::Models if !trimmed.starts_with('[') => {
                let parts = trimmed.split(';').map(str::trim).filter(|part| !part.is_empty());
                let node = |part: &str| super::value::Node {
                    value: Value::Text(part.to_owned()),
                    place: place.clone(),
                };
                Ok(Value::List(parts.map(node).collect()))
            }
            Self::Texts | Self::Models | Self::Replies | Self::Normalize | Self::Upstreams => {
                json(trimmed, place)
            }
        }
    }
}

/// JSON for what is more than a scalar.
pub(super) fn json(text: &str, place: &super::value::Place) -> Result<Value, String> {
    let json = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    Ok(Value::from_json(json, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_share_a_variable() {
        let mut names: Vec<String> = KEYS.iter().map(|key| variable(key.path)).collect();
        names.extend(SECTIONS.iter().map(|section| variable(section)));
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_variable_is_the_path_in_capitals() {
        for (path, name) in [
            ("api-key", "LLMOCK_API_KEY"),
            ("cors.allow-origins", "LLMOCK_CORS_ALLOW_ORIGINS"),
            ("pace.tokens-per-second", "LLMOCK_PACE_TOKENS_PER_SECOND"),
            ("customReplies", "LLMOCK_CUSTOMREPLIES"),
            ("matching.match_on", "LLMOCK_MATCHING_MATCH_ON"),
        ] {
            assert_eq!(variable(path), name);
        }
    }
}
