//! A second comparison, for requests that match nothing: the placeholders of a stored request stand for any value.
//!
//! A machine without the variable of a secret sends the value itself, or another one, and nothing tells that it is a
//! secret. What surrounds the placeholder has to be equal.

use super::body::{ComparedBody, examine};
use super::canonical::{FormatRules, Token, walk, without_names_of_secrets};
use super::rules::MatchRules;
use super::target::target;
use crate::fixture::Position;
use crate::fixture::interaction::{Body, Interaction, PartValue, Request};
use crate::provider::Provider;

const PLACEHOLDER: &str = "[REDACTED]";
const START: &str = "[REDACTED:";

/// Whether a stored request has a placeholder at all.
pub(crate) fn has_placeholder(stored: &Request) -> bool {
    let has = |text: &str| text.contains(START);
    has(&stored.path)
        || stored.headers.iter().any(|(_, value)| has(value))
        || match &stored.body {
            Body::Json(text) | Body::Text(text) => has(text),
            Body::Form(parts) => parts.iter().any(|part| {
                has(&part.name)
                    || part.filename.as_deref().is_some_and(has)
                    || matches!(&part.value, PartValue::Text(text) if has(text))
            }),
            Body::Bytes(bytes) => memchr::memmem::find(bytes, START.as_bytes()).is_some(),
            Body::Empty => false,
        }
}

/// The interactions whose requests have a placeholder.
pub(crate) fn positions(interactions: &[Interaction]) -> Vec<Position> {
    let with_placeholder =
        interactions.iter().enumerate().filter(|(_, one)| has_placeholder(&one.request));
    with_placeholder.map(|(at, _)| Position::from_index(at)).collect()
}

/// The first of these interactions, all with placeholders, whose request is this one with other values in their place.
pub(crate) fn find<'i>(
    provider: Provider,
    sent: &Request,
    rules: &MatchRules,
    mut interactions: impl Iterator<Item = &'i Interaction>,
) -> Option<&'i Interaction> {
    let first = interactions.next()?;
    let sent = Compared::new(provider, sent, rules);
    std::iter::once(first).chain(interactions).find(|one| sent.fits(one.provider, &one.request))
}

/// A request as it is compared with requests that have placeholders.
#[derive(Debug)]
struct Compared<'r> {
    provider: Provider,
    method: String,
    tokens: Vec<Piece>,
    rules: &'r MatchRules,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Bytes(Vec<u8>),
    Mark(String),
}

impl<'r> Compared<'r> {
    fn new(provider: Provider, sent: &Request, rules: &'r MatchRules) -> Self {
        let method = sent.method.to_ascii_uppercase();
        Self { provider, method, tokens: pieces(provider, sent, rules), rules }
    }

    /// Whether the request is a stored one with other values in the place of its placeholders.
    fn fits(&self, provider: Provider, stored: &Request) -> bool {
        if self.provider != provider || !stored.method.eq_ignore_ascii_case(&self.method) {
            return false;
        }
        let stored = pieces(provider, stored, self.rules);
        stored.len() == self.tokens.len()
            && stored.iter().zip(&self.tokens).all(|(stored, sent)| match (stored, sent) {
                (Piece::Text(stored), Piece::Text(sent)) => is_filled_in(stored, sent),
                (Piece::Bytes(stored), Piece::Bytes(sent)) => {
                    let text = |bytes| String::from_utf8_lossy(bytes);
                    stored == sent || is_filled_in(&text(stored), &text(sent))
                }
                _ => stored == sent,
            })
    }
}

/// Whether a text is a template with something in place of each placeholder.
fn is_filled_in(template: &str, text: &str) -> bool {
    let mut parts = template.split(PLACEHOLDER);
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        let Some(first) = rest.chars().next() else { return false };
        if parts.peek().is_none() {
            return rest[first.len_utf8()..].ends_with(part);
        }
        let Some(at) = rest[first.len_utf8()..].find(part) else { return false };
        rest = &rest[first.len_utf8() + at + part.len()..];
    }
    true
}

fn pieces(provider: Provider, request: &Request, rules: &MatchRules) -> Vec<Piece> {
    let target = target(provider, &request.path, rules);
    let mut pieces = vec![Piece::Text(target.path)];
    pieces.extend(request.range.clone().map(Piece::Mark));
    for (name, value) in rules.compared_headers(request) {
        pieces.extend([Piece::Mark(name.to_owned()), Piece::Text(value.into_owned())]);
    }
    for (name, value) in target.query {
        pieces.extend([Piece::Mark(name), Piece::Text(value)]);
    }
    pieces.extend(request.range.clone().map(Piece::Mark));
    let format = FormatRules::new(provider, &request.method, &request.path, rules);
    let text = |text: &str| Piece::Text(without_names_of_secrets(text).into_owned());
    examine(&request.body, rules, |content| match content {
        ComparedBody::Empty => {}
        ComparedBody::Text(body) => pieces.push(text(body)),
        ComparedBody::Bytes(bytes) => pieces.push(Piece::Bytes(bytes.to_vec())),
        ComparedBody::Form(parts) => {
            walk(parts, &FormatRules::of_form(rules), &mut |token| pieces.push(piece(token)));
        }
        ComparedBody::Json(tree) => walk(tree, &format, &mut |token| pieces.push(piece(token))),
    });
    pieces
}

fn piece(token: Token<'_>) -> Piece {
    let mark = |text: &str| Piece::Mark(text.to_owned());
    match token {
        Token::Null => mark("null"),
        Token::Bool(value) => mark(if value { "true" } else { "false" }),
        Token::Number { canonical, .. } => Piece::Mark(format!("#{canonical}")),
        Token::String { canonical, .. } => Piece::Text(canonical.to_owned()),
        Token::ToolId(number, _) => Piece::Mark(format!("@{number}")),
        Token::OpenArray => mark("["),
        Token::CloseArray => mark("]"),
        Token::OpenObject => mark("{"),
        Token::Name(name) => Piece::Text(without_names_of_secrets(name).into_owned()),
        Token::CloseObject => mark("}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_for_any_value_but_none() {
        for (template, text, fits) in [
            ("use [REDACTED] now", "use x now", true),
            ("use [REDACTED] now", "use  now", false),
            ("[REDACTED]", "anything at all", true),
            ("[REDACTED]", "", false),
            ("a [REDACTED] b [REDACTED] c", "a 1 b 2 c", true),
            ("a [REDACTED] b [REDACTED] c", "a 1 c 2 c", false),
            ("a [REDACTED]", "b x", false),
            ("plain", "plain", true),
            ("plain", "plainly", false),
            ("[REDACTED]é", "üé", true),
        ] {
            assert_eq!(is_filled_in(template, text), fits, "{template} {text}");
        }
    }

    #[test]
    fn everything_but_placeholders_is_compared() {
        let rules = MatchRules::default();
        let request = |path: &str, body: &str| Request {
            method: "POST".to_owned(),
            path: path.to_owned(),
            range: None,
            headers: Vec::new(),
            body: Body::Json(body.to_owned()),
        };
        let stored = request("/v1/x?a=[REDACTED:A]", r#"{"a":"k [REDACTED:B]","b":1}"#);
        assert!(has_placeholder(&stored));
        for (path, body, fits) in [
            ("/v1/x?a=1", r#"{"a":"k secret","b":1}"#, true),
            ("/v1/x?a=1", r#"{"b":1,"a":"k secret"}"#, true),
            ("/v1/x?a=1", r#"{"a":"k secret","b":2}"#, false),
            ("/v1/x?a=1", r#"{"a":["k secret"],"b":1}"#, false),
            ("/v1/y?a=1", r#"{"a":"k secret","b":1}"#, false),
            ("/v1/x", r#"{"a":"k secret","b":1}"#, false),
        ] {
            let sent = request(path, body);
            let compared = Compared::new(Provider::OpenAI, &sent, &rules);
            assert_eq!(compared.fits(Provider::OpenAI, &stored), fits, "{path} {body}");
            assert!(!compared.fits(Provider::Anthropic, &stored));
        }
    }
}
