//! Every key of the configuration. Clap makes a flag and a variable of each.

use clap::Arg;

/// A key, with its section before a dot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) path: &'static str,
    /// What stands for the value in the help text.
    value: &'static str,
    /// As a variable would have it; empty: none.
    pub(super) default: &'static str,
    help: &'static str,
}

const fn key(
    path: &'static str,
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> Key {
    Key { path, value, default, help }
}

/// All keys, in the order of the documentation.
#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    key("strategies", "NAMES", "ErrorStrategy;ToolCallStrategy;MirrorStrategy", "Strategies in order, separated by commas; the first that can answer does"),
    key("models", "IDS", "", "The models that exist, separated by semicolons, or JSON"),
    key("api-key", "KEY", "", "The key that requests must carry"),
    key("cors.allow-origins", "ORIGINS", "", "Origins whose pages may read responses, separated by semicolons, or `*`"),
    key("host", "ADDRESS", "127.0.0.1", "The address to listen on"),
    key("port", "PORT", "8000", "The port to listen on; 0 is any free port"),
    key("customReplies", "JSON", "", "A list of `question` and `answer` for CustomAnswersStrategy"),
    key("fixtures", "DIR", "", "Replay the fixtures in this folder; the default strategy is then FixtureStrategy alone"),
    key("record", "true|false", "false", "Forward requests without a recording to their provider, and record the responses"),
    key("watch", "true|false", "false", "Read the configuration and the fixtures again when they change"),
    key("matching.ignore", "PATHS", "", "JSON paths that are ignored when requests are compared"),
    key("matching.normalize", "JSON", "", "A list of `path`, `pattern` and `replacement`, applied before requests are compared"),
    key("matching.match_on", "FIELDS", "", "Compare only these top-level fields of request bodies"),
    key("upstreams", "JSON", "", "Base URLs by provider"),
    key("pace.time-to-first-token", "DURATION", "0", "How long the first piece of a response takes"),
    key("pace.tokens-per-second", "NUMBER", "0", "How many pieces follow per second; 0 sends all at once"),
    key("pace.jitter", "SHARE", "0", "By what share waits vary in both directions, from 0 to 1"),
    key("pace.seed", "NUMBER", "", "Makes the jitter reproducible"),
    key("pace.recorded", "true|false", "false", "Replay recordings at their recorded pace"),
    key("faults.rate", "SHARE", "0", "The share of requests that fail on purpose, from 0 to 1"),
    key("faults.kinds", "FAULTS", "", "The faults to draw from, separated by semicolons"),
    key("faults.seed", "NUMBER", "", "Makes the same requests fail after every start"),
    key("history", "NUMBER", "1000", "How many requests the history keeps; 0 switches it off"),
    key("body-limit", "SIZE", "16M", "The largest request body"),
    key("read-timeout", "DURATION", "30s", "How long a client may take to send the head of a request, and again its body"),
    key("shutdown-timeout", "DURATION", "10s", "How long open responses may take to end when the server stops"),
];

/// The sections: what stands before a dot.
pub(super) const SECTIONS: [&str; 4] = ["cors", "matching", "pace", "faults"];

/// Keys that `llmock serve -h` shows; `--help` shows all.
const COMMON: [&str; 7] = ["strategies", "api-key", "host", "port", "fixtures", "record", "watch"];

impl Key {
    /// The key with that path.
    pub(super) fn of(path: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.path == path)
    }

    /// The key of that variable.
    pub(super) fn of_variable(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| variable(key.path) == name)
    }

    /// The names in a section, or at the top.
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

    /// `--pace-jitter`.
    pub(super) fn flag(&self) -> String {
        let path = self.path.replace("customReplies", "custom-replies");
        format!("--{}", path.replace(['.', '_'], "-"))
    }

    /// The flag and the variable, as clap takes them. Values are strings here: what they mean is read later, so that
    /// an error can name the file, the variable or the flag.
    pub(super) fn arg(&self) -> Arg {
        let help = match self.default {
            "" => self.help.to_owned(),
            default => format!("{} [default: {default}]", self.help),
        };
        let arg = Arg::new(self.path)
            .long(self.flag().trim_start_matches('-').to_owned())
            .env(variable(self.path))
            .hide_env_values(true)
            .value_name(self.value)
            .value_parser(clap::value_parser!(std::ffi::OsString))
            .hide_short_help(!COMMON.contains(&self.path))
            .help(help);
        match self.value {
            "true|false" => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
            _ => arg,
        }
    }
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
