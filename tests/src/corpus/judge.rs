//! Whether an answer is the one that was recorded.

use std::io::Read as _;

use super::layout;
use super::row::Row;
use llmock_testkit::client::{End, ResponseStream};

/// An answer as a client heard it.
#[derive(Clone, Debug)]
pub struct Heard {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    end: End,
}

impl Heard {
    /// Listens to the end.
    pub fn all(reply: ResponseStream) -> Self {
        let (status, headers) = (reply.status, reply.headers.clone());
        let (chunks, end) = reply.rest();
        Self { status, headers, body: chunks.concat(), end }
    }

    /// The same with the provider's addresses where llmock's stand in their place.
    ///
    /// `root` is the address of the provider at llmock. What it stands for is read from the row at that very place,
    /// and must be scheme and host of an address, or nothing in front of a path.
    #[must_use]
    pub fn at_home(mut self, row: &Row, root: &str) -> Self {
        let body = homeward(&self.body, &row.response_body, root.as_bytes());
        let escaped = root.replace('/', "\\/");
        self.body = homeward(&body, &row.response_body, escaped.as_bytes());
        let path = &root[root.find("://").map_or(0, |at| at + 3)..];
        let path = path.find('/').map_or("", |at| &path[at..]);
        for (name, value) in &mut self.headers {
            let Some((_, wanted)) = row.kept_by_the_wire().find(|(known, _)| known == name) else {
                continue;
            };
            let home = homeward(value.as_bytes(), wanted.as_bytes(), root.as_bytes());
            *value = String::from_utf8(home).unwrap_or_default();
            if name == "location"
                && let Some(home) = value.strip_prefix(path).filter(|home| *home == wanted)
            {
                *value = home.to_owned();
            }
        }
        self
    }

    fn values(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }
}

/// Puts scheme and host of the wanted address where `root` stands at the same place.
fn homeward(got: &[u8], wanted: &[u8], root: &[u8]) -> Vec<u8> {
    let mut home = Vec::with_capacity(got.len());
    let mut at = 0;
    while at < got.len() {
        let origin = got[at..].starts_with(root).then(|| wanted.get(home.len()..)).flatten();
        if let Some(length) = origin.and_then(origin_length) {
            home.extend_from_slice(&wanted[home.len()..home.len() + length]);
            at += root.len();
        } else {
            home.push(got[at]);
            at += 1;
        }
    }
    home
}

/// The length of `https://host` in front of a path.
fn origin_length(address: &[u8]) -> Option<usize> {
    const SCHEMES: [&[u8]; 3] = [b"https://", b"http://", b"https:\\/\\/"];
    let scheme = SCHEMES.iter().find(|scheme| address.starts_with(scheme))?.len();
    let host = address[scheme..].iter().position(|byte| b"/\\?\"".contains(byte))?;
    Some(scheme + host)
}

/// Where an answer comes from, which decides what of it must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The provider, by way of a recording: everything, as it was sent.
    Live,
    /// A fixture that holds every header.
    Written,
    /// A fixture that llmock recorded: the headers that it keeps.
    Recorded,
}

/// What is not exact, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// By a rule that has a name.
    Explained(String),
    /// By no rule.
    Wrong(String),
}

/// How an answer differs from its row, if it does.
pub fn difference(row: &Row, heard: &Heard, source: Source) -> Option<Finding> {
    if heard.status != row.status {
        let said = excerpt(&heard.body);
        let why = format!("status {} instead of {}: {said}", heard.status, row.status);
        return Some(Finding::Wrong(why));
    }
    if heard.end == End::Truncated {
        return Some(Finding::Wrong("cut".to_owned()));
    }
    header(row, heard, source).map(Finding::Wrong).or_else(|| body(row, heard, source))
}

/// What every server adds of its own.
const OURS: [&str; 5] =
    ["connection", "content-encoding", "content-length", "date", "transfer-encoding"];

fn header(row: &Row, heard: &Heard, source: Source) -> Option<String> {
    let mut names: Vec<&str> = row.kept_by_the_wire().map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    for name in &names {
        let wanted = row.kept_by_the_wire().filter(|(known, _)| known == name);
        let wanted: Vec<&str> = wanted.map(|(_, value)| value).collect();
        let got = heard.values(name);
        let may_lack = source == Source::Recorded && !is_kept(name);
        // Whoever answers says when, unless the fixture does.
        if got != wanted && !(may_lack && (got.is_empty() || *name == "date")) {
            return Some(format!("header {name}: {got:?} instead of {wanted:?}"));
        }
    }
    let guessed = |name: &str| name == "content-type" && source != Source::Live;
    let invented = heard.headers.iter().find(|(name, _)| {
        !names.contains(&name.as_str()) && !OURS.contains(&name.as_str()) && !guessed(name)
    });
    invented.map(|(name, value)| format!("header {name}: {value:?} instead of none"))
}

/// Headers that a client acts on, or a person looks for when an answer is wrong.
fn is_kept(name: &str) -> bool {
    const KEPT: [&str; 9] = [
        "content-disposition",
        "content-type",
        "location",
        "openai-processing-ms",
        "request-id",
        "retry-after",
        "retry-after-ms",
        "x-request-id",
        "x-should-retry",
    ];
    const BEGINNINGS: [&str; 3] = ["anthropic-ratelimit-", "x-goog-upload-", "x-ratelimit-"];
    KEPT.contains(&name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

fn body(row: &Row, heard: &Heard, source: Source) -> Option<Finding> {
    let coded = heard.values("content-encoding");
    let got = match coded.as_slice() {
        [] => heard.body.clone(),
        ["gzip"] if source == Source::Live => gunzip(&heard.body).unwrap_or_default(),
        other => {
            let why = format!("header content-encoding: {other:?} instead of none");
            return Some(Finding::Wrong(why));
        }
    };
    let wanted = match source {
        Source::Live => row.response_body.clone(),
        Source::Written | Source::Recorded => {
            compact(row).unwrap_or_else(|| row.response_body.clone())
        }
    };
    if got == wanted {
        return None;
    }
    if source == Source::Recorded && is_redacted(&got, &wanted) {
        return Some(Finding::Explained("a secret in the answer is not stored".to_owned()));
    }
    let at = got.iter().zip(&wanted).take_while(|(one, other)| one == other).count();
    let from = at.saturating_sub(20);
    let (got, wanted) = (excerpt(&got[from..]), excerpt(&wanted[from..]));
    Some(Finding::Wrong(format!("body differs at byte {at}: {got} instead of {wanted}")))
}

/// Whether both are the same but for words without blanks in whose place `[REDACTED:NAME]` stands.
fn is_redacted(got: &[u8], wanted: &[u8]) -> bool {
    let (Ok(got), Ok(wanted)) = (std::str::from_utf8(got), std::str::from_utf8(wanted)) else {
        return false;
    };
    let mut pieces = got.split("[REDACTED:");
    let Some(mut rest) = pieces.next().and_then(|first| wanted.strip_prefix(first)) else {
        return false;
    };
    for piece in pieces {
        let Some((_, after)) = piece.split_once(']') else { return false };
        let is_end = |letter: char| letter.is_whitespace() || "\"'&<>".contains(letter);
        let secret = rest.find(is_end).unwrap_or(rest.len());
        match rest[secret..].strip_prefix(after) {
            Some(left) => rest = left,
            None => return false,
        }
    }
    rest.is_empty()
}

/// The tokens of an answer whose blanks no layout gives.
fn compact(row: &Row) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(&row.response_body).ok()?;
    let nameless = row.streaming.is_none()
        && layout::is_json(text)
        && layout::name(text.trim_matches([' ', '\t', '\r', '\n'])).is_none();
    nameless.then(|| layout::compact(text).into_bytes())
}

fn gunzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).ok()?;
    Some(out)
}

/// Some sixty characters.
pub fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(120)]);
    let text: String = text.chars().take(80).collect();
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(body: &str) -> Row {
        Row {
            status: 200,
            response_headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("content-length".to_owned(), "7".to_owned()),
                ("set-cookie".to_owned(), "a=b".to_owned()),
            ],
            response_body: body.as_bytes().to_vec(),
            ..Row::default()
        }
    }

    fn heard(status: u16, headers: &[(&str, &str)], body: &str) -> Heard {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let (headers, body) = (headers.iter().map(pair).collect(), body.as_bytes().to_vec());
        Heard { status, headers, body, end: End::Complete }
    }

    #[test]
    fn reports_different_responses() {
        let json = ("content-type", "application/json");
        let cookie = ("set-cookie", "a=b");
        let all: &[(&str, &str)] = &[json, cookie];
        for (wanted, heard, source, exact) in [
            ("{\"a\":1}", heard(200, all, "{\"a\":1}"), Source::Live, true),
            ("{\"a\":1}", heard(201, all, "{\"a\":1}"), Source::Live, false),
            ("{\"a\":1}", heard(200, &[json], "{\"a\":1}"), Source::Live, false),
            ("{\"a\":1}", heard(200, &[json], "{\"a\":1}"), Source::Recorded, true),
            ("{\"a\":1}", heard(200, &[cookie], "{\"a\":1}"), Source::Recorded, false),
            ("{\"a\":1}", heard(200, &[json, cookie, cookie], "{\"a\":1}"), Source::Written, false),
            (
                "{\"a\":1}",
                heard(200, &[json, cookie, ("x", "y")], "{\"a\":1}"),
                Source::Live,
                false,
            ),
            ("{\"a\": 1}", heard(200, all, "{\"a\":1}"), Source::Written, false),
            ("{\"a\": 1}\n", heard(200, all, "{\"a\": 1}"), Source::Written, false),
            ("{\"a\" :1}", heard(200, all, "{\"a\":1}"), Source::Written, true),
            ("{\"a\" :1}", heard(200, all, "{\"a\":1}"), Source::Live, false),
            ("{\"a\" :1}", heard(200, all, "{\"a\":1.0}"), Source::Written, false),
        ] {
            let found = difference(&row(wanted), &heard, source);
            assert_eq!(found.is_none(), exact, "{wanted} {heard:?} {source:?}: {found:?}");
        }
    }

    #[test]
    fn restores_links_only_where_recorded() {
        let root = "http://127.0.0.1:9/s/ab/acme";
        for (got, wanted, home) in [
            ("a http://127.0.0.1:9/s/ab/acme/v1 b", "a https://h.dev/v1 b", "a https://h.dev/v1 b"),
            (
                "http://127.0.0.1:9/s/ab/acme/v1",
                "not an address, but long enough",
                "http://127.0.0.1:9/s/ab/acme/v1",
            ),
            ("http://127.0.0.1:9/s/ab/acme/v2", "https://h.dev/v1", "https://h.dev/v2"),
            (
                "http://127.0.0.1:9/s/cd/acme/v1",
                "https://h.dev/v1",
                "http://127.0.0.1:9/s/cd/acme/v1",
            ),
        ] {
            let heard = heard(200, &[("x-request-id", got)], got);
            let mut row = row(wanted);
            row.response_headers.push(("x-request-id".to_owned(), wanted.to_owned()));
            let heard = heard.at_home(&row, root);
            assert_eq!(String::from_utf8_lossy(&heard.body), home);
            assert_eq!(heard.values("x-request-id"), [home]);
        }
        let location = heard(200, &[("location", "/s/ab/acme/v1/c")], "");
        let mut row = row("");
        row.response_headers.push(("location".to_owned(), "/v1/c".to_owned()));
        assert_eq!(location.at_home(&row, root).values("location"), ["/v1/c"]);
    }

    #[test]
    fn placeholders_stand_for_one_word_only() {
        for (got, wanted, same) in [
            ("x?sig=[REDACTED:SIG]\" }", "x?sig=abc%3D\" }", true),
            ("[REDACTED:A] [REDACTED:B]", "one two", true),
            ("x?sig=[REDACTED:SIG]\" }", "x?sig=abc%3D\"}", false),
            ("y?sig=[REDACTED:SIG]", "x?sig=abc", false),
            ("[REDACTED:A]", "one two", false),
            ("abc", "abd", false),
        ] {
            assert_eq!(is_redacted(got.as_bytes(), wanted.as_bytes()), same, "{got}");
        }
    }
}
