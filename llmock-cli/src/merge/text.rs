//! The text of a merged fixture, with the marks of git around what is to be decided.

use llmock::{Fixture, Interaction};

use super::Piece;

const BEGINNING: &str = "  \"interactions\": [\n";
const END: &str = "  ]\n}\n";

/// Canonical text of a file with these interactions.
pub(crate) fn of(interactions: &[Interaction]) -> String {
    let mut fixture = Fixture::new("merged");
    *fixture.interactions_mut() = interactions.to_vec();
    fixture.to_json()
}

/// A file with marks of conflicts. Whichever side of each is kept, the rest is valid JSON.
pub(crate) fn conflicted(pieces: &[Piece], marker: usize) -> String {
    let all: Vec<Interaction> = pieces.iter().flat_map(versions).cloned().collect();
    let whole = of(&all);
    let head = whole.find(BEGINNING).map_or(0, |at| at + BEGINNING.len());
    let mut out = whole[..head].to_owned();
    // An interaction that stays in any case; commas stand behind what precedes it, and before what follows it.
    let Some(anchor) = pieces.iter().position(stays) else {
        return of_one_conflict(out, pieces, marker);
    };
    for (at, piece) in pieces.iter().enumerate() {
        let (is_before, is_after) = (at < anchor, at > anchor);
        let comma = |text: String| match text {
            text if text.is_empty() => text,
            text if is_before => format!("{},\n", text.trim_end()),
            text if is_after => format!("    ,\n{text}"),
            text => text,
        };
        match piece {
            Piece::Clean(interaction) => {
                let follows_clean = at > 0 && matches!(pieces[at - 1], Piece::Clean(_));
                if is_after && follows_clean {
                    out.truncate(out.trim_end().len());
                    out.push_str(",\n");
                    out.push_str(&element(interaction));
                } else {
                    out.push_str(&comma(element(interaction)));
                }
            }
            Piece::Conflict { ours, theirs } => {
                let side = |side: &Option<Interaction>| {
                    comma(side.as_ref().map(element).unwrap_or_default())
                };
                out.push_str(&hunk(&side(ours), &side(theirs), marker));
            }
        }
    }
    out.push_str(END);
    out
}

fn hunk(ours: &str, theirs: &str, marker: usize) -> String {
    let mark = |sign: &str| sign.repeat(marker);
    format!("{} ours\n{ours}{}\n{theirs}{} theirs\n", mark("<"), mark("="), mark(">"))
}

/// One conflict about all interactions, where each side removed what the other one changed.
fn of_one_conflict(mut out: String, pieces: &[Piece], marker: usize) -> String {
    let [mut ours, mut theirs] = [Vec::new(), Vec::new()];
    for piece in pieces {
        if let Piece::Conflict { ours: one, theirs: other } = piece {
            ours.extend(one.as_ref().map(element));
            theirs.extend(other.as_ref().map(element));
        }
    }
    let joined = |side: Vec<String>| {
        let texts: Vec<&str> = side.iter().map(|text| text.trim_end()).collect();
        if texts.is_empty() { String::new() } else { texts.join(",\n") + "\n" }
    };
    out.push_str(&hunk(&joined(ours), &joined(theirs), marker));
    out + END
}

fn stays(piece: &Piece) -> bool {
    match piece {
        Piece::Clean(_) => true,
        Piece::Conflict { ours, theirs } => ours.is_some() && theirs.is_some(),
    }
}

fn versions(piece: &Piece) -> Vec<&Interaction> {
    match piece {
        Piece::Clean(interaction) => vec![interaction],
        Piece::Conflict { ours, theirs } => ours.iter().chain(theirs).collect(),
    }
}

/// The lines of one interaction in the file, without the comma behind it.
fn element(interaction: &Interaction) -> String {
    let text = of(std::slice::from_ref(interaction));
    let begin = text.find(BEGINNING).map_or(0, |at| at + BEGINNING.len());
    let end = text.rfind(END).unwrap_or(text.len());
    text[begin..end].to_owned()
}
