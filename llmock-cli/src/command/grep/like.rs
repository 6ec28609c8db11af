//! `llmock grep --like`: interactions in the order of their similarity with a text.

use std::io;
use std::path::PathBuf;

use llmock::__command::{Conversation, conversation};
use serde_json::{Value, json};

use super::Grep;
use crate::layers::reading;
use crate::likeness::ranked;
use crate::output::Screen;
use crate::output::style::{BLUE, DIM};
use crate::output::text::{shortened, visible};
use crate::problem::Problem;
use crate::workspace::{self, Entry};

/// How many are shown.
const MOST: usize = 10;

pub(super) fn like(screen: &mut Screen, arguments: &Grep, wanted: &str) -> io::Result<()> {
    // The first argument is a path where there is no pattern.
    let paths: Vec<PathBuf> =
        arguments.pattern.iter().map(PathBuf::from).chain(arguments.paths.clone()).collect();
    let found = reading::read(&paths);
    let entries = found.entries();
    let texts = workspace::parallel(&entries, texts);
    let ranked: Vec<(f32, &Entry<'_>)> =
        ranked(wanted, &texts, MOST).into_iter().map(|(at, score)| (score, &entries[at])).collect();
    if ranked.is_empty() && found.problems.is_empty() {
        screen.problem(&Problem::Other(format!("nothing is like `{}`", visible(wanted))))?;
    }
    if arguments.json {
        let all: Vec<Value> = ranked.iter().map(|(score, entry)| as_json(*score, entry)).collect();
        screen.json(&all.into())?;
        return screen.unread(&found);
    }
    let mut shown: Vec<String> = Vec::new();
    for (score, entry) in ranked {
        let path = workspace::shown(entry.fixture.path());
        if arguments.files_with_matches {
            if !shown.contains(&path) {
                screen.line(&visible(&path))?;
                shown.push(path);
            }
            continue;
        }
        let place = screen.paint(BLUE, &format!("{}#{}", visible(&path), entry.number));
        let prompt = entry.summary.prompt.as_deref().unwrap_or_default();
        screen.line(&format!(
            "{}  {place}  {}",
            screen.paint(DIM, &format!("{score:.2}")),
            shortened(prompt, 80)
        ))?;
    }
    screen.unread(&found)
}

/// The texts of a conversation, each by itself, so that a long one does not hide what is alike.
fn texts(entry: &Entry<'_>) -> Vec<String> {
    let Conversation { turns, .. } = conversation(entry.interaction);
    turns.iter().flat_map(|turn| turn.parts.iter().map(ToString::to_string)).collect()
}

fn as_json(score: f32, entry: &Entry<'_>) -> Value {
    json!({
        "file": workspace::shown(entry.fixture.path()),
        "number": entry.number,
        "hash": entry.hash,
        "score": (f64::from(score) * 100.0).round() / 100.0,
        "prompt": entry.summary.prompt,
        "response": entry.summary.response,
    })
}
