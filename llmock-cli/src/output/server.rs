//! What the server says about recordings, on standard error and to clients.

use std::io::Write as _;

use llmock::Provider;
use llmock::playback::Outcome;

/// One line; a closed standard error is nobody's problem.
fn line(text: &str) {
    // One write, so that lines of several threads do not mix.
    let _ = std::io::stderr().lock().write_all(format!("llmock: {text}\n").as_bytes());
}

/// A provider was asked for the first time.
pub(crate) fn forwards(provider: Provider, upstream: &str, records: bool) {
    let doing = if records { "recording" } else { "forwarding" };
    let to = if records { "from" } else { "to" };
    line(&format!("{doing} {provider} {to} {upstream}"));
}

/// What became of an answer that was to be recorded.
pub(crate) fn recording(outcome: &Outcome) {
    if let Some(text) = became(outcome) {
        line(&text);
    }
}

fn became(outcome: &Outcome) -> Option<String> {
    Some(match outcome {
        Outcome::Written { fixture, interactions } => {
            let count = match interactions {
                1 => "1 interaction".to_owned(),
                many => format!("{many} interactions"),
            };
            format!("recorded {count} into `{}`", fixture.display())
        }
        Outcome::Refused { provider, status, message } => {
            let message = message.as_deref().map(first_line).unwrap_or_default();
            format!("not recorded: {provider} answered {status}{message}")
        }
        Outcome::Failed { why, kept, .. } => match kept {
            Some(kept) => format!("not recorded: {why}; kept in `{}`", kept.display()),
            None => format!("not recorded: {why}"),
        },
        // Of an answer that is about to be written nobody needs to hear twice.
        _ => return None,
    })
}

/// Somebody else's words, not too many of them.
fn first_line(message: &str) -> String {
    const LONGEST: usize = 300;
    let line = message.lines().next().unwrap_or_default();
    let short: String = line.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if short.is_empty() { short } else { format!(": {short}") }
}

/// Nobody knows where a provider is.
pub(crate) fn no_upstream(provider: Provider, variables: &[&str]) -> String {
    let variable = variables.first().map(|name| format!(" or set {name}")).unwrap_or_default();
    format!(
        "nothing says where `{provider}` is; name it in the configuration \
         (`upstreams: {{{provider}: URL}}`){variable}"
    )
}

/// No recording answers, for this reason.
pub(crate) fn not_recorded(why: &str) -> String {
    // The library speaks for itself in tests; here the server says whose words these are.
    let why = why.strip_prefix("llmock: ").unwrap_or(why);
    format!("{why}; to record it, start the server with `--record`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_says_is_cut_to_one_line() {
        let refused = Outcome::Refused {
            provider: Provider::OpenAI,
            status: 429,
            message: Some("slow\u{7} down\nplease".to_owned()),
        };
        let line = "not recorded: openai answered 429: slow down";
        assert_eq!(became(&refused).as_deref(), Some(line));
    }
}
