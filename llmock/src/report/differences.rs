//! A difference as lines: what it is, both sides, and what the eye does not see.

use super::page::Page;
use super::sentences::{HASH_MAP, PATH, is_conversation, reordered, same_elements};
use super::style::{DIM, GREEN, RED, STRONG_GREEN, STRONG_RED};
use super::values::characters::width;
use super::values::{self, Span, count, excerpt, quote, thousands};
use crate::matching::binary::{BinaryDifference, Blob};
use crate::matching::labels::{Label, LabelKind};
use crate::matching::{Difference, ElementChange, Elements, Reordered};

/// Changes of one array that are shown, and places inside of one text.
const SHOWN: usize = 5;
/// A name in a list of elements.
const NAME: usize = 48;

/// The lines of a difference, outside a report.
#[cfg(feature = "server")]
pub(crate) fn lines(difference: &Difference, colour: bool) -> String {
    let mut page = Page::new(super::Style { colour, ..super::Style::default() });
    show(&mut page, difference);
    page.finish()
}

pub(super) fn show(page: &mut Page, difference: &Difference) {
    let (path, label) = (excerpt(&difference.path, 2 * PATH), difference.label.as_ref());
    let mut title: Vec<String> = label.map(described).into_iter().collect();
    if is_element(difference) {
        title.push(if difference.recorded.is_none() { "added" } else { "removed" }.to_owned());
    }
    if !difference.inside.is_empty() {
        title.push("JSON in a string".to_owned());
    }
    let gap = if title.is_empty() { "" } else { "   " };
    let title = page.style.paint(DIM, &title.join(", "));
    page.line(6, &format!("{path}{gap}{title}"));
    if let Some(elements) = &difference.elements {
        elements_of(page, difference, elements);
    } else if let Some(what) = reordered(difference) {
        page.line(4, &format!("{}   {what}", page.style.paint(RED, "≠")));
    } else if let Some(binary) = &difference.binary {
        files(page, binary);
    } else if !difference.inside.is_empty() {
        for inner in difference.inside.iter().take(SHOWN) {
            page.dim(8, &format!("in it, {}", excerpt(&inner.path, PATH)));
            sides(page, inner);
        }
        let more = difference.inside.len().saturating_sub(SHOWN);
        if more > 0 {
            page.line(8, &format!("and {} in it", count(more, "more difference")));
        }
    } else {
        sides(page, difference);
    }
}

/// Whether a difference is shown as a recorded and a sent line.
pub(super) fn has_sides(difference: &Difference) -> bool {
    let is_like = difference.binary.as_ref().is_some_and(is_like);
    !is_like && reordered(difference).is_none() && difference.reordered.is_none()
}

/// Whether two files have the same type and size.
fn is_like(binary: &BinaryDifference) -> bool {
    binary.recorded == binary.sent
}

/// Whether an element of an array exists on one side only: the other one has nothing to show.
fn is_element(difference: &Difference) -> bool {
    difference.path.ends_with(']') && difference.recorded.is_none() != difference.sent.is_none()
}

fn sides(page: &mut Page, difference: &Difference) {
    let pair = values::pair(difference.recorded.as_deref(), difference.sent.as_deref());
    let style = page.style;
    let sides = [
        ("-", RED, STRONG_RED, &pair.recorded, &difference.recorded),
        ("+", GREEN, STRONG_GREEN, &pair.sent, &difference.sent),
    ];
    for (mark, plain, strong, spans, value) in sides {
        if value.is_none() && is_element(difference) {
            continue;
        }
        let paint =
            |span: &Span| style.paint(if span.changed { strong } else { plain }, &span.text);
        let text: String = spans.iter().map(paint).collect();
        page.line(4, &format!("{}   {text}", style.paint(plain, mark)));
        let is_pair = difference.recorded.is_some() && difference.sent.is_some();
        if !style.colour
            && is_pair
            && let Some(carets) = carets(spans)
        {
            page.line(8, &carets);
        }
    }
    for note in &pair.notes {
        page.line(4, &format!("{}   {note}", style.paint(RED, "≠")));
    }
}

/// `^^^` below what has changed; nothing if that is all or none of a value.
fn carets(spans: &[Span]) -> Option<String> {
    let is_context = |span: &Span| !span.changed && span.text.chars().any(|c| c != '"');
    let is_marked = |span: &Span| span.changed && !span.text.is_empty();
    if !spans.iter().any(is_context) || !spans.iter().any(is_marked) {
        return None;
    }
    let mut line = String::new();
    for span in spans {
        let columns = span.text.chars().map(width).sum();
        line.push_str(&if span.changed { "^" } else { " " }.repeat(columns));
    }
    Some(line.trim_end().to_owned())
}

fn files(page: &mut Page, binary: &BinaryDifference) {
    let words = |blob: &Option<Blob>| match blob {
        Some(Blob { media, bytes, is_base64 }) => {
            let base64 = if *is_base64 { " (base64)" } else { "" };
            format!("{}, {}{base64}", excerpt(media, 60), count(*bytes, "byte"))
        }
        None => "(absent)".to_owned(),
    };
    let style = page.style;
    let place = match binary.first_byte {
        Some(byte) => format!("the first byte that differs is byte {}", thousands(byte)),
        None => "only a digest is recorded, so the place is not known".to_owned(),
    };
    if is_like(binary) {
        let what = format!("another file of the same type and size, {}", words(&binary.sent));
        page.line(4, &format!("{}   {what}: {place}", style.paint(RED, "≠")));
        return;
    }
    for (mark, colour, blob) in [("-", RED, &binary.recorded), ("+", GREEN, &binary.sent)] {
        let text = style.paint(colour, &words(blob));
        page.line(4, &format!("{}   {text}", style.paint(colour, mark)));
    }
    page.line(4, &format!("{}   {place}", style.paint(RED, "≠")));
}

fn elements_of(page: &mut Page, difference: &Difference, elements: &Elements) {
    let style = page.style;
    if difference.reordered == Some(Reordered::Elements) {
        let what = order(elements);
        let same = same_elements(difference);
        page.line(4, &format!("{}   {same}: {what}", style.paint(RED, "≠")));
        if !is_conversation(&difference.path) {
            page.dim(8, HASH_MAP);
        }
        return;
    }
    for change in elements.changes.iter().take(SHOWN) {
        let (mark, colour) = match change {
            ElementChange::Added { .. } => ("+", GREEN),
            ElementChange::Removed { .. } => ("-", RED),
            _ => ("≠", RED),
        };
        page.line(4, &format!("{}   {}", style.paint(colour, mark), changed(change)));
    }
    let more = elements.changes.len().saturating_sub(SHOWN) + elements.more;
    if more > 0 {
        page.line(6, &format!("and {}", count(more, "more change")));
    }
}

/// How the order differs, in one line.
fn order(elements: &Elements) -> String {
    if let Some(reversed) = &elements.reversed {
        let names: Vec<String> = reversed.iter().take(SHOWN).map(named).collect();
        let rest = elements.sent.saturating_sub(names.len());
        let rest = if rest > 0 { format!(", and {rest} more") } else { String::new() };
        return format!("reversed, now {}{rest}", names.join(", "));
    }
    let shown = elements.changes.iter().take(SHOWN).map(changed).collect::<Vec<_>>().join("; ");
    let more = elements.changes.len().saturating_sub(SHOWN) + elements.more;
    if more > 0 { format!("{shown}; and {more} more") } else { shown }
}

fn changed(change: &ElementChange) -> String {
    match change {
        ElementChange::Added { element, at } => {
            format!("{} was added at position {at}", named(element))
        }
        ElementChange::Removed { element, at } => {
            format!("{} was removed from position {at}", named(element))
        }
        ElementChange::Moved { element, from, to, past } => {
            let past = past.as_ref().map(|past| {
                let side = if to < from { "before" } else { "behind" };
                format!(", {side} {}", named(past))
            });
            let past = past.unwrap_or_default();
            format!("{} moved from position {from} to {to}{past}", named(element))
        }
        ElementChange::Swapped { elements: [a, b], positions: [first, second] } => {
            format!("{} and {} swapped places (positions {first} and {second})", named(a), named(b))
        }
    }
}

/// An element of an array as a person calls it.
fn named(label: &Label) -> String {
    let text = || label.text.as_ref().map(|text| quote(text, NAME)).unwrap_or_default();
    let tool = label.tool.as_ref().map(|tool| excerpt(tool, NAME));
    match (label.kind, tool) {
        (LabelKind::ToolCall, Some(tool)) => format!("call of {tool}"),
        (LabelKind::ToolResult, Some(tool)) => format!("result of {tool} {}", text()),
        (_, Some(tool)) => tool,
        (_, None) => match &label.role {
            Some(role) => format!("{} message {}", excerpt(role, 20), text()),
            None => text(),
        },
    }
}

/// What stands beside a path: `user message, turn 2 of 4`.
pub(super) fn described(label: &Label) -> String {
    let tool = label.tool.as_ref().map(|tool| format!(" `{}`", excerpt(tool, NAME)));
    let tool = tool.unwrap_or_default();
    let what = match (label.kind, &label.role) {
        (LabelKind::Tool, _) => format!("tool{tool}"),
        (LabelKind::ToolCall, _) => format!("call of tool{tool}"),
        (LabelKind::ToolResult, _) => format!("result of tool{tool}"),
        (_, Some(role)) if role == "system" && label.turn.is_none() => "system prompt".to_owned(),
        (_, Some(role)) => format!("{} message", excerpt(role, 20)),
        (_, None) => "value".to_owned(),
    };
    match label.turn {
        Some((at, of)) => format!("{what}, turn {at} of {of}"),
        None => what,
    }
}
