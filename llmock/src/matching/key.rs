//! The key of a request: SHA-256 over the preimage that `docs/matching.md` specifies to the byte.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::body::{ComparedBody, examine};
use super::canonical::{FormatRules, Token, walk, without_names_of_secrets};
use super::rules::MatchRules;
use super::target::target;
use crate::fixture::interaction::Request;
use crate::hex;
use crate::provider::Provider;

/// Identifies a request; equal keys are the same request under the rules they were computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key([u8; 32]);

/// Raised whenever an unchanged request gets another key.
const VERSION: u8 = 2;

impl fmt::Display for Key {
    /// As a fixture's `hash`: the version of the rules, then the digest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}:{}", hex::encode(&self.0))
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes))
}

pub(crate) fn key(provider: Provider, request: &Request, rules: &MatchRules) -> Key {
    Key(Sha256::digest(preimage(provider, request, rules)).into())
}

pub(crate) fn preimage(provider: Provider, request: &Request, rules: &MatchRules) -> Vec<u8> {
    let mut out = Preimage(Vec::with_capacity(4096));
    out.text(provider.id());
    out.text(&request.method.to_ascii_uppercase());
    let target = target(provider, &request.path, rules);
    out.text(&target.path);
    out.byte(b'[');
    for (name, value) in &target.query {
        out.text(name);
        out.text(value);
    }
    out.byte(b']');
    if let Some(range) = &request.range {
        out.byte(b'R');
        out.text(range);
    }
    for (name, value) in rules.compared_headers(request) {
        out.byte(b'H');
        out.text(name);
        out.text(&value);
    }
    examine(&request.body, rules, |content| match content {
        ComparedBody::Empty => out.byte(b'E'),
        ComparedBody::Text(text) => {
            out.byte(b'T');
            out.text(&without_names_of_secrets(text));
        }
        ComparedBody::Bytes(bytes) => {
            out.byte(b'B');
            out.text(&digest(bytes));
        }
        ComparedBody::Form(parts) => {
            out.byte(b'F');
            walk(parts, &FormatRules::of_form(rules), &mut |token| out.token(token));
        }
        ComparedBody::Json(tree) => {
            out.byte(b'J');
            let format = FormatRules::new(provider, &request.method, &request.path, rules);
            walk(tree, &format, &mut |token| out.token(token));
        }
    });
    out.0
}

struct Preimage(Vec<u8>);

impl Preimage {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Length in bytes, a colon, the bytes.
    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(itoa::Buffer::new().format(text.len()).as_bytes());
        self.byte(b':');
        self.0.extend_from_slice(text.as_bytes());
    }

    fn marked(&mut self, mark: u8, number: &str) {
        self.byte(mark);
        self.0.extend_from_slice(number.as_bytes());
        self.byte(b';');
    }

    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Null => self.byte(b'n'),
            Token::Bool(value) => self.byte(if value { b't' } else { b'f' }),
            Token::Number { canonical, .. } => self.marked(b'#', canonical),
            Token::String { canonical, .. } => self.text(canonical),
            Token::ToolId(number, _) => self.marked(b'@', itoa::Buffer::new().format(number)),
            Token::OpenArray => self.byte(b'['),
            Token::CloseArray => self.byte(b']'),
            Token::OpenObject => self.byte(b'{'),
            Token::Name(name) => self.text(name),
            Token::CloseObject => self.byte(b'}'),
        }
    }
}
