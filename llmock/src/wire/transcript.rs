//! The text and tool calls of a stream, put together for people.

use std::fmt::Write as _;

use crate::json::Json;
use crate::json::layout::{self, Layout};

const LIMIT: usize = 200;

/// Text, tool calls and error of a stream as far as it has been read.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    text: String,
    calls: Vec<Call>,
    error: Option<String>,
}

#[derive(Debug, Default)]
struct Call {
    /// The index or id that the pieces of one call share.
    key: String,
    name: String,
    arguments: String,
}

impl Transcript {
    pub(crate) fn text(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    /// Adds the text in a member, if there is one.
    pub(crate) fn text_in(&mut self, value: &Json<'_>, member: &str) {
        self.text(&value.get(member).and_then(Json::as_str).unwrap_or_default());
    }

    /// Adds a piece of a tool call; the first one of a key brings the name.
    pub(crate) fn call(&mut self, key: &str, name: Option<&str>, arguments: &str) {
        let known = self.calls.iter().position(|call| call.key == key);
        let at = known.unwrap_or_else(|| {
            self.calls.push(Call { key: key.to_owned(), ..Call::default() });
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

    pub(crate) fn whole_call(&mut self, name: &str, arguments: Option<&Json<'_>>) {
        let key = format!("#{}", self.calls.len());
        self.call(&key, Some(name), &arguments.map_or_else(String::new, argument_text));
    }

    pub(crate) fn error(&mut self, message: Option<String>) {
        self.error = self.error.take().or(message);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.text.len() > LIMIT * 4
    }

    /// One line: the text, the calls as `call name(arguments)`, the error.
    pub(crate) fn preview(&self) -> Option<String> {
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
pub(crate) fn argument_text(arguments: &Json<'_>) -> String {
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
    fn previews_are_one_short_line() {
        let mut transcript = Transcript::default();
        assert_eq!(transcript.preview(), None);
        transcript.text("  Hello,\n\n");
        transcript.text("world \t!");
        assert_eq!(transcript.preview().as_deref(), Some("Hello, world !"));
        transcript.text(&"é".repeat(1000));
        let preview = transcript.preview().unwrap();
        assert_eq!(preview.chars().count(), LIMIT);
        assert!(preview.ends_with("é…"), "{preview}");
        assert!(transcript.is_full());
    }

    #[test]
    fn joins_the_pieces_of_each_call() {
        let mut transcript = Transcript::default();
        transcript.text("Let me look.");
        transcript.call("0", Some("weather"), "");
        transcript.call("1", Some("time"), "{}");
        transcript.call("0", None, "{\"city\":");
        transcript.call("0", Some("other"), "\"Oslo\"}");
        transcript.error(Some("overloaded".to_owned()));
        assert_eq!(
            transcript.preview().as_deref(),
            Some("Let me look. call weather({\"city\":\"Oslo\"}) call time({}) error: overloaded")
        );
    }
}
