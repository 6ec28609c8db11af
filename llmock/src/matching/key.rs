//! The key of a request: SHA-256 over the preimage that `docs/matching.md` specifies to the byte.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::body::{ComparedBody, examine};
use super::canonical::{FormatRules, Sink, walk, without_names_of_secrets};
use super::rules::Rules;
use super::target::target;
use crate::fixture::interaction::Request;
use crate::hex;
use crate::provider::Provider;

/// Identifies a request; equal keys are the same request under the rules they were computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key([u8; 32]);

/// Raised whenever an unchanged request gets another key.
const VERSION: u8 = 1;

impl fmt::Display for Key {
    /// As a fixture's `hash`: the version of the rules, then the digest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}:{}", hex::encode(&self.0))
    }
}

/// SHA-256 in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes))
}

/// The key of a request.
pub(crate) fn key(provider: Provider, request: &Request, rules: &Rules) -> Key {
    Key(Sha256::digest(preimage(provider, request, rules)).into())
}

/// The bytes that are hashed into the key.
pub(crate) fn preimage(provider: Provider, request: &Request, rules: &Rules) -> Vec<u8> {
    let mut out = Preimage(Vec::with_capacity(4096));
    out.text(provider.id());
    out.text(&request.method.to_ascii_uppercase());
    let target = target(provider, &request.path);
    out.text(&target.path);
    out.byte(b'[');
    for (name, value) in &target.query {
        out.text(name);
        out.text(value);
    }
    out.byte(b']');
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
            walk(parts, &FormatRules::of_form(rules), &mut out);
        }
        ComparedBody::Json(tree) => {
            out.byte(b'J');
            walk(
                tree,
                &FormatRules::new(provider, &request.method, &request.path, rules),
                &mut out,
            );
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
        self.decimal(text.len());
        self.byte(b':');
        self.0.extend_from_slice(text.as_bytes());
    }

    fn decimal(&mut self, mut number: usize) {
        let mut digits = [0_u8; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[at..]);
    }
}

impl Sink for Preimage {
    fn null(&mut self) {
        self.byte(b'n');
    }

    fn boolean(&mut self, value: bool) {
        self.byte(if value { b't' } else { b'f' });
    }

    fn number(&mut self, canonical: &str, _token: &str) {
        self.byte(b'#');
        self.0.extend_from_slice(canonical.as_bytes());
        self.byte(b';');
    }

    fn string(&mut self, canonical: &str, _text: &str) {
        self.text(canonical);
    }

    fn tool_id(&mut self, number: usize, _id: &str) {
        self.byte(b'@');
        self.decimal(number);
        self.byte(b';');
    }

    fn open_array(&mut self) {
        self.byte(b'[');
    }

    fn close_array(&mut self) {
        self.byte(b']');
    }

    fn open_object(&mut self) {
        self.byte(b'{');
    }

    fn name(&mut self, name: &str) {
        self.text(name);
    }

    fn close_object(&mut self) {
        self.byte(b'}');
    }
}
