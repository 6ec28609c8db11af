//! The parts of a JSON body that count, passed member by member to a [`Sink`]: the key, or a comparison.
//!
//! One walk serves both, so that a report never shows a difference that the key does not see.

use std::borrow::Cow;
use std::collections::HashMap;

use super::rules::Rules;
use crate::json::{Json, number};
use crate::provider::Provider;
use crate::wire::{self, ToolIdPath};

/// Receives the canonical form of a body, in order.
pub(crate) trait Sink {
    fn null(&mut self);
    fn boolean(&mut self, value: bool);
    /// `token` is the number as written.
    fn number(&mut self, canonical: &str, token: &str);
    /// `text` is the string as sent, escapes resolved.
    fn string(&mut self, canonical: &str, text: &str);
    /// The `number`th tool call that the body mentions, counted from one.
    fn tool_id(&mut self, number: usize, id: &str);
    fn open_array(&mut self);
    fn close_array(&mut self);
    fn open_object(&mut self);
    fn name(&mut self, name: &str);
    fn close_object(&mut self);
}

/// The rules of one request's wire format.
#[derive(Clone, Debug)]
pub(crate) struct FormatRules<'r> {
    /// Top-level members that do not count.
    volatile: &'static [&'static str],
    tool_ids: &'static [ToolIdPath],
    /// The value of an absent `stream`.
    streams: bool,
    only: Option<&'r [String]>,
}

impl<'r> FormatRules<'r> {
    pub(crate) fn new(provider: Provider, method: &str, path: &str, rules: &'r Rules) -> Self {
        let format = wire::format(provider, method, path);
        Self {
            volatile: format.volatile,
            tool_ids: format.tool_ids,
            streams: format.wants_stream(path, None),
            only: rules.match_on.as_deref(),
        }
    }

    /// A form has neither tool calls nor fields with a known meaning.
    pub(crate) fn of_form(rules: &'r Rules) -> Self {
        Self { volatile: &[], tool_ids: &[], streams: false, only: rules.match_on.as_deref() }
    }

    /// Whether a top-level member counts.
    fn counts(&self, name: &str, value: &Json<'_>) -> bool {
        if name == "stream" {
            return value.as_bool() != Some(self.streams);
        }
        match self.only {
            Some(only) => only.iter().any(|field| field == name),
            None => !self.volatile.contains(&name),
        }
    }
}

/// Walks a body.
pub(crate) fn walk(body: &Json<'_>, format: &FormatRules<'_>, sink: &mut impl Sink) {
    let candidates = lowest_bits(format.tool_ids.len());
    let mut walk = Walk { format, sink, ids: HashMap::new() };
    walk.value(body, Cursor { depth: 0, exact: false, candidates });
}

/// One bit for each of `count` paths. A test makes sure that no format has more paths than bits.
fn lowest_bits(count: usize) -> u32 {
    !u32::try_from(count).ok().and_then(|count| u32::MAX.checked_shl(count)).unwrap_or(0)
}

/// The position of the walk.
#[derive(Clone, Copy)]
struct Cursor {
    depth: usize,
    /// Inside a schema or arguments, where `null` is a value.
    exact: bool,
    /// One bit for each path of a tool call's id that may still match below.
    candidates: u32,
}

struct Walk<'w, 'r, S> {
    format: &'w FormatRules<'r>,
    sink: &'w mut S,
    ids: HashMap<String, usize>,
}

impl<S: Sink> Walk<'_, '_, S> {
    fn value(&mut self, value: &Json<'_>, cursor: Cursor) {
        match value {
            Json::Null => self.sink.null(),
            Json::Bool(value) => self.sink.boolean(*value),
            Json::Number(token) => self.sink.number(&number::canonical(token), token),
            Json::String(text) => self.string(&text.decode(), cursor),
            Json::Array(items) => {
                let below = Cursor {
                    candidates: self.candidates(cursor, "[]"),
                    depth: cursor.depth + 1,
                    ..cursor
                };
                self.sink.open_array();
                for item in items {
                    self.value(item, below);
                }
                self.sink.close_array();
            }
            Json::Object(_) => self.object(value, cursor),
        }
    }

    fn string(&mut self, text: &str, cursor: Cursor) {
        if self.is_tool_id(cursor) {
            let next = self.ids.len() + 1;
            let number = *self.ids.entry(text.to_owned()).or_insert(next);
            self.sink.tool_id(number, text);
        } else {
            self.sink.string(&without_names_of_secrets(text), text);
        }
    }

    fn object(&mut self, object: &Json<'_>, cursor: Cursor) {
        let members = object.as_object().unwrap_or_default();
        let mut counting: Vec<(Cow<'_, str>, &Json<'_>)> = members
            .iter()
            .filter(|(_, value)| cursor.exact || !value.is_null())
            .map(|(name, value)| (name.decode(), value))
            .filter(|(name, value)| cursor.depth > 0 || self.format.counts(name, value))
            .collect();
        counting.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.sink.open_object();
        for (name, value) in counting {
            self.sink.name(&name);
            let below = Cursor {
                depth: cursor.depth + 1,
                exact: cursor.exact || is_exact(&name, object, cursor.depth),
                candidates: self.candidates(cursor, &name),
            };
            self.value(value, below);
        }
        self.sink.close_object();
    }

    /// The paths that continue with `step`.
    fn candidates(&self, cursor: Cursor, step: &str) -> u32 {
        let mut left = 0;
        let mut rest = cursor.candidates;
        while rest != 0 {
            let bit = rest.trailing_zeros();
            rest &= rest - 1;
            let path = self.format.tool_ids.get(bit as usize);
            if path.is_some_and(|path| path.get(cursor.depth) == Some(&step)) {
                left |= 1 << bit;
            }
        }
        left
    }

    fn is_tool_id(&self, cursor: Cursor) -> bool {
        cursor.candidates != 0
            && self
                .format
                .tool_ids
                .iter()
                .enumerate()
                .any(|(at, path)| cursor.candidates & (1 << at) != 0 && path.len() == cursor.depth)
    }
}

/// Whether `null` inside this member of `object` is a value of its own: in the schema of a tool or of a response, in
/// the arguments of a call, and in the result of a function.
fn is_exact(name: &str, object: &Json<'_>, depth: usize) -> bool {
    match name {
        "schema"
        | "parameters"
        | "parametersJsonSchema"
        | "parameters_json_schema"
        | "parameter_definitions"
        | "input_schema"
        | "inputSchema"
        | "output_schema"
        | "outputSchema"
        | "responseSchema"
        | "response_schema"
        | "responseJsonSchema"
        | "response_json_schema"
        | "arguments"
        | "args" => true,
        // Of a tool call or a function's result, which have names; not the `input` of a request.
        "input" | "response" => object.get("name").is_some(),
        // Ollama's schema of the response.
        "format" => depth == 0,
        _ => false,
    }
}

/// Replaces `[REDACTED:NAME]` by `[REDACTED]`: if a test runs without the variable of a key, the same text is
/// redacted under another name, or a placeholder key under none.
pub(crate) fn without_names_of_secrets(text: &str) -> Cow<'_, str> {
    const START: &str = "[REDACTED:";
    // One byte is found many times faster than a word, and few prompts hold it.
    if !text.contains('[') || !text.contains(START) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(START) {
        let after = &rest[at + START.len()..];
        let name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let end = after.bytes().position(|byte| !name(byte)).unwrap_or(after.len());
        out.push_str(&rest[..at]);
        if end > 0 && after[end..].starts_with(']') {
            out.push_str("[REDACTED]");
            rest = &after[end + 1..];
        } else {
            out.push_str(START);
            rest = after;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_a_bit() {
        assert_eq!([0, 1, 3, 31, 32].map(lowest_bits), [0, 1, 0b111, u32::MAX >> 1, u32::MAX]);
    }

    #[test]
    fn drops_the_variable_of_a_secret() {
        for (text, expected) in [
            ("a [REDACTED:OPENAI_API_KEY] b", "a [REDACTED] b"),
            ("[REDACTED:A][REDACTED:B]", "[REDACTED][REDACTED]"),
            ("[REDACTED:]", "[REDACTED:]"),
            ("[REDACTED:A B]", "[REDACTED:A B]"),
            ("[REDACTED:[REDACTED:A]", "[REDACTED:[REDACTED]"),
            ("[REDACTED:é]", "[REDACTED:é]"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(without_names_of_secrets(text), expected, "{text}");
        }
    }
}
