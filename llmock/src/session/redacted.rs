//! What was redacted while recording: a last look with every secret that the run has shown, and what is said about it.

use crate::exchange::verify::Unredacted;
use crate::fixture::format;
use crate::fixture::redact::{Cause, Redaction};
use crate::fixture::store;
use crate::report::{ChangedResponse, Failure, Note, RedactedPlace, RedactedSecret, Report};
use crate::session::ledger::Recording;
use crate::session::state::State;

/// Redacts recordings with the secrets that became known after them, also in the file with the attempts.
pub(crate) fn look_again(state: &State) {
    let redactor = state.secrets.redactor();
    let mut is_changed = false;
    for recording in &mut state.ledger().recordings {
        let Recording { interaction, original, redacted, key, .. } = recording;
        let before = interaction.response.clone();
        let found = redactor.request(&mut interaction.request);
        let in_response = redactor.response(&mut interaction.response, &found);
        if !in_response.is_empty() {
            let unredacted = &mut original.response.unredacted;
            unredacted.get_or_insert_with(|| Unredacted::new(before)).add_look(&redactor, &found);
        }
        let in_request = found.redactions;
        if !in_request.is_empty() {
            *key = state.fixture.key(interaction.provider, &interaction.request);
        }
        is_changed |= !in_request.is_empty() || !in_response.is_empty();
        redacted.request.extend(in_request);
        redacted.response.extend(in_response);
    }
    let attempts = store::failed_path(&state.setup.write_to);
    if is_changed && attempts.exists() {
        // Best effort: the file is for people, who are told where it is.
        let _ = store::update(&attempts, &attempts, |mut kept| {
            for interaction in &mut kept {
                redactor.interaction(interaction);
            }
            (Some(format::write_in_full(&kept)), ())
        });
    }
}

/// Says what was redacted, and fails if the client received something else than a replay would return.
pub(crate) fn check(state: &State, recordings: &[Recording], report: &mut Report) {
    let secrets = secrets(recordings);
    if !secrets.is_empty() {
        report.notes.push(Note::Redacted { secrets });
    }
    let responses = changed_responses(state, recordings);
    if !responses.is_empty() {
        report.failures.push(Failure::ResponsesRedacted { responses });
    }
}

/// Every name, in order, with the first of its places.
fn secrets(recordings: &[Recording]) -> Vec<RedactedSecret> {
    let mut secrets: Vec<RedactedSecret> = Vec::new();
    for (at, recording) in recordings.iter().enumerate() {
        let redacted = &recording.redacted;
        let in_request = redacted.request.iter().map(|redaction| (false, redaction));
        let in_response = redacted.response.iter().map(|redaction| (true, redaction));
        for (in_response, Redaction { name, place, .. }) in in_request.chain(in_response) {
            match secrets.iter_mut().find(|known| known.name == *name) {
                Some(known) => known.more += 1,
                None => secrets.push(RedactedSecret {
                    name: name.clone(),
                    first: RedactedPlace { interaction: at + 1, in_response, place: place.clone() },
                    more: 0,
                }),
            }
        }
    }
    secrets
}

/// Responses with placeholders that no setting allows. What a provider itself calls a credential, such as the
/// `access_token` of a login or the `key` in an address, is no content: a program passes it on, and the placeholder
/// does as well.
fn changed_responses(state: &State, recordings: &[Recording]) -> Vec<ChangedResponse> {
    let allowed = &state.setup.in_force.allow_redacted;
    let is_change = |redaction: &&Redaction| {
        redaction.cause != Cause::Place && !allowed.iter().any(|one| one.value == redaction.name)
    };
    let mut changed = Vec::new();
    for (at, recording) in recordings.iter().enumerate() {
        let mut secrets: Vec<(String, String)> = Vec::new();
        for Redaction { name, place, .. } in recording.redacted.response.iter().filter(is_change) {
            if !secrets.iter().any(|(known, _)| known == name) {
                secrets.push((name.clone(), place.clone()));
            }
        }
        if !secrets.is_empty() {
            let request = &recording.interaction.request;
            let (method, path) = (request.method.clone(), request.path.clone());
            changed.push(ChangedResponse { interaction: at + 1, method, path, secrets });
        }
    }
    changed
}
