//! Messages of the server about recordings, on standard error and to clients.

use std::path::Path;

use llmock::Provider;
use llmock::playback::{ForwardError, Outcome};

use super::serving::note;
use super::text::count;

/// The first request was forwarded to an upstream.
pub(crate) fn forwards(provider: Provider, upstream: &str, records: bool) {
    let doing = if records { "recording" } else { "forwarding" };
    let to = if records { "from" } else { "to" };
    note(&format!("{doing} {provider} {to} {upstream}"));
}

/// A server that was killed had not written everything.
pub(crate) fn recovered(number: usize, fixture: &Path) {
    let recovered = count(number, "interaction");
    note(&format!("recovered {recovered} of a killed server into `{}`", fixture.display()));
}

/// The connection to an upstream broke before the response began, and the client's was closed.
pub(crate) fn disconnected(error: &ForwardError) {
    note(&error.to_string());
}

pub(crate) fn recording(outcome: &Outcome) {
    if let Some(text) = describe(outcome) {
        note(&text);
    }
}

fn describe(outcome: &Outcome) -> Option<String> {
    Some(match outcome {
        Outcome::Written { fixture, interactions: number } => {
            format!("recorded {} into `{}`", count(*number, "interaction"), fixture.display())
        }
        Outcome::Refused { provider, status, message } => {
            let message = message.as_deref().map(first_line).unwrap_or_default();
            format!("not recorded: {provider} responded with {status}{message}")
        }
        Outcome::Redacted { provider, method, path, secrets } => {
            let secrets: Vec<_> =
                secrets.iter().map(|(name, place)| format!("{name} at {place}")).collect();
            let secrets = secrets.join(", ");
            format!(
                "redacted {secrets} in the response of {provider} to {method} {path}: a replay returns placeholders"
            )
        }
        Outcome::HeadersNotStored { names } => {
            format!("response headers that are not stored: {}", names.join(", "))
        }
        Outcome::NoJournal { fixture, reason } => format!(
            "no journal next to `{}`: {reason}; if the server is killed, responses that it has not written yet are lost",
            fixture.display()
        ),
        Outcome::Failed { reason, kept, .. } => match kept {
            Some(kept) => format!("not recorded: {reason}; kept in `{}`", kept.display()),
            None => format!("not recorded: {reason}"),
        },
        // One that is complete is reported once it is written.
        Outcome::Received { interaction, .. } if !interaction.is_complete() => format!(
            "the response to {} {} is not complete: what had arrived is recorded",
            interaction.method(),
            interaction.path()
        ),
        _ => return None,
    })
}

/// The first line of a provider's message, shortened.
fn first_line(message: &str) -> String {
    const LONGEST: usize = 300;
    let line = message.lines().next().unwrap_or_default();
    let short: String = line.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if short.is_empty() { short } else { format!(": {short}") }
}

/// No upstream is configured for a provider.
pub(crate) fn no_upstream(provider: Provider, variables: &[&str]) -> String {
    let variable = variables.first().map(|name| format!(" or set {name}")).unwrap_or_default();
    format!(
        "no upstream is configured for provider `{provider}`; add one to the configuration \
         (`upstreams: {{{provider}: URL}}`){variable}"
    )
}

/// Explains why no recording matches, what would accept the closest one, and how to record another.
pub(crate) fn not_recorded(why: &str, ignore: &[String]) -> String {
    // The library adds its name for tests; the server adds it to every message.
    let why = why.strip_prefix("llmock: ").unwrap_or(why);
    let accept = match ignore {
        [] => String::new(),
        paths => {
            let paths = serde_json::json!(paths);
            format!("; `--set 'matching.ignore={paths}'` accepts the closest one")
        }
    };
    format!("{why}{accept}; to record it, start the server with `--record`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortens_the_message_of_a_provider_to_one_line() {
        let refused = Outcome::Refused {
            provider: Provider::OpenAI,
            status: 429,
            message: Some("slow\u{7} down\nplease".to_owned()),
        };
        let line = "not recorded: openai responded with 429: slow down";
        assert_eq!(describe(&refused).as_deref(), Some(line));
    }
}
