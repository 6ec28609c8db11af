//! From the exchanges of a file to the interactions of a fixture.

use std::path::Path;

use llmock::__server::imported::{Foreign, Imported, Importer};
use llmock::Interaction;

use super::format::{Format, ReadError, Recording};
use super::message::Recorded;
use super::place::{Named, place};
use super::report::{Loss, Losses};
use super::request::Asked;
use super::source::Source;

/// What is the same for every file.
#[derive(Debug)]
pub(crate) struct Conversion<'c> {
    pub(crate) importer: &'c Importer,
    pub(crate) asked: &'c Asked,
    pub(crate) providers: &'c [Named],
}

/// Reads a file of this format; returns its interactions and what is lost of it.
pub(crate) fn convert(
    source: &Source<'_>,
    format: &Format,
    conversion: &Conversion<'_>,
    owner: Option<&str>,
) -> Result<(Vec<Interaction>, Vec<Loss>), ReadError> {
    let Recording { exchanges, fixture, skipped, losses } =
        (format.read)(source, conversion.asked)?;
    let mut lost = Losses::default();
    for what in losses {
        lost.add(None, format!("not kept: {what}"));
    }
    for what in skipped {
        lost.add(None, format!("skipped: {what}"));
    }
    let mut interactions = Vec::with_capacity(exchanges.len());
    for (at, exchange) in exchanges.into_iter().enumerate() {
        let number = interactions.len() + 1;
        match interaction(exchange, source.path, conversion, owner, number, &mut lost) {
            Ok(interaction) => interactions.push(interaction),
            Err(why) => lost.add(None, format!("skipped: entry {}: {why}", at + 1)),
        }
    }
    if let Some(text) = fixture {
        let read = conversion.importer.fixture(&text, owner);
        let read = read.map_err(|error| ReadError::Malformed(error.to_string()))?;
        interactions.extend(read);
    }
    let lost = lost.into_vec();
    if interactions.is_empty()
        && let Some(first) = lost.first()
    {
        return Err(ReadError::Malformed(first.what.trim_start_matches("skipped: ").to_owned()));
    }
    Ok((interactions, lost))
}

fn interaction(
    recorded: Recorded,
    file: &Path,
    conversion: &Conversion<'_>,
    owner: Option<&str>,
    number: usize,
    lost: &mut Losses,
) -> Result<Interaction, String> {
    let place = place(&recorded, file, conversion.providers);
    let Recorded { method, request_headers, request_body, status, response_headers, .. } = recorded;
    let foreign = Foreign {
        method,
        target: place.target,
        request_headers,
        request_body,
        status,
        response_headers,
        response_body: recorded.response_body,
        ms: recorded.ms,
        is_cut: recorded.is_cut,
        recorded_at: recorded.recorded_at,
        test: owner.map(str::to_owned),
        socket: recorded.socket,
    };
    let imported = conversion.importer.interaction(place.provider, foreign);
    let Imported { interaction, redacted, dropped_headers, has_files } =
        imported.map_err(|error| error.to_string())?;
    let mut add = |what: String| lost.add(Some(number), what);
    for what in recorded.losses {
        add(format!("not kept: {what}"));
    }
    for what in recorded.notes {
        add(format!("note: {what}"));
    }
    for name in dropped_headers {
        add(format!("not kept: response header {name}"));
    }
    if has_files {
        add("not kept: files in the request: a fixture compares their digests".to_owned());
    }
    for name in redacted {
        add(format!("redacted: {name}"));
    }
    if let Some(host) = place.unknown_host {
        add(format!(
            "note: `{host}` is no host of a known provider: its path looks like {}'s (`--provider {host}=ID` names another)",
            place.provider
        ));
    }
    Ok(interaction)
}
