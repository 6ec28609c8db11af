//! What `llmock show` prints.

use std::io;

use llmock::__command::{Conversation, Moment, Part, Speaker, Turn, moments};
use llmock::Interaction;
use serde_json::{Value, json};

use super::listing::DIGITS;
use super::text::{thousands, visible, visible_lines};
use super::{Screen, Style, style};
use crate::workspace::Entry;

impl Screen {
    /// An interaction: what it is, then its turns.
    pub(crate) fn conversation(
        &mut self,
        entry: &Entry<'_>,
        conversation: &Conversation,
    ) -> io::Result<()> {
        self.gap()?;
        self.head(entry)?;
        let tools: Vec<String> = conversation.tools.iter().map(|name| visible(name)).collect();
        if !tools.is_empty() {
            let line = format!("tools: {}", tools.join(", "));
            self.line(&self.paint(style::DIM, &line))?;
        }
        if conversation.sent == 0 {
            let interaction = entry.interaction;
            let body = interaction.request().text().into_owned();
            if !body.is_empty() {
                self.gap()?;
                self.line(&self.paint(style::BLUE, "request"))?;
                self.indented(&visible_lines(&body))?;
            }
        }
        for (turn, number) in conversation.turns.iter().zip(1..) {
            self.gap()?;
            self.heading(turn, number, number > conversation.sent)?;
            self.parts(turn)?;
        }
        if conversation.turns.len() == conversation.sent {
            let status = entry.interaction.status();
            let (length, kind) = response_size(entry.interaction);
            self.gap()?;
            let line = format!("the response has status {status} and {length} bytes of {kind}");
            self.line(&self.paint(style::DIM, &line))?;
        }
        if let Some(finish) = &conversation.finish {
            self.line(&self.paint(style::DIM, &format!("  ({})", visible(finish))))?;
        }
        Ok(())
    }

    /// One turn of a conversation.
    pub(crate) fn turn(&mut self, conversation: &Conversation, number: usize) -> io::Result<()> {
        for turn in &conversation.turns {
            self.gap()?;
            self.heading(turn, number, conversation.sent == 0)?;
            self.parts(turn)?;
        }
        Ok(())
    }

    /// The events of a stream, or the messages of a WebSocket, a line each.
    pub(crate) fn events(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.gap()?;
        self.head(entry)?;
        let events = events(entry.interaction);
        if events.is_empty() {
            return self.line("the response is not a stream of events");
        }
        let width = events.last().map(|event| event.ms.to_string().len()).unwrap_or_default();
        for Event { ms, name, data } in &events {
            let at = self.paint(style::DIM, &format!("{ms:>width$} ms"));
            let name = name.as_deref().map(visible);
            let name = name.map(|name| format!("{}  ", self.paint(style::BLUE, &name)));
            self.line(&format!("{at}  {}{}", name.unwrap_or_default(), visible(data)))?;
        }
        Ok(())
    }

    fn head(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let Entry { fixture, number, interaction, hash, summary } = entry;
        let place = format!("{} #{number}", crate::workspace::shown(fixture.path()));
        let digits: String = hash.chars().take(DIGITS).collect();
        let place = self.paint(style::BOLD, &visible(&place));
        self.line(&format!("{place}  {}", self.paint(style::YELLOW, &digits)))?;
        let mut facts = vec![
            interaction.provider().id().to_owned(),
            summary.model.as_deref().map(visible).unwrap_or_default(),
            format!("{} {}", visible(interaction.method()), visible(interaction.path())),
            interaction.status().to_string(),
        ];
        if interaction.is_streaming() {
            facts.push("streaming".to_owned());
        }
        if summary.usage.total() > 0 {
            let number = |number| thousands(usize::try_from(number).unwrap_or(usize::MAX));
            let usage = summary.usage;
            facts.push(format!("{}+{} tokens", number(usage.input), number(usage.output)));
        }
        facts.extend(interaction.recorded_at().map(visible));
        facts.retain(|fact| !fact.is_empty());
        self.line(&self.paint(style::DIM, &facts.join("  ")))?;
        if let Some(test) = interaction.test() {
            self.line(&self.paint(style::DIM, &format!("recorded by {}", visible(test))))?;
        }
        Ok(())
    }

    fn heading(&mut self, turn: &Turn, number: usize, is_response: bool) -> io::Result<()> {
        let colour = match turn.speaker {
            Speaker::Assistant => style::GREEN.bold(),
            Speaker::Tool => style::MAGENTA.bold(),
            Speaker::System => style::BOLD,
            _ => style::BLUE,
        };
        let mark = if is_response { "  (response)" } else { "" };
        let name = self.paint(colour, turn.speaker.name());
        let number = self.paint(style::DIM, &format!("{number}"));
        self.line(&format!("{number} {name}{}", self.paint(style::DIM, mark)))
    }

    fn parts(&mut self, turn: &Turn) -> io::Result<()> {
        for part in &turn.parts {
            let text = printed(self.style, part);
            self.indented(&text)?;
        }
        Ok(())
    }

    fn indented(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            let line = if line.is_empty() { String::new() } else { format!("  {line}") };
            self.line(&line)?;
        }
        Ok(())
    }
}

fn printed(style: Style, part: &Part) -> String {
    let text = visible_lines(&part.to_string());
    let labelled = |label: &str, text: &str| format!("{}{text}", style.paint(style::DIM, label));
    match part {
        Part::Reasoning(_) => {
            let lines = text.lines().map(|line| style.paint(style::DIM, line));
            format!(
                "{}\n{}",
                style.paint(style::DIM, "[thinking]"),
                lines.collect::<Vec<_>>().join("\n")
            )
        }
        Part::Refusal(_) => labelled("[refusal] ", &text),
        Part::Call { .. } => labelled("→ ", &text),
        Part::Result { .. } => labelled("← ", &text),
        Part::Error(_) => format!("{} {text}", style.paint(style::RED, "error:")),
        Part::Media { .. } | Part::Other(_) => style.paint(style::CYAN, &text),
        _ => text,
    }
}

fn response_size(interaction: &Interaction) -> (usize, String) {
    let response = interaction.response();
    let kind = response.header("content-type").unwrap_or("an unknown type");
    (response.body().len(), visible(kind))
}

/// A turn for programs.
pub(crate) fn turn_as_json(turn: &Turn) -> Value {
    let part = |part: &Part| match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Reasoning(text) => json!({ "type": "reasoning", "text": text }),
        Part::Refusal(text) => json!({ "type": "refusal", "text": text }),
        Part::Error(text) => json!({ "type": "error", "text": text }),
        Part::Media { kind, bytes, name } => {
            json!({ "type": "media", "media_type": kind, "bytes": bytes, "name": name })
        }
        Part::Call { name, id, arguments } => {
            json!({ "type": "tool_call", "name": name, "id": id, "arguments": arguments })
        }
        Part::Result { name, id, text } => {
            json!({ "type": "tool_result", "name": name, "id": id, "text": text })
        }
        other => json!({ "type": "other", "name": other.to_string() }),
    };
    let parts: Vec<Value> = turn.parts.iter().map(part).collect();
    json!({ "role": turn.speaker.name(), "parts": parts })
}

/// An event of a stream, or a message of a WebSocket, whose name is its side.
struct Event {
    ms: u64,
    name: Option<String>,
    data: String,
}

/// The status of a WebSocket.
const SWITCHING_PROTOCOLS: u16 = 101;

fn events(interaction: &Interaction) -> Vec<Event> {
    if interaction.status() == SWITCHING_PROTOCOLS {
        let event = |one: Moment| Event { ms: one.ms, name: one.name, data: one.data };
        return moments(interaction).into_iter().map(event).collect();
    }
    let event = |one: &llmock::ResponseEvent| Event {
        ms: u64::try_from(one.at().as_millis()).unwrap_or(u64::MAX),
        name: one.name().map(str::to_owned),
        data: one.data().to_owned(),
    };
    interaction.response().events().iter().map(event).collect()
}

/// The events of a stream for programs.
pub(crate) fn events_as_json(interaction: &Interaction) -> Value {
    let event = |Event { ms, name, data }| json!({ "ms": ms, "event": name, "data": data });
    events(interaction).into_iter().map(event).collect::<Vec<_>>().into()
}
