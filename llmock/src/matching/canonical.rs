//! The parts of a JSON body that count, passed [token](Token) by token to the key or to a comparison.
//!
//! One walk serves both, so that a report never shows a difference that the key does not see.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::rules::MatchRules;
use crate::fixture::ids;
use crate::json::{Json, number};
use crate::provider::Provider;
use crate::wire::{self, ToolIdPath};

/// A piece of the canonical form of a body.
#[derive(Clone, Copy)]
pub(crate) enum Token<'t> {
    Null,
    Bool(bool),
    Number {
        canonical: &'t str,
        /// As written.
        token: &'t str,
    },
    String {
        canonical: &'t str,
        /// As sent, escapes resolved.
        text: &'t str,
    },
    /// A tool call that the body mentions, with its number, counted from one.
    ToolId(usize, &'t str),
    OpenArray,
    CloseArray,
    OpenObject,
    Name(&'t str),
    CloseObject,
}

#[derive(Clone, Debug)]
pub(crate) struct FormatRules<'r> {
    /// Top-level members that do not count.
    volatile: &'static [&'static str],
    /// Members deeper inside that do not count.
    annotations: &'static [ToolIdPath],
    tool_ids: &'static [ToolIdPath],
    message_ids: &'static [ToolIdPath],
    /// The value of an absent `stream`.
    streams: bool,
    only: Option<&'r [String]>,
    /// Members that count, whatever else does.
    counted: &'r [String],
    scrub_ids: bool,
}

impl<'r> FormatRules<'r> {
    pub(crate) fn new(provider: Provider, method: &str, path: &str, rules: &'r MatchRules) -> Self {
        let format = wire::format(provider, method, path);
        Self {
            volatile: format.volatile,
            annotations: format.annotations,
            tool_ids: format.tool_ids,
            message_ids: format.message_ids,
            streams: format.wants_stream(path, None),
            only: rules.match_on.as_deref(),
            counted: &rules.count,
            scrub_ids: rules.scrub_ids,
        }
    }

    /// A form has neither tool calls nor fields with a known meaning.
    pub(crate) fn of_form(rules: &'r MatchRules) -> Self {
        Self {
            volatile: &[],
            annotations: &[],
            tool_ids: &[],
            message_ids: &[],
            streams: false,
            only: rules.match_on.as_deref(),
            counted: &[],
            scrub_ids: false,
        }
    }

    fn counts(&self, name: &str, value: &Json<'_>) -> bool {
        if name == "stream" {
            return value.as_bool() != Some(self.streams);
        }
        if self.counted.iter().any(|field| field == name) {
            return true;
        }
        match self.only {
            Some(only) => only.iter().any(|field| field == name),
            None => !self.volatile.contains(&name),
        }
    }
}

/// Calls `send` with each token of a body, in order.
pub(crate) fn walk(body: &Json<'_>, format: &FormatRules<'_>, send: &mut dyn FnMut(Token<'_>)) {
    Walk { format, send, ids: HashMap::new() }.value(body, &Place::default());
}

/// The position of the walk: the last step, and the place that it was taken from.
#[derive(Clone, Copy, Default)]
struct Place<'p> {
    step: &'p str,
    above: Option<&'p Place<'p>>,
    /// Inside a schema or arguments, where `null` is a value.
    exact: bool,
}

impl Place<'_> {
    fn is_at(&self, path: &[&str]) -> bool {
        match (path, self.above) {
            ([], None) => true,
            ([above @ .., step], Some(place)) => *step == self.step && place.is_at(above),
            _ => false,
        }
    }
}

struct Walk<'w, 'r> {
    format: &'w FormatRules<'r>,
    send: &'w mut dyn FnMut(Token<'_>),
    ids: HashMap<String, usize>,
}

impl Walk<'_, '_> {
    fn value(&mut self, value: &Json<'_>, place: &Place<'_>) {
        match value {
            Json::Null => (self.send)(Token::Null),
            Json::Bool(value) => (self.send)(Token::Bool(*value)),
            Json::Number(token) => {
                (self.send)(Token::Number { canonical: &number::canonical(token), token });
            }
            Json::String(text) => self.string(&text.decode(), place),
            Json::Array(items) => {
                (self.send)(Token::OpenArray);
                for item in items {
                    let place = Place { step: "[]", above: Some(place), ..*place };
                    if !self.is_annotation_alone(item, &place) {
                        self.value(item, &place);
                    }
                }
                (self.send)(Token::CloseArray);
            }
            Json::Object(_) => self.object(value, place),
        }
    }

    fn string(&mut self, text: &str, place: &Place<'_>) {
        let is_scrubbed = || self.format.scrub_ids && ids::prefix(text).is_some();
        if self.format.tool_ids.iter().any(|path| place.is_at(path)) || is_scrubbed() {
            self.id(text);
        } else {
            (self.send)(Token::String { canonical: &without_names_of_secrets(text), text });
        }
    }

    /// An id that the client may have made up: what counts is where it appears again.
    fn id(&mut self, text: &str) {
        let next = self.ids.len() + 1;
        let number = *self.ids.entry(text.to_owned()).or_insert(next);
        (self.send)(Token::ToolId(number, text));
    }

    /// Whether a member is the id of a message that the model did not write, or of the result of a function. The model's
    /// have their ids from the provider.
    fn is_id_of_client(&self, name: &str, object: &Json<'_>, place: &Place<'_>) -> bool {
        let is_here = |path: &&ToolIdPath| match **path {
            [above @ .., last] => *last == name && place.is_at(above),
            [] => false,
        };
        let is_result = || {
            let kind = object.text("type");
            kind.is_some_and(|kind| {
                matches!(&*kind, "function_call_output" | "custom_tool_call_output")
            })
        };
        self.format.message_ids.iter().any(|path| is_here(&path))
            && object.text("role").map_or_else(is_result, |role| role != "assistant")
    }

    /// Whether a member of the object at this place cannot change the response.
    fn is_annotation(&self, name: &str, place: &Place<'_>) -> bool {
        self.format.annotations.iter().any(|path| match path {
            [above @ .., last] => *last == name && place.is_at(above),
            [] => false,
        })
    }

    /// Whether an object consists of annotations and nothing else: Bedrock's cache points.
    fn is_annotation_alone(&self, item: &Json<'_>, place: &Place<'_>) -> bool {
        let Some(members @ [_, ..]) = item.as_object() else { return false };
        members.iter().all(|(name, _)| self.is_annotation(&name.decode(), place))
    }

    fn object(&mut self, object: &Json<'_>, place: &Place<'_>) {
        let is_top = place.above.is_none();
        let members = object.as_object().unwrap_or_default();
        let mut counting: Vec<(Cow<'_, str>, &Json<'_>)> = members
            .iter()
            .filter(|(_, value)| place.exact || !value.is_null())
            .map(|(name, value)| (name.decode(), value))
            .filter(|(name, value)| {
                if !is_top {
                    return !self.is_annotation(name, place);
                }
                let place = Place { step: name, above: Some(place), ..*place };
                self.format.counts(name, value) && !self.is_annotation_alone(value, &place)
            })
            .collect();
        counting.sort_by(|(a, _), (b, _)| a.cmp(b));
        (self.send)(Token::OpenObject);
        for (name, value) in counting {
            (self.send)(Token::Name(&name));
            if let Json::String(text) = value
                && self.is_id_of_client(&name, object, place)
            {
                self.id(&text.decode());
                continue;
            }
            let exact = place.exact || is_exact(&name, object, is_top);
            self.value(value, &Place { step: &name, above: Some(place), exact });
        }
        (self.send)(Token::CloseObject);
    }
}

/// Whether `null` inside this member of `object` is a value of its own: in the schema of a tool or of a response, in
/// the arguments of a call, and in the result of a function.
fn is_exact(name: &str, object: &Json<'_>, is_top: bool) -> bool {
    #[rustfmt::skip]
    const ALWAYS: [&str; 15] = [
        "args", "arguments", "inputSchema", "input_schema", "outputSchema", "output_schema",
        "parameter_definitions", "parameters", "parametersJsonSchema", "parameters_json_schema",
        "responseJsonSchema", "responseSchema", "response_json_schema", "response_schema", "schema",
    ];
    match name {
        // Of a tool call or a function's result, which have names; not the `input` of a request.
        "input" | "response" => object.get("name").is_some(),
        // Ollama's schema of the response.
        "format" => is_top,
        _ => ALWAYS.contains(&name),
    }
}

/// Replaces `[REDACTED:NAME]` by `[REDACTED]`: if a test runs without the variable of a key, the same text is
/// redacted under another name, or a placeholder key under none.
pub(crate) fn without_names_of_secrets(text: &str) -> Cow<'_, str> {
    static NAMED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\[REDACTED:[A-Za-z0-9_.-]+\]").expect("a constant pattern"));
    // One byte is found many times faster than a word, and few prompts hold it.
    if !text.contains('[') || !text.contains("[REDACTED:") {
        return Cow::Borrowed(text);
    }
    NAMED.replace_all(text, "[REDACTED]")
}

#[cfg(test)]
mod tests {
    use super::*;

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
