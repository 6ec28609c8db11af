//! Parses JSON into the tree of [`super`], or reports where and why a text is not JSON.

use super::{Json, JsonStr, is_blank, offset_in, plain_length, position};

/// Why a text is not JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) offset: usize,
    /// Counted from one.
    pub(crate) line: usize,
    /// Counted in characters from one.
    pub(crate) column: usize,
    pub(crate) expected: &'static str,
}

/// Deeper nesting than this is refused, as `serde_json` does.
const MAX_DEPTH: usize = 128;

/// How many levels of its own a fixture may put around a body.
const FILE_DEPTH: usize = 16;

/// Parses one JSON value; only white space may follow it.
pub(crate) fn parse(text: &str) -> Result<Json<'_>, JsonError> {
    parse_to_depth(text, MAX_DEPTH)
}

/// Parses the text of a fixture, in which every body that [`parse`] accepts may stand.
pub(crate) fn parse_file(text: &str) -> Result<Json<'_>, JsonError> {
    parse_to_depth(text, MAX_DEPTH + FILE_DEPTH)
}

fn parse_to_depth(text: &str, max_depth: usize) -> Result<Json<'_>, JsonError> {
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, max_depth };
    parser.skip_space();
    let value = parser.value(0)?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.error("the end of the text"));
    }
    Ok(value)
}

/// The source of the member value that follows `name`, a name of an object parsed from `text`.
pub(crate) fn source_after<'a>(text: &'a str, name: JsonStr<'_>) -> Option<&'a str> {
    let name = name.raw();
    let after = offset_in(text, name)? + name.len() + 1;
    let rest = text.get(after..)?.trim_start_matches(is_blank).strip_prefix(':')?;
    let rest = rest.trim_start_matches(is_blank);
    rest.get(..value_end(rest.as_bytes(), 0)?)
}

/// Where the value that begins at `start` ends; `None` if there is none or the text ends before it.
pub(crate) fn value_end(text: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut at = start;
    loop {
        match (text.get(at)?, in_string) {
            (b'\\', true) => at += 1,
            (b'"', _) => in_string = !in_string,
            (_, true) => {}
            (b'{' | b'[', _) => depth += 1,
            (b'}' | b']' | b',' | b' ' | b'\t' | b'\n' | b'\r', _) if depth == 0 => {
                return (at > start).then_some(at);
            }
            (b'}' | b']', _) if depth == 1 => return Some(at + 1),
            (b'}' | b']', _) => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    max_depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        if self.at < self.bytes.len() { Some(self.bytes[self.at]) } else { None }
    }

    // This loop sees every byte of a file. In debug builds, which tests are, an index is an instruction and each
    // iterator adapter a call.
    fn skip_space(&mut self) {
        let mut at = self.at;
        while at < self.bytes.len() && matches!(self.bytes[at], b' ' | b'\t' | b'\n' | b'\r') {
            at += 1;
        }
        self.at = at;
    }

    fn error(&self, expected: &'static str) -> JsonError {
        let (line, column) = position(self.text, self.at);
        JsonError { offset: self.at, line, column, expected }
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        if depth > self.max_depth {
            return Err(self.error("at most 128 levels of nesting"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => Err(self.error("a JSON value")),
        }
    }

    fn word(&mut self, word: &'static str, value: Json<'a>) -> Result<Json<'a>, JsonError> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.error("a JSON value"))
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        let mut members = Vec::new();
        self.container(b'}', "`,` or `}`", |parser| {
            if parser.peek() != Some(b'"') {
                return Err(parser.error("a member name in quotes"));
            }
            let name = parser.string()?;
            parser.skip_space();
            if parser.peek() != Some(b':') {
                return Err(parser.error("`:`"));
            }
            parser.at += 1;
            parser.skip_space();
            members.push((name, parser.value(depth + 1)?));
            Ok(())
        })?;
        Ok(Json::Object(members))
    }

    fn array(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        let mut items = Vec::new();
        self.container(b']', "`,` or `]`", |parser| {
            items.push(parser.value(depth + 1)?);
            Ok(())
        })?;
        Ok(Json::Array(items))
    }

    /// Reads what is between an opening bracket and the closing one, with `element` for each element.
    fn container(
        &mut self,
        close: u8,
        expected: &'static str,
        mut element: impl FnMut(&mut Self) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.skip_space();
            element(self)?;
            self.skip_space();
            let next = self.peek();
            if next != Some(b',') && next != Some(close) {
                return Err(self.error(expected));
            }
            self.at += 1;
            if next == Some(close) {
                return Ok(());
            }
        }
    }

    fn string(&mut self) -> Result<JsonStr<'a>, JsonError> {
        self.at += 1;
        let start = self.at;
        let mut has_escapes = false;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let end = self.at;
                    self.at += 1;
                    return Ok(JsonStr(&self.text[start..if has_escapes { self.at } else { end }]));
                }
                Some(b'\\') => {
                    self.escape()?;
                    has_escapes = true;
                }
                Some(byte) if byte >= b' ' => self.at += plain_length(&self.bytes[self.at..]),
                Some(_) => return Err(self.error("control characters as escapes")),
                None => return Err(self.error("a closing `\"`")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                for _ in 0..4 {
                    self.at += 1;
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(self.error("four hexadecimal digits after `\\u`"));
                    }
                }
                self.at += 1;
            }
            _ => return Err(self.error("an escape such as `\\n`")),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Json<'a>, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Json::Number(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.error("a digit")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_source_of_a_member_in_the_text() {
        let text = r#"{"a" :  [1, "]\"", {}] , "b":-1.5e3,"c":"\\","d": true}"#;
        let Json::Object(members) = parse(text).unwrap() else { panic!("not an object") };
        let sources: Vec<_> = members.iter().map(|(name, _)| source_after(text, *name)).collect();
        let expected = [r#"[1, "]\"", {}]"#, "-1.5e3", r#""\\""#, "true"];
        assert_eq!(sources, expected.map(Some));
        assert_eq!(offset_in(text, members[1].0.raw()), text.find('b'));
        assert_eq!(offset_in(text, "elsewhere"), None);
    }

    #[test]
    fn allows_a_body_of_any_accepted_depth_inside_a_file() {
        let body = format!("{}{}", "[".repeat(129), "]".repeat(129));
        assert!(parse(&body).is_ok());
        assert!(parse(&format!("[{body}]")).is_err());
        assert!(parse_file(&format!(r#"{{"body":[[{body}]]}}"#)).is_ok());
    }

    #[test]
    fn says_where_a_text_stops_being_json() {
        for (text, line, column, expected) in [
            ("", 1, 1, "a JSON value"),
            ("{\n  \"a\": }", 2, 8, "a JSON value"),
            ("{\"é\" 1}", 1, 6, "`:`"),
            ("[1 2]", 1, 4, "`,` or `]`"),
            ("{\"a\":1} x", 1, 9, "the end of the text"),
            ("\"abc", 1, 5, "a closing `\"`"),
            ("01", 1, 2, "the end of the text"),
            ("[1.]", 1, 4, "a digit"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(
                (error.line, error.column, error.expected),
                (line, column, expected),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_nesting_that_would_exhaust_the_stack() {
        let text = "[".repeat(100_000);
        assert_eq!(parse(&text).unwrap_err().expected, "at most 128 levels of nesting");
    }
}
