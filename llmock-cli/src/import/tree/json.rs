//! Reads JSON into a tree that keeps the spelling of numbers and the order of members.

use std::borrow::Cow;

use super::{DEPTH, Malformed, Node, is_token};

/// A JSON document.
pub(crate) fn json(text: &str) -> Result<Node<'_>, Malformed> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.blanks();
    if reader.at < text.len() { Err(reader.wrong("the end of the file")) } else { Ok(node) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn blanks(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
        self.at += blanks.count();
    }

    fn peek(&mut self) -> Option<u8> {
        self.blanks();
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, expected: &str) -> Malformed {
        let end =
            (0..=self.at.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at));
        let before = &self.text[..end.unwrap_or_default()];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Malformed(format!("line {line}, column {column}: expected {expected}"))
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, Malformed> {
        if depth > DEPTH {
            return Err(Malformed(format!("it is nested more than {DEPTH} levels deep")));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Node::Text(self.string()?)),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>, Malformed> {
        self.at += 1;
        let mut members = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Node::Map(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a name in quotes"));
            }
            let name = self.string()?;
            if self.peek() != Some(b':') {
                return Err(self.wrong("`:`"));
            }
            self.at += 1;
            members.push((name, self.value(depth + 1)?));
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.wrong("`,` or `}`")),
            }
        }
        self.at += 1;
        Ok(Node::Map(members))
    }

    fn array(&mut self, depth: usize) -> Result<Node<'a>, Malformed> {
        self.at += 1;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Node::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.wrong("`,` or `]`")),
            }
        }
        self.at += 1;
        Ok(Node::List(items))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        let mut is_escaped = false;
        loop {
            match memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) {
                Some(step) if bytes[at + step] == b'"' => {
                    at += step;
                    break;
                }
                Some(step) => {
                    is_escaped = true;
                    at += step + 2;
                }
                None => return Err(self.wrong("a string that ends")),
            }
        }
        self.at = at + 1;
        if !is_escaped {
            return Ok(Cow::Borrowed(&self.text[start + 1..at]));
        }
        let decoded = serde_json::from_str::<String>(&self.text[start..=at]);
        decoded.map(Cow::Owned).map_err(|error| {
            let place = Reader { text: self.text, at: start };
            place.wrong(&format!("a string of JSON ({error})"))
        })
    }

    fn word(&mut self) -> Result<Node<'a>, Malformed> {
        let rest = &self.text[self.at..];
        let end =
            rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || "+-.".contains(letter)));
        let word = &rest[..end.unwrap_or(rest.len())];
        if word == "null" {
            self.at += 4;
            return Ok(Node::Null);
        }
        if !is_token(word) {
            return Err(self.wrong("a value"));
        }
        self.at += word.len();
        Ok(Node::Plain(Cow::Borrowed(word)))
    }
}
