//! Every key of the configuration. Clap makes a flag and a variable of each.

use clap::Arg;
use llmock_rules::{Problem, Switch};
use serde_json::{Number, Value};

use super::values::no_number;

/// How the text of a variable or a flag becomes a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    /// Text whose empty value is an error instead of the default.
    Secret,
    Number,
    Switch,
    /// A word; a flag without a value stands for this one.
    Word(&'static str),
    /// `a;b`, or JSON.
    List,
    Json,
}

use Kind::{Json, List, Text};

/// A key, with its section before a dot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) path: &'static str,
    pub(super) kind: Kind,
    /// What stands for the value in the help text.
    name: &'static str,
    pub(super) help: &'static str,
}

const fn key(path: &'static str, kind: Kind, name: &'static str, help: &'static str) -> Key {
    Key { path, kind, name, help }
}

#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    key("strategies", List, "NAMES", "Strategies in order, separated by commas; the first that can answer does [default: ErrorStrategy,ToolCallStrategy,SchemaStrategy,MirrorStrategy]"),
    key("models", List, "IDS", "The models that exist, separated by semicolons, or JSON"),
    key("api-key", Kind::Secret, "KEY", "The key that requests must carry"),
    key("cors.allow-origins", List, "ORIGINS", "Origins whose pages may read responses, separated by semicolons, or `*`"),
    key("host", Text, "ADDRESS", "The address to listen on [default: 127.0.0.1]"),
    key("allowed-hosts", List, "NAMES", "Names of this server, separated by semicolons, in addition to loopback names and IP addresses; `*.example.com` is every name below"),
    key("port", Kind::Number, "PORT", "The port to listen on; 0 is any free port [default: 8000]"),
    key("tls-self-signed", Kind::Switch, "true|false", "Serve https with a certificate that the server makes; the ready line names its file"),
    key("tls-cert", Text, "FILE", "Serve https with this certificate chain, in PEM"),
    key("tls-key", Text, "FILE", "The private key of `tls-cert`, in PEM"),
    key("customReplies", Json, "JSON", "A list of `question` and `answer` for CustomAnswersStrategy"),
    key("tools", Text, "auto|first|never", "What happens to tools that a request offers and does not force [default: auto]"),
    key("replies", Json, "JSON", "A list of `when` and `then` for ScenarioStrategy: conditions on requests, and the replies to them"),
    key("strict", Kind::Switch, "true|false", "Reject also schemas, tools and roles that the provider rejects"),
    key("fixtures", Text, "DIR", "Replay the fixtures in this folder; the default strategy is then FixtureStrategy alone"),
    key("record", Kind::Switch, "true|false", "Forward requests without a recording to their provider, and record the responses"),
    key("fail-on-miss", Kind::Switch, "true|false", "Exit with code 1 if no strategy answered a request"),
    key("watch", Kind::Switch, "true|false", "Read the configuration and the fixtures again when they change"),
    key("matching.ignore", List, "PATHS", "JSON paths, `path` or `query.NAME` that are ignored when requests are compared"),
    key("matching.normalize", Json, "JSON", "A list of `path`, `pattern` and `replacement`, applied before requests are compared"),
    key("matching.unordered", List, "PATHS", "JSON paths of arrays whose order is ignored when requests are compared"),
    key("matching.audio", Text, "exact|any", "How the audio that clients send on WebSockets is compared [default: exact]"),
    key("matching.match_on", List, "FIELDS", "Compare only these top-level fields of request bodies"),
    key("matching.match_headers", List, "NAMES", "Headers that are compared, with `*` for every name with that start"),
    key("matching.require_header", List, "NAMES", "Headers that every request to a recording needs"),
    key("upstreams", Json, "JSON", "Base URLs by provider"),
    key("pace.time-to-first-token", Text, "DURATION", "How long the first piece of a response takes [default: 0]"),
    key("pace.tokens-per-second", Kind::Number, "NUMBER", "How many pieces follow per second; 0 sends all at once [default: 0]"),
    key("pace.jitter", Kind::Number, "SHARE", "By what share waits vary in both directions, from 0 to 1 [default: 0]"),
    key("pace.seed", Kind::Number, "NUMBER", "Makes the jitter reproducible"),
    key("pace.recorded", Kind::Switch, "true|false", "Replay recordings at their recorded pace"),
    key("faults.rate", Kind::Number, "SHARE", "The share of requests that fail on purpose, from 0 to 1 [default: 0]"),
    key("faults.kinds", List, "FAULTS", "The faults to draw from, separated by semicolons"),
    key("faults.seed", Kind::Number, "NUMBER", "Makes the same requests fail after every start"),
    key("log", Kind::Word("text"), "FORMAT", "Print a line for each request: `text`, `json`, `off`, or `auto`, which is text on a terminal [default: auto]"),
    key("otlp-endpoint", Text, "URL", "Send a span for each request to this OpenTelemetry collector, over HTTP; needs the feature `otel`"),
    key("quota.requests-per-minute", Kind::Number, "NUMBER", "How many requests a session may send per minute; more get status 429"),
    key("quota.tokens-per-minute", Kind::Number, "NUMBER", "How many tokens its requests and their responses may have per minute"),
    key("quota.window", Text, "DURATION", "How long the minute of a quota is [default: 1m]"),
    key("context-window", Kind::Number, "NUMBER", "The most tokens of a request; longer ones get the provider's error"),
    key("verdict", Kind::Word("text"), "FORMAT", "Judge how clients handled faults when the server stops: `text`, `json`, `junit`, or `off`; `json=FILE` writes a file [default: off]"),
    key("history", Kind::Number, "NUMBER", "How many requests the history keeps; 0 switches it off [default: 1000]"),
    key("body-limit", Text, "SIZE", "The largest request body [default: 16M]"),
    key("read-timeout", Text, "DURATION", "How long a client may take to send the head of a request, and again its body [default: 30s]"),
    key("shutdown-timeout", Text, "DURATION", "How long open responses may take to end when the server stops [default: 10s]"),
];

/// The sections: what stands before a dot.
pub(super) const SECTIONS: [&str; 5] = ["cors", "matching", "pace", "faults", "quota"];

/// Keys that `llmock serve -h` shows; `--help` shows all.
const COMMON: [&str; 8] =
    ["strategies", "api-key", "host", "port", "fixtures", "record", "watch", "log"];

impl Key {
    pub(super) fn of(path: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.path == path)
    }

    /// `--pace-jitter`.
    pub(super) fn flag(&self) -> String {
        let path = self.path.replace("customReplies", "custom-replies");
        format!("--{}", path.replace(['.', '_'], "-"))
    }

    /// The flag and the variable, as clap takes them. Values are strings here: what they mean is read later, so that
    /// an error can name the file, the variable or the flag.
    pub(super) fn arg(&self) -> Arg {
        let arg = Arg::new(self.path)
            .long(self.flag().trim_start_matches('-').to_owned())
            .env(variable(self.path))
            .hide_env_values(true)
            .value_name(self.name)
            .value_parser(clap::value_parser!(std::ffi::OsString))
            .hide_short_help(!COMMON.contains(&self.path))
            .help(self.help);
        match self.kind {
            Kind::Switch => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
            Kind::Word(missing) => arg.num_args(0..=1).default_missing_value(missing),
            _ => arg,
        }
    }

    /// The value that the text of a variable or a flag stands for. Empty and `null` are null.
    pub(super) fn value(&self, text: &str) -> Result<Value, Problem> {
        let trimmed = text.trim();
        if (trimmed.is_empty() && self.kind != Kind::Secret) || trimmed == "null" {
            return Ok(Value::Null);
        }
        match self.kind {
            Text | Kind::Secret => Ok(text.into()),
            Kind::Word(_) => Ok(trimmed.into()),
            Kind::Switch => Switch::parse(trimmed).map(|switch| switch.0.into()),
            Kind::Number => {
                trimmed.parse::<Number>().map(Value::from).map_err(|_| no_number(trimmed))
            }
            List if !trimmed.starts_with('[') => {
                // Of lists, only that of strategies has names without commas.
                let separators: &[char] =
                    if self.path == "strategies" { &[';', ','] } else { &[';'] };
                let parts =
                    trimmed.split(separators).map(str::trim).filter(|part| !part.is_empty());
                Ok(parts.collect())
            }
            List | Json => json(trimmed),
        }
    }
}

/// The JSON of a variable or a flag that is more than a single value.
pub(super) fn json(text: &str) -> Result<Value, Problem> {
    serde_json::from_str(text).map_err(|error| Problem::new(format!("invalid JSON: {error}")))
}

/// The variable of a key or a section: `LLMOCK_CORS_ALLOW_ORIGINS`.
pub(super) fn variable(path: &str) -> String {
    let name = path.replace(['.', '-'], "_").to_uppercase();
    format!("LLMOCK_{name}")
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
    fn variables_and_flags_follow_the_path() {
        for (path, name, flag) in [
            ("api-key", "LLMOCK_API_KEY", "--api-key"),
            ("cors.allow-origins", "LLMOCK_CORS_ALLOW_ORIGINS", "--cors-allow-origins"),
            ("customReplies", "LLMOCK_CUSTOMREPLIES", "--custom-replies"),
            ("matching.match_on", "LLMOCK_MATCHING_MATCH_ON", "--matching-match-on"),
        ] {
            assert_eq!(variable(path), name);
            assert_eq!(Key::of(path).unwrap().flag(), flag);
        }
    }
}
