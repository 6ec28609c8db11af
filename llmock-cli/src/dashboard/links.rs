//! Addresses of pages: of the server, and inside of a single file.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// In the value of a query.
const VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

#[derive(Clone, Debug)]
pub(crate) enum Links {
    /// Below this path, which holds the token.
    Server(String),
    /// Anchors of one file.
    File,
}

impl Links {
    /// A page of its own, such as `run`.
    pub(crate) fn page(&self, name: &str) -> String {
        match self {
            Self::Server(base) if name == "overview" => format!("{base}/"),
            Self::Server(base) => format!("{base}/{name}"),
            Self::File => format!("#{name}"),
        }
    }

    /// The list of fixtures that a suite and a text select.
    pub(crate) fn fixtures(&self, suite: &str, text: &str, page: usize) -> String {
        match self {
            Self::Server(base) => {
                format!("{base}/fixtures{}", query(&[("suite", suite), ("q", text)], page))
            }
            Self::File => format!("#{}", suite_anchor(suite)),
        }
    }

    pub(crate) fn fixture(&self, file: &str, page: usize) -> String {
        match self {
            Self::Server(base) => format!("{base}/fixture{}", query(&[("file", file)], page)),
            Self::File => format!("#{}", fixture_anchor(file)),
        }
    }

    pub(crate) fn conversation(&self, file: &str, number: usize) -> String {
        match self {
            Self::Server(base) => {
                let number = number.to_string();
                format!("{base}/conversation{}", query(&[("file", file), ("n", &number)], 1))
            }
            Self::File => format!("#{}", conversation_anchor(file, number)),
        }
    }
}

/// Parameters that are not empty; the first page is not named.
fn query(parameters: &[(&str, &str)], page: usize) -> String {
    let page = if page > 1 { page.to_string() } else { String::new() };
    let all = parameters.iter().copied().chain([("page", page.as_str())]);
    let mut out = String::new();
    for (name, value) in all.filter(|(_, value)| !value.is_empty()) {
        let mark = if out.is_empty() { '?' } else { '&' };
        let _ = write!(out, "{mark}{name}={}", utf8_percent_encode(value, VALUE));
    }
    out
}

pub(crate) fn suite_anchor(suite: &str) -> String {
    if suite.is_empty() { "suite".to_owned() } else { format!("suite-{}", anchor(suite)) }
}

pub(crate) fn fixture_anchor(file: &str) -> String {
    format!("fixture-{}", anchor(file))
}

pub(crate) fn conversation_anchor(file: &str, number: usize) -> String {
    format!("conversation-{number}-{}", anchor(file))
}

/// A name for one element: letters and digits stay, everything else becomes its number, so that no two names are the same.
fn anchor(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        if char.is_ascii_alphanumeric() || char == '-' {
            out.push(char);
        } else {
            let _ = write!(out, "_{:x}_", u32::from(char));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_place() {
        let name = "a b/\"><script>alert(1)</script>&q=1#x.json";
        let server = Links::Server("/t".to_owned());
        for link in [
            server.fixture(name, 2),
            server.conversation(name, 3),
            server.fixtures(name, name, 1),
            Links::File.fixture(name, 1),
        ] {
            assert!(!link.contains(['<', '>', '"', '\'', ' ']), "{link}");
        }
        assert_eq!(server.fixture("f/a.json", 1), "/t/fixture?file=f/a.json");
        assert_eq!(server.fixtures("f", "", 2), "/t/fixtures?suite=f&page=2");
        assert_ne!(anchor("a/b"), anchor("a.b"));
    }
}
