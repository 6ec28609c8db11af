//! `llmock show`: recordings as people read them, or as they are.

use std::io::{self, IsTerminal as _};

use clap::Args;
use llmock::__command::{Conversation, conversation};
use llmock::Interaction;
use serde_json::{Value, json};

use crate::output::text::visible_lines;
use crate::output::{Screen, conversation as printed, listing};
use crate::problem::Problem;
use crate::selection;
use crate::workspace::Entry;

/// Show recorded conversations
///
/// Prints the messages of the request and the response, with tool calls and results, the text of a stream put together,
/// and images, sounds, and documents by type and size.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock show tests/fixtures/chat", "every interaction of a fixture"),
    ("llmock show tests/fixtures/chat#2", "the second one"),
    ("llmock show 540f2d", "by the first digits of its hash, anywhere in the workspace"),
    ("llmock show tests/fixtures/chat#2 --turn 3", "the third message"),
    ("llmock show tests/fixtures/chat#2 --raw > body", "the exact bytes of the response"),
]))]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Show {
    /// A fixture, `FIXTURE#NUMBER`, a folder, or the first digits of a hash
    #[arg(value_name = "TARGET")]
    target: String,

    /// Only the interaction with this number in `llmock list`
    #[arg(long, short, value_name = "N")]
    number: Option<usize>,

    /// Only the interaction whose hash starts with these digits
    #[arg(long, value_name = "PREFIX", value_parser = selection::prefix, conflicts_with = "number")]
    hash: Option<String>,

    /// Only this turn of the conversation, counted from one; the last ones are the response
    #[arg(long, value_name = "N")]
    turn: Option<usize>,

    /// The body of the response as the client receives it; escaped on a terminal
    #[arg(long, conflicts_with_all = ["turn", "events", "json"])]
    raw: bool,

    /// With `--raw`: the body of the request instead
    #[arg(long, requires = "raw")]
    request: bool,

    /// The events of a streamed response, with their times
    #[arg(long, conflicts_with = "turn")]
    events: bool,

    /// Print JSON: an array with an object for each interaction
    #[arg(long)]
    json: bool,
}

pub(crate) fn show(screen: &mut Screen, arguments: &Show) -> io::Result<()> {
    let Show { target, number, hash, .. } = arguments;
    let selection = match selection::select("show", target, hash.as_deref(), *number) {
        Ok(selection) => selection,
        Err(problem) => return screen.problem(&problem),
    };
    let entries = selection.entries();
    let mut all = Vec::new();
    for entry in &entries {
        if arguments.raw {
            raw(screen, entry.interaction, arguments.request)?;
            continue;
        }
        let mut conversation = conversation(entry.interaction);
        if let Some(turn) = arguments.turn
            && let Err(problem) = keep_turn(entry, &mut conversation, turn)
        {
            return screen.problem(&problem);
        }
        if arguments.json {
            all.push(as_json(entry, &conversation, arguments.events));
        } else if arguments.events {
            screen.events(entry)?;
        } else if let Some(turn) = arguments.turn {
            screen.turn(&conversation, turn)?;
        } else {
            screen.conversation(entry, &conversation)?;
        }
    }
    if arguments.json {
        screen.json(&all.into())?;
    } else if entries.is_empty() {
        for fixture in &selection.found.fixtures {
            screen.listing(fixture, &[])?;
        }
    }
    for folder in &selection.found.empty {
        screen.no_fixtures(folder)?;
    }
    Ok(())
}

/// Keeps one turn, counted from one.
fn keep_turn(
    entry: &Entry<'_>,
    conversation: &mut Conversation,
    turn: usize,
) -> Result<(), Problem> {
    let turns = conversation.turns.len();
    if turn == 0 || turn > turns {
        let (path, number) = (entry.fixture.path().to_owned(), entry.number);
        return Err(Problem::NoSuchTurn { path, number, turn, turns });
    }
    conversation.turns = vec![conversation.turns[turn - 1].clone()];
    conversation.sent = usize::from(turn <= conversation.sent);
    Ok(())
}

/// The bytes of a body. A terminal would interpret control characters, so it gets them escaped.
fn raw(screen: &mut Screen, interaction: &Interaction, is_request: bool) -> io::Result<()> {
    let (request, response) = (interaction.request(), interaction.response());
    let body = if is_request { request.body().into() } else { response.body() };
    if io::stdout().is_terminal() {
        return screen.line(&visible_lines(&String::from_utf8_lossy(&body)));
    }
    screen.bytes(&body)
}

fn as_json(entry: &Entry<'_>, conversation: &Conversation, with_events: bool) -> Value {
    let mut object = listing::as_json(entry);
    object["tools"] = json!(conversation.tools);
    object["finish"] = json!(conversation.finish);
    let (sent, received) = conversation.turns.split_at(conversation.sent);
    let turns = |turns: &[_]| turns.iter().map(printed::turn_as_json).collect::<Vec<_>>();
    object["request"] = json!(turns(sent));
    object["response"] = json!(turns(received));
    if with_events {
        object["events"] = printed::events_as_json(entry.interaction);
    }
    object
}
