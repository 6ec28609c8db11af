//! Token-exact JSON: a tree that borrows its text and never loses what was written.
//!
//! `serde_json::Value` forgets key order, number spelling, escapes, and duplicate keys, and behaves
//! differently when another crate of the program switches its features on. Fixtures promise the bytes
//! a provider sent, so this tree keeps slices of them. [`layout`] prints it, [`path`] queries it,
//! [`number`] compares its numbers.

pub(crate) mod layout;
pub(crate) mod number;
mod parse;
pub(crate) mod path;
mod plain;
pub(crate) mod write;

use std::borrow::Cow;

pub(crate) use parse::{JsonError, parse, parse_file, source_after};
pub(crate) use plain::plain_length;

/// A parsed JSON value whose strings and numbers are slices of the source text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// The number as written: `1.0`, `-0`, `1e5`.
    Number(&'a str),
    String(JsonStr<'a>),
    Array(Vec<Json<'a>>),
    /// Members in source order, duplicates kept.
    Object(Vec<(JsonStr<'a>, Json<'a>)>),
}

/// A JSON string as written, escapes unresolved.
///
/// Without its quotes if it has no escapes, with the closing one if it has any: no other string can end so. Whether
/// there are escapes is asked for each member of an object whenever one is looked up, and this takes no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct JsonStr<'a>(&'a str);

/// Line and column, both counted from one, of a byte offset.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let offset = offset.min(text.len());
    let before = &text.as_bytes()[..offset];
    let line = before.split(|byte| *byte == b'\n').count();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let column = 1 + String::from_utf8_lossy(&before[start..]).chars().count();
    (line, column)
}

/// Where `part`, a slice of `text`, begins; `None` if it is a slice of something else.
pub(crate) fn offset_in(text: &str, part: &str) -> Option<usize> {
    let offset = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    (offset + part.len() <= text.len()).then_some(offset)
}

/// What JSON allows between tokens.
pub(crate) fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// Prints a Rust string as a JSON string with quotes, unescaped UTF-8 wherever JSON allows it.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

/// The same behind another text.
pub(crate) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    loop {
        let (plain, special) = rest.split_at(plain_length(rest.as_bytes()));
        out.push_str(plain);
        let mut characters = special.chars();
        match characters.next() {
            None => break,
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(control) => {
                use std::fmt::Write as _;
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
        }
        rest = characters.as_str();
    }
    out.push('"');
}

impl<'a> Json<'a> {
    /// The first member of that name; `None` for other values too.
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(members) => {
                members.iter().find(|(key, _)| key.is(name)).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    pub(crate) fn at(&self, index: usize) -> Option<&Json<'a>> {
        self.as_array()?.get(index)
    }

    pub(crate) fn as_array(&self) -> Option<&[Json<'a>]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&[(JsonStr<'a>, Json<'a>)]> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The text of a string with escapes resolved.
    pub(crate) fn as_str(&self) -> Option<Cow<'a, str>> {
        match self {
            Json::String(string) => Some(string.decode()),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn as_u64(&self) -> Option<u64> {
        match self {
            Json::Number(token) => token.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }

    /// What kind of value this is, for messages: `an object`, `a string`, ...
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }
}

impl<'a> JsonStr<'a> {
    /// A valid JSON string, given with its quotes.
    pub(crate) fn from_quoted(quoted: &'a str) -> Self {
        let text = &quoted[1..];
        let end = text.len() - 1;
        Self(if plain_length(text.as_bytes()) == end { &text[..end] } else { text })
    }

    /// What stands between the quotes.
    pub(crate) fn raw(self) -> &'a str {
        self.escaped().unwrap_or(self.0)
    }

    /// The text with escapes resolved; an unpaired surrogate becomes U+FFFD.
    pub(crate) fn decode(self) -> Cow<'a, str> {
        match self.escaped() {
            Some(raw) => Cow::Owned(unescape(raw)),
            None => Cow::Borrowed(self.0),
        }
    }

    /// Whether the decoded text is `name`.
    pub(crate) fn is(self, name: &str) -> bool {
        match self.escaped() {
            // an escape is longer than what it stands for
            Some(raw) => raw.len() > name.len() && unescape(raw) == name,
            None => self.0 == name,
        }
    }

    /// What stands between the quotes of a string that has escapes.
    fn escaped(self) -> Option<&'a str> {
        match self.0.as_bytes() {
            [.., b'"'] => Some(&self.0[..self.0.len() - 1]),
            _ => None,
        }
    }
}

/// Resolves the escapes of what stands between the quotes of a valid JSON string.
pub(crate) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or("");
        match escape {
            b'n' => out.push('\n'),
            b't' => out.push('\t'),
            b'r' => out.push('\r'),
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'u' => {
                let (character, used) = unicode_escape(rest);
                out.push(character);
                rest = rest.get(used..).unwrap_or("");
            }
            other => out.push(char::from(other)),
        }
    }
    out.push_str(rest);
    out
}

/// Reads four hexadecimal digits, or a surrogate pair `d83d\ude00`; returns the character and the bytes used.
fn unicode_escape(rest: &str) -> (char, usize) {
    let hex = |from: usize| {
        rest.get(from..from + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok())
    };
    let Some(high) = hex(0) else { return (char::REPLACEMENT_CHARACTER, 0) };
    if (0xd800..0xdc00).contains(&high)
        && rest.get(4..6) == Some("\\u")
        && let Some(low) = hex(6)
        && (0xdc00..0xe000).contains(&low)
    {
        let scalar = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return (char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER), 10);
    }
    (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_token_as_it_was_written() {
        let text = r#" {"b":1.0,"a":-0,"é":"\u00e9\/","b":[1e5,true,null,""]} "#;
        let Json::Object(members) = parse(text).unwrap() else { panic!("not an object") };
        let names: Vec<_> = members.iter().map(|(name, _)| name.raw()).collect();
        assert_eq!(names, ["b", "a", "é", "b"]);
        assert_eq!(members[0].1, Json::Number("1.0"));
        assert_eq!(members[1].1, Json::Number("-0"));
        let Json::String(string) = members[2].1 else { panic!("not a string") };
        assert_eq!((string.raw(), &*string.decode()), (r"\u00e9\/", "é/"));
    }

    #[test]
    fn a_name_is_known_with_escapes_and_without() {
        for (raw, name, is) in [
            ("role", "role", true),
            ("role", "roles", false),
            ("roles", "role", false),
            ("", "", true),
            ("", "role", false),
            ("role", "", false),
            (r"\u0072ole", "role", true),
            (r"rol\u0065", "role", true),
            (r"rol\u0065s", "role", false),
            (r"rol\u0066", "role", false),
            (r"role\n", "role", false),
            (r"a\/b", "a/b", true),
            (r#"a\""#, "a\"", true),
            (r#"a\""#, "a", false),
            (r"a\\", r"a\", true),
        ] {
            let quoted = format!("\"{raw}\"");
            let string = JsonStr::from_quoted(&quoted);
            assert_eq!((string.is(name), string.decode() == name), (is, is), "{raw} {name}");
            assert_eq!(parse(&quoted), Ok(Json::String(string)));
            assert_eq!(string.raw(), raw);
        }
    }

    #[test]
    fn resolves_surrogate_pairs_and_replaces_lone_ones() {
        for (raw, decoded) in [
            (r"\ud83d\ude00", "😀"),
            (r"\ud83d", "\u{fffd}"),
            (r"\ud83dx", "\u{fffd}x"),
            (r"a\n\t\\\u0041", "a\n\t\\A"),
        ] {
            assert_eq!(unescape(raw), decoded, "{raw}");
        }
    }

    #[test]
    fn quotes_what_json_demands_and_nothing_else() {
        assert_eq!(quote("é \"\\\n\u{1}😀/"), r#""é \"\\\n\u0001😀/""#);
    }
}
