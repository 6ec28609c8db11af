//! A recorded request and its response as people read them, and a stream over time.

use askama::Template;
use llmock::__command::{Moment, Part, Turn, conversation, moments};
use llmock::Interaction;

use super::{Board, limited};
use crate::dashboard::library::{File, Row};
use crate::dashboard::links::conversation_anchor;
use crate::dashboard::sums::{age_of, dollars, tokens};
use crate::output::listing::DIGITS;
use crate::output::text::{shortened, thousands, visible, visible_lines};

/// Longer texts of one part are cut: the command prints them.
const PART: usize = 200_000;
const BODY: usize = 100_000;
/// The data of one event.
const EVENT: usize = 2_000;
/// Events of one stream.
const EVENTS: usize = 2_000;

#[derive(Template)]
#[template(path = "conversation.html")]
pub(crate) struct ConversationPage {
    anchor: String,
    number: usize,
    total: usize,
    fixture: String,
    fixture_href: String,
    suite: String,
    suite_href: String,
    previous: Option<String>,
    next: Option<String>,
    facts: Vec<(&'static str, String)>,
    status: u16,
    marks: Vec<&'static str>,
    tools: Vec<String>,
    turns: Vec<TurnView>,
    finish: String,
    empty_response: String,
    timeline: Option<Timeline>,
    request: String,
    response: String,
    command: String,
}

struct TurnView {
    role: &'static str,
    is_response: bool,
    parts: Vec<PartView>,
}

/// A part of a message.
struct PartView {
    kind: &'static str,
    /// The line that stays when the part is folded; empty for what is not folded.
    label: String,
    text: String,
}

struct Timeline {
    events: Vec<EventView>,
    total: String,
    duration: String,
    hidden: usize,
    is_socket: bool,
}

struct EventView {
    ms: u64,
    at: String,
    name: String,
    kind: &'static str,
    piece: String,
    data: String,
}

impl ConversationPage {
    /// `None` if there is no such interaction. `last` is the highest number that has a page.
    pub(crate) fn new(board: &Board, file: &File, number: usize, last: usize) -> Option<Self> {
        let (_, interaction, row) = file.numbered().nth(number.checked_sub(1)?)?;
        let shown = conversation(interaction);
        let total = file.rows.len();
        let link = |number| board.links.conversation(&file.name, number);
        let turns = shown.turns.iter().zip(1..);
        let turns =
            turns.map(|(turn, at)| turn_view(turn, at > shown.sent)).collect::<Vec<TurnView>>();
        let response = interaction.response();
        let kind = response.header("content-type").unwrap_or("an unknown type").to_owned();
        let empty_response = if shown.turns.len() == shown.sent {
            format!("{} bytes of {}", thousands(response.body().len()), visible(&kind))
        } else {
            String::new()
        };
        let mut marks = Vec::new();
        if interaction.is_written() {
            marks.push("written by hand");
        }
        if !interaction.is_complete() {
            marks.push("cut off");
        }
        Some(Self {
            anchor: conversation_anchor(&file.name, number),
            number,
            total,
            fixture: visible(file.title()),
            fixture_href: board.links.fixture(&file.name, (number - 1) / super::ROWS + 1),
            suite: visible(file.suite()),
            suite_href: board.links.fixtures(file.suite(), "", 1),
            previous: (number > 1).then(|| link(number - 1)),
            next: (number < total.min(last)).then(|| link(number + 1)),
            facts: facts(interaction, row),
            status: interaction.status(),
            marks,
            tools: shown.tools.iter().map(|name| visible(name)).collect(),
            turns,
            finish: shown.finish.as_deref().map(visible).unwrap_or_default(),
            empty_response,
            timeline: timeline(interaction),
            request: pretty(&interaction.request().text()),
            response: pretty(&String::from_utf8_lossy(&response.body())),
            command: visible(&format!("llmock show {}#{number}", file.name)),
        })
    }
}

fn facts(interaction: &Interaction, row: &Row) -> Vec<(&'static str, String)> {
    let summary = &row.summary;
    let mut facts = vec![
        ("Provider", visible(interaction.provider().id())),
        ("Model", summary.model.as_deref().map(visible).unwrap_or_default()),
        ("Address", format!("{} {}", visible(interaction.method()), visible(interaction.path()))),
        ("Test", interaction.test().map(visible).unwrap_or_default()),
    ];
    if let Some(at) = interaction.recorded_at() {
        // `2026-11-18T09:12:03Z`: the minute is enough.
        let minute = at.get(..16).unwrap_or(at).replace('T', " ");
        facts.push(("Recorded", format!("{} ({} ago)", visible(&minute), age_of(Some(at)))));
    }
    if summary.usage.total() > 0 {
        facts.push(("Tokens", tokens(summary.usage.input, summary.usage.output)));
        let price = row.cost.map_or_else(|| "the model has no price".to_owned(), dollars);
        facts.push(("Live cost", price));
    }
    facts.push(("Hash", row.hash.chars().take(DIGITS).collect()));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

fn turn_view(turn: &Turn, is_response: bool) -> TurnView {
    TurnView {
        role: turn.speaker.name(),
        is_response,
        parts: turn.parts.iter().map(part_view).collect(),
    }
}

fn part_view(part: &Part) -> PartView {
    let view =
        |kind, label: String, text: &str| PartView { kind, label, text: limited(text, PART) };
    match part {
        Part::Text(text) => view("text", String::new(), text),
        Part::Reasoning(text) => view("reasoning", "Thinking".to_owned(), text),
        Part::Refusal(text) => view("refusal", String::new(), text),
        Part::Error(text) => view("error", String::new(), text),
        Part::Call { name, id, arguments } => {
            let id = id.as_deref().map(|id| format!("  {}", shortened(id, 40)));
            let label = format!("Calls {}{}", visible(name), id.unwrap_or_default());
            view("call", label, &pretty_json(arguments))
        }
        Part::Result { name, id, text } => {
            let name = name.as_deref().map(|name| format!(" of {}", visible(name)));
            let id = id.as_deref().map(|id| format!("  {}", shortened(id, 40)));
            let label = format!("Result{}{}", name.unwrap_or_default(), id.unwrap_or_default());
            view("result", label, &pretty_json(text))
        }
        other => view("media", String::new(), &other.to_string()),
    }
}

/// JSON with line breaks; other text as it is.
fn pretty_json(text: &str) -> String {
    let is_json = text.trim_start().starts_with(['{', '[']) && text.len() <= BODY;
    let value = is_json.then(|| serde_json::from_str::<serde_json::Value>(text).ok()).flatten();
    value.map_or_else(|| text.to_owned(), |value| format!("{value:#}"))
}

fn pretty(text: &str) -> String {
    limited(&pretty_json(text), BODY)
}

fn timeline(interaction: &Interaction) -> Option<Timeline> {
    let all = moments(interaction);
    let last = all.last()?.ms;
    Some(Timeline {
        total: thousands(all.len()),
        duration: milliseconds(last),
        hidden: all.len().saturating_sub(EVENTS),
        is_socket: interaction.status() == 101,
        events: all.iter().take(EVENTS).map(event_view).collect(),
    })
}

fn event_view(moment: &Moment) -> EventView {
    let Moment { ms, name, data, text, reasoning, call, .. } = moment;
    let (kind, piece) = match (text.is_empty(), reasoning.is_empty(), call.is_empty()) {
        (false, _, _) => ("text", text),
        (_, false, _) => ("reasoning", reasoning),
        (_, _, false) => ("call", call),
        _ => ("none", text),
    };
    EventView {
        ms: *ms,
        at: milliseconds(*ms),
        name: name.as_deref().map(|name| shortened(name, 60)).unwrap_or_default(),
        kind,
        piece: visible_lines(piece),
        data: limited(data, EVENT),
    }
}

/// `912 ms`, `12.4 s`.
fn milliseconds(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{} ms", thousands(usize::try_from(ms).unwrap_or_default())),
        _ => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
    }
}
