//! Values from a closed list of words.

use std::fmt;

use crate::problem::{Problem, hint};

/// Declares an enum whose values are words, once: the words, their parser, and their text.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal: $($(#[$word_doc:meta])* $variant:ident = $word:literal,)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$word_doc])* $variant,)*
        }

        impl $name {
            /// All values, in the order in which messages list them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads the word, in any case and with blanks around it.
            pub fn parse(text: &str) -> Result<Self, Problem> {
                let word = text.trim();
                let found = Self::ALL.iter().find(|value| value.as_str().eq_ignore_ascii_case(word));
                found.copied().ok_or_else(|| {
                    let hint = hint(word, &[$($word),*]);
                    Problem::new(format!("invalid {} `{word}`{hint}", $what))
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What llmock does with the requests of a test.
    ///
    /// `LLMOCK_MODE` decides, then the attribute or the builder, then `llmock.toml`. The default is [`Mode::Replay`].
    ///
    /// ```
    /// use llmock_rules::Mode;
    ///
    /// assert_eq!("record".parse(), Ok(Mode::Record));
    /// assert_eq!(Mode::default().to_string(), "replay");
    /// ```
    #[non_exhaustive]
    Mode, "mode":
    /// Respond from the fixture; a request without a recording fails the test. Never contacts a provider.
    #[default]
    Replay = "replay",
    /// Forward every request to the provider, and write a new fixture if the test passes.
    Record = "record",
    /// Respond from the fixture, forward requests without a recording to the provider, and add them to the fixture.
    Auto = "auto",
    /// As [`Mode::Auto`], and what a test that passes no longer uses is removed from the fixture.
    Refresh = "refresh",
    /// As `Replay`; beside it send the requests to the provider, compare what it responds with the fixture, and write
    /// nothing.
    Verify = "verify",
    /// Do nothing: llmock sets no variable and sees no request.
    Off = "off",
}

words! {
    /// Whether interactions may be replayed out of order.
    Order, "order":
    /// In any order.
    #[default]
    Any = "any",
    /// Only in the order in which they were recorded.
    Strict = "strict",
}

words! {
    /// How the audio that a client sends on a WebSocket is compared.
    Audio, "value":
    /// As one byte string, however it is divided into messages.
    #[default]
    Exact = "exact",
    /// Not at all.
    Any = "any",
}

words! {
    /// Whether clients may connect to the hosts of providers.
    Network, "value":
    /// They may.
    #[default]
    Allow = "allow",
    /// Connections by `HTTPS_PROXY` are refused.
    Block = "block",
}

words! {
    /// What happens if a test does not use all recorded interactions.
    Unused, "value":
    /// A note on standard error.
    #[default]
    Note = "note",
    /// The test fails.
    Fail = "fail",
    /// Nothing.
    Ignore = "ignore",
}

words! {
    /// What happens if a request has another version of the API, or other betas, than its recording.
    ApiVersion, "value":
    /// A note on standard error.
    #[default]
    Note = "note",
    /// The request is a miss.
    Strict = "strict",
    /// Nothing.
    Off = "off",
}

words! {
    /// What happens if the provider would reject a request today.
    Contract, "value":
    /// A note on standard error.
    #[default]
    Note = "note",
    /// The test fails.
    Fail = "fail",
    /// Nothing is checked.
    Off = "off",
}

words! {
    /// What happens if the requests of a conversation do not extend each other, so that the provider's prompt cache is lost.
    CacheGuard, "value":
    /// A note on standard error.
    #[default]
    Note = "note",
    /// The test fails.
    Stable = "stable",
    /// Nothing is checked.
    Off = "off",
}

words! {
    /// What a test is run against after it has passed as recorded.
    Sweep, "sweep":
    /// Nothing.
    #[default]
    Off = "off",
    /// Everything below, and responses that stall, are malformed, or empty.
    Faults = "faults",
    /// Responses that are cut off.
    Cuts = "cuts",
    /// Errors and refused connections.
    Errors = "errors",
}

impl Mode {
    /// Whether the fixture alone responds: a request without a recording fails the test, and nothing is written.
    pub const fn only_replays(self) -> bool {
        matches!(self, Self::Replay | Self::Verify)
    }
}

impl Sweep {
    /// Reads a word, or a switch that stands for all faults.
    pub fn parse_switch(text: &str) -> Result<Self, Problem> {
        match Switch::parse(text) {
            Ok(Switch(true)) => Ok(Self::Faults),
            Ok(Switch(false)) => Ok(Self::Off),
            Err(_) => Self::parse(text),
        }
    }
}

/// A switch: `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off`, in any case. Empty is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switch(pub bool);

impl Switch {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let word = text.trim();
        let expected = "expected `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off`";
        match word.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(Self(true)),
            "" | "0" | "false" | "no" | "off" => Ok(Self(false)),
            _ => Err(Problem::invalid("switch", word, expected)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_round_trip() {
        for mode in Mode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(*mode));
        }
        assert_eq!(" Record\n".parse(), Ok(Mode::Record));
        assert_eq!("strict".parse(), Ok(Order::Strict));
        assert_eq!("fail".parse(), Ok(Unused::Fail));
    }

    #[test]
    fn unknown_words_get_a_suggestion_or_the_list() {
        for (word, message) in [
            ("recrod", "invalid mode `recrod`; did you mean `record`?"),
            (
                "live",
                "invalid mode `live`: expected `replay`, `record`, `auto`, `refresh`, `verify`, or `off`",
            ),
            (
                "",
                "invalid mode ``: expected `replay`, `record`, `auto`, `refresh`, `verify`, or `off`",
            ),
        ] {
            assert_eq!(Mode::parse(word).unwrap_err().to_string(), message);
        }
        let error = Unused::parse("warn").unwrap_err().to_string();
        assert_eq!(error, "invalid value `warn`: expected `note`, `fail`, or `ignore`");
    }

    #[test]
    fn switches_accept_the_usual_words() {
        for word in ["1", "true", "yes", "on", " TRUE "] {
            assert_eq!(Switch::parse(word), Ok(Switch(true)), "{word}");
        }
        for word in ["0", "false", "no", "off", "", " "] {
            assert_eq!(Switch::parse(word), Ok(Switch(false)), "{word}");
        }
        let error = Switch::parse("maybe").unwrap_err().to_string();
        assert!(error.starts_with("invalid switch `maybe`: expected `1`, `true`"), "{error}");
    }
}
