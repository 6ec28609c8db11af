//! The text of a report while it grows.

use super::command::Command;
use super::style::{BOLD, DIM, RED, Style};

pub(super) struct Page {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Page {
    pub(super) fn new(style: Style) -> Self {
        Self { text: String::new(), style }
    }

    pub(super) fn title(&mut self, headline: &str) {
        let name = self.style.paint(BOLD, "llmock:");
        self.line(0, &format!("{name} {}", self.style.paint(BOLD, headline)));
    }

    pub(super) fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        self.text.push('\n');
    }

    pub(super) fn dim(&mut self, indent: usize, text: &str) {
        let text = self.style.paint(DIM, text);
        self.line(indent, &text);
    }

    /// An empty line, never two.
    pub(super) fn gap(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    pub(super) fn entry(&mut self, what: &str, who: &str) {
        let (mark, what) = (self.style.paint(RED, "×"), self.style.paint(BOLD, what));
        let gap = if who.is_empty() { "" } else { "   " };
        let line = format!("{mark} {what}{gap}{}", self.style.paint(DIM, who));
        self.line(2, &line);
    }

    pub(super) fn command(&mut self, command: &Command, mode: &str) {
        let program = || format!("set LLMOCK_MODE={mode} and run the program again");
        self.line(6, &command.in_mode(mode).unwrap_or_else(program));
        if self.style.windows {
            self.dim(
                6,
                &format!("(in PowerShell: $env:LLMOCK_MODE = \"{mode}\", then the command)"),
            );
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        if self.style.ascii { in_ascii(&self.text) } else { self.text }
    }
}

/// The text for a terminal whose locale has no other characters.
fn in_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            _ if character.is_ascii() => out.push(character),
            '×' => out.push('x'),
            '≠' => out.push('!'),
            '·' => out.push('-'),
            '…' => out.push_str("..."),
            '→' => out.push_str("->"),
            _ => out.extend(character.escape_unicode()),
        }
    }
    out
}
