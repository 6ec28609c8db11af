//! One line for each request on standard error, if that is a terminal or `log` is set. A miss is printed always: a
//! client may swallow it.

use std::borrow::Cow;
use std::io::IsTerminal as _;
use std::str::FromStr;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use llmock_rules::Problem;
use serde::Serialize;

use super::journal::without_keys;
use super::sessions::SessionId;
use crate::output::serving;

/// When requests are printed, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogMode {
    /// As text on a terminal, otherwise only misses.
    #[default]
    Auto,
    Off,
    Text,
    Json,
}

/// A request and its outcome.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) arrived: SystemTime,
    pub(crate) method: &'a str,
    /// As sent; keys in the query are not printed.
    pub(crate) path: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) model: Option<&'a str>,
    pub(crate) session: &'a SessionId,
    pub(crate) is_stream: bool,
    pub(crate) status: u16,
    /// The strategy, or `llmock`.
    pub(crate) by: &'a str,
    /// The fault on purpose.
    pub(crate) fault: Option<&'a str>,
    pub(crate) took: Duration,
    /// The recording or the scenario that has the response.
    pub(crate) source: Option<&'a str>,
    /// Why no strategy has one.
    pub(crate) miss: Option<&'a str>,
}

impl LogMode {
    pub(crate) const EXPECTED: &'static str = "expected `auto`, `text`, `json`, or `off`";

    /// Prints a line, if there is one in this mode.
    pub(crate) fn print(self, line: &Line<'_>) {
        match self.format() {
            Self::Json => serving::line(&line.json()),
            Self::Text => serving::line(&line.text()),
            Self::Auto | Self::Off => {
                if let Some(miss) = line.miss {
                    serving::note(&line.missed(miss));
                }
            }
        }
    }

    fn format(self) -> Self {
        static ON_TERMINAL: LazyLock<bool> = LazyLock::new(|| std::io::stderr().is_terminal());
        if self == Self::Auto && *ON_TERMINAL { Self::Text } else { self }
    }

    /// Whether a request that has a response needs a line.
    pub(crate) fn wants_all(self) -> bool {
        matches!(self.format(), Self::Text | Self::Json)
    }
}

impl FromStr for LogMode {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text {
            "auto" => Ok(Self::Auto),
            "off" | "false" => Ok(Self::Off),
            "text" | "true" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(Problem::new(format!("invalid log format `{other}`: {}", Self::EXPECTED))),
        }
    }
}

impl Line<'_> {
    /// The path without its query and without keys.
    #[cfg(feature = "otel")]
    pub(crate) fn shown_path(&self) -> String {
        let path = without_keys(self.path);
        path.split('?').next().unwrap_or_default().to_owned()
    }

    /// `POST /v1/chat/completions gpt-4o stream 200 MirrorStrategy 0 ms`.
    fn text(&self) -> String {
        let path = without_keys(self.path);
        let mut parts = vec![self.method.to_owned(), in_one_line(&path).into_owned()];
        parts.extend(self.model.map(|model| in_one_line(model).into_owned()));
        parts.extend(self.is_stream.then(|| "stream".to_owned()));
        parts.push(self.status.to_string());
        parts.push(self.by.to_owned());
        parts.extend(self.source.map(|source| format!("({source})")));
        parts.extend(self.fault.map(|fault| format!("fault={fault}")));
        parts.push(format!("{} ms", self.took.as_millis()));
        let line = parts.join(" ");
        match self.miss {
            Some(miss) => format!("{line}: {}", in_one_line(miss)),
            None => line,
        }
    }

    /// The line of a request that nothing answers.
    fn missed(&self, why: &str) -> String {
        let path = without_keys(self.path);
        let model = self.model.map(|model| format!(" {}", in_one_line(model))).unwrap_or_default();
        format!("miss: {} {}{model}: {}", self.method, in_one_line(&path), in_one_line(why))
    }

    fn json(&self) -> String {
        #[derive(Serialize)]
        struct Shown<'a> {
            time: String,
            method: &'a str,
            path: String,
            provider: &'a str,
            model: Option<&'a str>,
            session: String,
            stream: bool,
            status: u16,
            strategy: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            source: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            fault: Option<&'a str>,
            ms: u128,
            #[serde(skip_serializing_if = "Option::is_none")]
            miss: Option<&'a str>,
        }
        let shown = Shown {
            time: humantime::format_rfc3339_millis(self.arrived).to_string(),
            method: self.method,
            path: without_keys(self.path),
            provider: self.provider,
            model: self.model,
            session: self.session.to_string(),
            stream: self.is_stream,
            status: self.status,
            strategy: self.by,
            source: self.source,
            fault: self.fault,
            ms: self.took.as_millis(),
            miss: self.miss,
        };
        serde_json::to_string(&shown).expect("strings and numbers are JSON")
    }
}

/// The text without characters that would begin another line or change the terminal.
fn in_one_line(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, " "))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line<'static> {
        Line {
            arrived: SystemTime::UNIX_EPOCH,
            method: "POST",
            path: "/v1/chat/completions?key=sk-1",
            provider: "openai",
            model: Some("gpt\n5"),
            session: &SessionId::Default,
            is_stream: true,
            status: 200,
            by: "MirrorStrategy",
            fault: None,
            took: Duration::from_micros(1_900),
            source: None,
            miss: None,
        }
    }

    #[test]
    fn a_request_is_one_line_without_keys() {
        let text = "POST /v1/chat/completions?key=[REDACTED] gpt 5 stream 200 MirrorStrategy 1 ms";
        assert_eq!(line().text(), text);
        let missed = Line { status: 418, is_stream: false, miss: Some("no\nrecording"), ..line() };
        assert!(missed.text().ends_with("418 MirrorStrategy 1 ms: no recording"));
        let json: serde_json::Value = serde_json::from_str(&line().json()).unwrap();
        assert_eq!((&json["model"], &json["stream"]), (&"gpt\n5".into(), &true.into()));
        assert!(!line().json().contains("sk-1"));
    }

    #[test]
    fn modes_have_names_and_switches() {
        for (text, mode) in [
            ("auto", LogMode::Auto),
            ("off", LogMode::Off),
            ("false", LogMode::Off),
            ("text", LogMode::Text),
            ("true", LogMode::Text),
            ("json", LogMode::Json),
        ] {
            assert_eq!(text.parse(), Ok(mode), "{text}");
        }
        assert!(LogMode::from_str("yaml").unwrap_err().to_string().contains("`json`"));
    }
}
