//! Putting a stream together again: what the model said, for people.

use std::fmt::Write as _;

use crate::json::Json;
use crate::json::layout::{self, Layout};

/// How much of it a preview shows, in characters.
const LIMIT: usize = 200;

/// Text and tool calls of a stream as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Said {
    text: String,
    calls: Vec<Call>,
    error: Option<String>,
}

#[derive(Debug)]
struct Call {
    /// What the pieces of one call have in common: its index or id.
    key: String,
    name: String,
    arguments: String,
}

impl Said {
    pub(super) fn text(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    /// Adds a piece of a tool call; the first one of a key brings the name.
    pub(super) fn call(&mut self, key: &str, name: Option<&str>, arguments: &str) {
        let known = self.calls.iter().position(|call| call.key == key);
        let at = known.unwrap_or_else(|| {
            self.calls.push(Call {
                key: key.to_owned(),
                name: String::new(),
                arguments: String::new(),
            });
            self.calls.len() - 1
        });
        let call = &mut self.calls[at];
        if let Some(name) = name
            && call.name.is_empty()
        {
            name.clone_into(&mut call.name);
        }
        call.arguments.push_str(arguments);
    }

    /// Adds a call that arrives in one piece.
    pub(super) fn whole_call(&mut self, name: &str, arguments: Option<&Json<'_>>) {
        let key = format!("#{}", self.calls.len());
        self.call(&key, Some(name), &arguments.map_or_else(String::new, argument_text));
    }

    pub(super) fn error(&mut self, message: &str) {
        if self.error.is_none() {
            self.error = Some(message.to_owned());
        }
    }

    /// Whether a preview has no room for more.
    pub(super) fn is_full(&self) -> bool {
        self.text.len() > LIMIT * 4
    }

    /// One line: the text, the calls as `call name(arguments)`, the error.
    pub(super) fn preview(&self) -> Option<String> {
        let mut all = self.text.clone();
        for call in &self.calls {
            let arguments = call.arguments.trim();
            let _ = write!(all, "\ncall {}({arguments})", call.name);
        }
        if let Some(error) = &self.error {
            let _ = write!(all, "\nerror: {error}");
        }
        shortened(&all)
    }
}

/// Arguments as text: a string as it is, anything else as compact JSON.
pub(super) fn argument_text(arguments: &Json<'_>) -> String {
    match arguments {
        Json::String(text) => text.decode().into_owned(),
        Json::Null => String::new(),
        other => layout::print(other, Layout::Compact),
    }
}

/// Blanks and line breaks as single spaces, at most [`LIMIT`] characters.
fn shortened(text: &str) -> Option<String> {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > LIMIT * 4 {
            break;
        }
    }
    if line.chars().count() > LIMIT {
        line = line.chars().take(LIMIT - 1).chain(['…']).collect();
    }
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_one_line_of_bounded_length() {
        let mut said = Said::default();
        assert_eq!(said.preview(), None);
        said.text("  Hello,\n\n");
        said.text("world \t!");
        assert_eq!(said.preview().as_deref(), Some("Hello, world !"));
        said.text(&"é".repeat(1000));
        let preview = said.preview().unwrap();
        assert_eq!(preview.chars().count(), LIMIT);
        assert!(preview.ends_with("é…"), "{preview}");
        assert!(said.is_full());
    }

    #[test]
    fn pieces_of_one_call_are_joined_and_calls_kept_apart() {
        let mut said = Said::default();
        said.text("Let me look.");
        said.call("0", Some("weather"), "");
        said.call("1", Some("time"), "{}");
        said.call("0", None, "{\"city\":");
        said.call("0", Some("other"), "\"Oslo\"}");
        said.error("overloaded");
        assert_eq!(
            said.preview().as_deref(),
            Some("Let me look. call weather({\"city\":\"Oslo\"}) call time({}) error: overloaded")
        );
    }
}
