//! The text and tool calls of a stream, put together for people.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::json::Json;
use crate::json::layout::{self, Layout};

const LIMIT: usize = 200;

/// Text, tool calls and error of a stream as far as it has been read.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    pub(crate) text: String,
    /// What the model thought before it wrote; no part of the preview.
    pub(crate) reasoning: String,
    pub(crate) calls: Vec<Call>,
    pub(crate) error: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Call {
    /// The index that the pieces of one call share, if it comes in pieces.
    index: Option<u64>,
    pub(crate) name: String,
    pub(crate) arguments: String,
}

impl Transcript {
    pub(crate) fn text(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    /// Adds the text at a path, if there is one.
    pub(crate) fn text_at(&mut self, value: &Json<'_>, path: &str) {
        self.text(&value.text(path).unwrap_or_default());
    }

    /// Adds the first reasoning that is at one of these paths.
    pub(crate) fn reasoning_at(&mut self, value: &Json<'_>, paths: &[&str]) {
        if let Some(piece) = paths.iter().find_map(|path| value.text(path)) {
            self.reasoning.push_str(&piece);
        }
    }

    /// Adds a piece of the tool call with this index; the first one brings the name.
    pub(crate) fn call(
        &mut self,
        index: u64,
        name: Option<Cow<'_, str>>,
        arguments: Option<&Json<'_>>,
    ) {
        let name = name.unwrap_or_default();
        let arguments = arguments.map(argument_text).unwrap_or_default();
        match self.calls.iter_mut().find(|call| call.index == Some(index)) {
            Some(call) => {
                if call.name.is_empty() {
                    call.name.push_str(&name);
                }
                call.arguments.push_str(&arguments);
            }
            None => self.calls.push(Call { index: Some(index), name: name.into(), arguments }),
        }
    }

    /// Adds a call that comes in one piece, with its arguments in this member.
    pub(crate) fn whole_call(&mut self, call: &Json<'_>, arguments: &str) {
        let name = call.text("name").unwrap_or_default().into_owned();
        let arguments = call.get(arguments).map(argument_text).unwrap_or_default();
        self.calls.push(Call { index: None, name, arguments });
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
        let calls = [
            (0, Some("weather"), r#""""#),
            (1, Some("time"), r#""{}""#),
            (0, None, r#""{\"city\":""#),
            (0, Some("other"), r#""\"Oslo\"}""#),
        ];
        for (index, name, arguments) in calls {
            let arguments = crate::json::parse(arguments).unwrap();
            transcript.call(index, name.map(Cow::from), Some(&arguments));
        }
        transcript.error(Some("overloaded".to_owned()));
        assert_eq!(
            transcript.preview().as_deref(),
            Some("Let me look. call weather({\"city\":\"Oslo\"}) call time({}) error: overloaded")
        );
    }
}
