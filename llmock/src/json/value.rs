//! The tree: values, and strings as they were written.

use std::borrow::Cow;

use super::text::{plain_length, unescape};

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
/// Without quotes if it has no escapes, with the closing one if it has any, which no other string ends with. Every
/// lookup of a member needs to know whether there are escapes, and this way it costs no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct JsonStr<'a>(pub(super) &'a str);

impl<'a> Json<'a> {
    /// The first member of that name; `None` for other values too.
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.as_object()?.iter().find(|(key, _)| key.is(name)).map(|(_, value)| value)
    }

    pub(crate) fn at(&self, index: usize) -> Option<&Json<'a>> {
        self.as_array()?.get(index)
    }

    /// The value at a path of member names and places in arrays: `choices/0/delta`.
    pub(crate) fn find(&self, path: &str) -> Option<&Json<'a>> {
        path.split('/').try_fold(self, |value, step| match value {
            Json::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => value.get(step),
        })
    }

    /// The string at a [path](Self::find).
    pub(crate) fn text(&self, path: &str) -> Option<Cow<'a, str>> {
        self.find(path)?.as_str()
    }

    /// The elements of the array at a [path](Self::find); none without one.
    pub(crate) fn items(&self, path: &str) -> &[Json<'a>] {
        self.find(path).and_then(Json::as_array).unwrap_or_default()
    }

    pub(crate) fn as_array(&self) -> Option<&[Json<'a>]> {
        if let Json::Array(items) = self { Some(items) } else { None }
    }

    pub(crate) fn as_object(&self) -> Option<&[(JsonStr<'a>, Json<'a>)]> {
        if let Json::Object(members) = self { Some(members) } else { None }
    }

    pub(crate) fn as_str(&self) -> Option<Cow<'a, str>> {
        if let Json::String(string) = self { Some(string.decode()) } else { None }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        if let Json::Bool(value) = self { Some(*value) } else { None }
    }

    pub(crate) fn as_u64(&self) -> Option<u64> {
        if let Json::Number(token) = self { token.parse().ok() } else { None }
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

    pub(crate) fn is(self, name: &str) -> bool {
        match self.escaped() {
            // an escape is longer than what it stands for
            Some(raw) => raw.len() > name.len() && unescape(raw) == name,
            None => self.0 == name,
        }
    }

    fn escaped(self) -> Option<&'a str> {
        match self.0.as_bytes() {
            [.., b'"'] => Some(&self.0[..self.0.len() - 1]),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

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
}
